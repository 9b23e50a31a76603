import type { Clock } from "../../../storage/clock.ts";
import type { TokenRecord, TokenStore } from "../../../storage/token_store.ts";

/** Milliseconds that a key of the store is believed without asking again: so long may a revoked one go on. */
const BELIEVED_MS = 5_000;
/** Keys that are remembered at once, some 5 MB; beyond that the one asked for longest ago is forgotten. */
const RECENT_MAX = 10_000;

interface Recent {
  readonly token: TokenRecord;
  readonly untilMs: number;
}

/** The store's keys as it gave them a moment ago. */
export interface RecentTokens {
  /** One that the store gave in the last 5 s. */
  find(id: string): TokenRecord | undefined;
  /**
   * Asks the store, and remembers the key if it is accepted: one that was only guessed at takes nobody's place.
   *
   * @returns the key if it is accepted. @throws as the store does
   */
  ask(id: string, accepts: (token: TokenRecord | undefined) => boolean): Promise<TokenRecord | undefined>;
  /** Likewise, for any key; those who ask at the same time share one answer. @throws as the store does */
  askTogether(id: string): Promise<TokenRecord | undefined>;
}

export function createRecentTokens(store: Pick<TokenStore, "find">, clock: Pick<Clock, "elapsed">): RecentTokens {
  /** In the order in which they were asked for. */
  const recent = new Map<string, Recent>();
  const asking = new Map<string, Promise<TokenRecord | undefined>>();

  async function ask(id: string, accepts: (token: TokenRecord | undefined) => boolean) {
    // From before the question: the answer may be old when it comes.
    const untilMs = clock.elapsed() + BELIEVED_MS;
    const token = await store.find(id);
    const isAccepted = accepts(token);
    if (!token) recent.delete(id);
    if (!token || !isAccepted) return undefined;
    recent.delete(id);
    const [oldest] = recent.keys();
    if (oldest !== undefined && recent.size >= RECENT_MAX) recent.delete(oldest);
    recent.set(id, { token, untilMs });
    return token;
  }

  return {
    find(id) {
      const entry = recent.get(id);
      return entry && clock.elapsed() < entry.untilMs ? entry.token : undefined;
    },
    ask,
    askTogether(id) {
      let answer = asking.get(id);
      if (!answer) {
        answer = ask(id, () => true).finally(() => asking.delete(id));
        asking.set(id, answer);
      }
      return answer;
    },
  };
}
