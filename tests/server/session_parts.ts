import type { Identity } from "../../server/auth/authenticator.ts";
import type { Clock } from "../../storage/clock.ts";
import { createMemoryTicketStore } from "../../storage/embedded/ticket_store.ts";
import type { TicketStore } from "../../storage/ticket_store.ts";

export const ANA: Identity = {
  principal: { name: "ana", authMethod: "token", roles: ["operator"] },
  expiresAtMs: undefined,
  reference: "key-of-ana",
};

/** The embedded ticket store, and what it was asked. */
export interface WatchedTickets extends TicketStore {
  /** What was put, oldest first. */
  readonly puts: readonly { readonly sha256: string; readonly payload: string }[];
  /** How often something was looked up. */
  readonly asked: number;
  /** The sessions that it still gives. */
  live(): Promise<number>;
}

export function watchedTickets(clock: Pick<Clock, "elapsed">): WatchedTickets {
  const store = createMemoryTicketStore(clock);
  const puts: { readonly sha256: string; readonly payload: string }[] = [];
  let asked = 0;
  return {
    puts,
    get asked() {
      return asked;
    },
    async live() {
      const payloads = await Promise.all(puts.map(({ sha256 }) => store.get("session", sha256)));
      return payloads.filter((payload) => payload !== undefined).length;
    },
    async put(kind, sha256, payload, ttlSeconds) {
      await store.put(kind, sha256, payload, ttlSeconds);
      puts.push({ sha256, payload });
    },
    get(kind, sha256) {
      asked++;
      return store.get(kind, sha256);
    },
    take: (kind, sha256) => store.take(kind, sha256),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
