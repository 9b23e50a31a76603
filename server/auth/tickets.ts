import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { z } from "zod";
import type { TicketStore } from "../../storage/ticket_store.ts";
import type { Identity } from "./authenticator.ts";
import { identityJson } from "./identity_json.ts";

/** Seconds in which a ticket must be used: as long as a WebSocket takes to be opened, and no more. */
export const TICKET_SECONDS = 30;

const SECRET_BYTES = 32;
/** In base64url. */
const TICKET = /^[\w-]{43}$/;

const payloadJson = z.strictObject({ identity: identityJson, origin: z.string().nullable() });

/** Tickets that open one WebSocket each, for clients that cannot set its headers. */
export interface UpgradeTickets {
  /**
   * @param origin the header Origin of who asks; the same, or none again, must come with the ticket
   * @throws {StorageError} when the store is away or too slow, or holds as many as it may.
   */
  issue(identity: Identity, origin: string | null): Promise<string>;
  /**
   * Gives the identity that a ticket stands for, once; a ticket that comes from another origin is used up too.
   *
   * @throws {StorageError} when the store is away or too slow.
   */
  redeem(ticket: string, origin: string | null): Promise<Identity | undefined>;
}

/**
 * @param store known to all replicas; it gets the tickets' SHA-256 alone
 * @param random so many bytes that nobody can guess; the system's where left out
 */
export function createUpgradeTickets(
  store: Pick<TicketStore, "put" | "take">,
  random: (bytes: number) => Uint8Array = (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
): UpgradeTickets {
  return {
    async issue(identity, origin) {
      const ticket = Buffer.from(random(SECRET_BYTES)).toString("base64url");
      await store.put("upgrade", digestOf(ticket), JSON.stringify({ identity, origin }), TICKET_SECONDS);
      return ticket;
    },
    async redeem(ticket, origin) {
      const payload = TICKET.test(ticket) ? await store.take("upgrade", digestOf(ticket)) : undefined;
      const { data } = payloadJson.safeParse(payload === undefined ? undefined : JSON.parse(payload));
      return data?.origin === origin ? data.identity : undefined;
    },
  };
}

function digestOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}
