import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { parse, serialize } from "hono/utils/cookie";
import { z } from "zod";
import type { Clock } from "../../storage/clock.ts";
import type { TicketStore } from "../../storage/ticket_store.ts";
import type { Authenticator, Identity } from "./authenticator.ts";
import { identityJson } from "./identity_json.ts";

/**
 * The prefix has browsers insist on the attributes below, so that no other host of the domain and no page over plain
 * HTTP can plant one: RFC 6265bis, section 4.1.3.2.
 */
const COOKIE = "__Host-mcp_session";
const ATTRIBUTES = { path: "/", httpOnly: true, secure: true, sameSite: "Strict" } as const;

/** Of the cookie's value and of the CSRF token. */
const SECRET_BYTES = 32;
/** In base64url. */
const SECRET = /^[\w-]{43}$/;

const sessionJson = z.strictObject({ identity: identityJson, csrf: z.string().min(1) });

/** Who is signed in at the dashboard. */
export interface Session {
  /** It ends with the session, where its credential would last longer: so do the sockets that are opened with it. */
  readonly identity: Identity;
  /** What a request that changes something must bring in `x-csrf-token`. */
  readonly csrf: string;
}

/** The dashboard's sessions, known to all replicas by their digests alone. */
export interface Sessions {
  /**
   * @returns the value of `Set-Cookie`, and the CSRF token
   * @throws {StorageError} when the store is away or too slow, or holds as many as it may.
   */
  open(identity: Identity): Promise<{ readonly cookie: string; readonly csrf: string }>;
  /**
   * The session of a request's cookie, while it lasts and its credential holds.
   *
   * @throws {StorageError} when the store is away or too slow.
   */
  find(request: Request): Promise<Session | undefined>;
  /**
   * Ends the session of a request's cookie, if it has one.
   *
   * @returns the value of `Set-Cookie` that takes the cookie away
   * @throws {StorageError} when the store is away or too slow: the session may go on.
   */
  close(request: Request): Promise<string>;
}

export interface SessionsOptions {
  readonly tickets: Pick<TicketStore, "put" | "get" | "take">;
  readonly authenticator: Pick<Authenticator, "mode" | "holds">;
  readonly clock: Pick<Clock, "now">;
  /** Seconds that a session lasts at most. */
  readonly sessionSeconds: number;
  /** So many bytes that nobody can guess; the system's where left out. */
  readonly random?: (bytes: number) => Uint8Array;
}

export function createSessions(options: SessionsOptions): Sessions {
  const { tickets, authenticator, clock, sessionSeconds, random = systemRandom } = options;
  const secret = () => Buffer.from(random(SECRET_BYTES)).toString("base64url");

  return {
    async open(identity) {
      const nowMs = clock.now();
      const endMs = Math.min(nowMs + sessionSeconds * 1000, identity.expiresAtMs ?? Infinity);
      // The stores know whole seconds; `holds` knows the end to the millisecond.
      const ttlSeconds = Math.max(1, Math.ceil((endMs - nowMs) / 1000));
      const value = secret();
      const csrf = secret();
      const session: Session = { identity: { ...identity, expiresAtMs: endMs }, csrf };
      await tickets.put("session", digestOf(value), JSON.stringify(session), ttlSeconds);
      return { cookie: serialize(COOKIE, value, { ...ATTRIBUTES, maxAge: ttlSeconds }), csrf };
    },
    async find(request) {
      const value = valueOf(request);
      const payload = value === undefined ? undefined : await tickets.get("session", digestOf(value));
      const session = payload === undefined ? undefined : parseSession(payload);
      if (!session) return undefined;
      const { principal, expiresAtMs = 0 } = session.identity;
      // One that was opened before AUTH_MODE was changed is nobody's any more.
      if (principal.authMethod !== authenticator.mode || expiresAtMs <= clock.now()) return undefined;
      return await authenticator.holds(session.identity) ? session : undefined;
    },
    async close(request) {
      const value = valueOf(request);
      if (value !== undefined) await tickets.take("session", digestOf(value));
      return serialize(COOKIE, "", { ...ATTRIBUTES, maxAge: 0 });
    },
  };
}

function valueOf(request: Request): string | undefined {
  const value = parse(request.headers.get("cookie") ?? "", COOKIE)[COOKIE];
  return value !== undefined && SECRET.test(value) ? value : undefined;
}

/** `undefined` where the text is no session, or one of another version of this server. */
function parseSession(text: string): Session | undefined {
  try {
    return sessionJson.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function digestOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

function systemRandom(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}
