import type { Clock } from "../clock.ts";
import { StorageError } from "../errors.ts";
import type { TicketKind, TicketStore } from "../ticket_store.ts";

/** Tickets of one kind at once, some 10 MB. */
const TICKETS_MAX = 10_000;

interface Ticket {
  readonly payload: string;
  readonly endMs: number;
}

/**
 * Tickets in this process, which is all there is without Redis: a restart ends them. Each kind has its own bound, and a
 * ticket that would pass it is refused: in place of another one it would sign somebody out.
 *
 * @param options.ticketsMax tickets of one kind at once; 10,000 where left out
 */
export function createMemoryTicketStore(
  clock: Pick<Clock, "elapsed">,
  { ticketsMax = TICKETS_MAX }: { readonly ticketsMax?: number } = {},
): TicketStore {
  return new MemoryTicketStore(clock, ticketsMax);
}

class MemoryTicketStore implements TicketStore {
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #ticketsMax: number;
  readonly #tickets: Readonly<Record<TicketKind, Map<string, Ticket>>> = { upgrade: new Map(), session: new Map() };

  constructor(clock: Pick<Clock, "elapsed">, ticketsMax: number) {
    this.#clock = clock;
    this.#ticketsMax = ticketsMax;
  }

  put(kind: TicketKind, sha256: string, payload: string, ttlSeconds: number): Promise<void> {
    return Promise.try(() => {
      const tickets = this.#tickets[kind];
      if (!tickets.has(sha256) && tickets.size >= this.#ticketsMax) this.#removeEnded(kind);
      tickets.set(sha256, { payload, endMs: this.#clock.elapsed() + ttlSeconds * 1000 });
    });
  }

  get(kind: TicketKind, sha256: string): Promise<string | undefined> {
    return Promise.resolve(this.#live(kind, sha256));
  }

  take(kind: TicketKind, sha256: string): Promise<string | undefined> {
    const payload = this.#live(kind, sha256);
    this.#tickets[kind].delete(sha256);
    return Promise.resolve(payload);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #live(kind: TicketKind, sha256: string): string | undefined {
    const ticket = this.#tickets[kind].get(sha256);
    return ticket && ticket.endMs > this.#clock.elapsed() ? ticket.payload : undefined;
  }

  #removeEnded(kind: TicketKind): void {
    const tickets = this.#tickets[kind];
    const nowMs = this.#clock.elapsed();
    for (const [sha256, { endMs }] of tickets) {
      if (endMs <= nowMs) tickets.delete(sha256);
    }
    if (tickets.size >= this.#ticketsMax) {
      throw new StorageError(`Cannot keep a ticket for ${kind}: this process has ${tickets.size}, expected fewer`);
    }
  }
}
