import type { Identity } from "../../server/auth/authenticator.ts";
import type { Clock } from "../../storage/clock.ts";
import type { TicketStore } from "../../storage/ticket_store.ts";

export const ANA: Identity = {
  principal: { name: "ana", authMethod: "token", roles: ["operator"] },
  expiresAtMs: undefined,
  reference: "key-of-ana",
};

/** A ticket store that a test can look into. */
export interface MemoryTickets extends TicketStore {
  readonly entries: Map<string, { readonly payload: string; readonly endsAtMs: number }>;
  /** How often something was looked up. */
  readonly asked: number;
}

export function memoryTickets(clock: Pick<Clock, "now">): MemoryTickets {
  const entries: MemoryTickets["entries"] = new Map();
  let asked = 0;
  const sweep = () => entries.forEach(({ endsAtMs }, key) => endsAtMs > clock.now() || entries.delete(key));
  const look = (key: string) => {
    asked++;
    sweep();
    return entries.get(key)?.payload;
  };
  return {
    get entries() {
      sweep();
      return entries;
    },
    get asked() {
      return asked;
    },
    put(kind, sha256, payload, ttlSeconds) {
      entries.set(`${kind}:${sha256}`, { payload, endsAtMs: clock.now() + ttlSeconds * 1000 });
      return Promise.resolve();
    },
    get: (kind, sha256) => Promise.resolve(look(`${kind}:${sha256}`)),
    take(kind, sha256) {
      const payload = look(`${kind}:${sha256}`);
      entries.delete(`${kind}:${sha256}`);
      return Promise.resolve(payload);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
