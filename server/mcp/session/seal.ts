import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** What never changes in a session: it travels in the session's id, so that any replica can serve it. */
export interface SessionFacts {
  readonly id: string;
  /** The principal that opened it, which alone may use it. */
  readonly principal: string;
  readonly protocolVersion: string;
  readonly client: { readonly name: string; readonly version: string };
  /** The client's capabilities, of those that this server knows. */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** Bytes of a sealed id: it comes with every request. */
const SEALED_BYTES_MAX = 1024;
/** Ids whose facts are remembered, a KiB or two each. */
const OPENED_MAX = 1000;

const schema = z.strictObject({
  id: z.string().max(64),
  principal: z.string().max(256),
  protocolVersion: z.string().max(32),
  client: z.strictObject({ name: z.string(), version: z.string() }),
  capabilities: z.record(z.string(), z.unknown()),
});

export interface SessionSeal {
  /** @returns printable ASCII, at most 1 KiB; `undefined` where the facts need more. */
  close(facts: SessionFacts): string | undefined;
  /** The facts of an id that was sealed with this key; `undefined` for any other text. */
  open(sealed: string): SessionFacts | undefined;
}

/** @param key shared by the replicas, at least 32 bytes */
export function createSessionSeal(key: Uint8Array): SessionSeal {
  if (key.byteLength < 32) throw new RangeError(`Expected a key of at least 32 bytes, but got ${key.byteLength}`);
  // A session's requests all come with the same id.
  const opened = new Map<string, SessionFacts>();
  const sign = (body: string) => createHmac("sha256", key).update(`mcp session\0${body}`).digest("base64url");
  return {
    close(facts) {
      const body = Buffer.from(JSON.stringify(facts)).toString("base64url");
      const sealed = `${body}.${sign(body)}`;
      return sealed.length <= SEALED_BYTES_MAX ? sealed : undefined;
    },
    open(sealed) {
      if (sealed.length > SEALED_BYTES_MAX) return undefined;
      const known = opened.get(sealed);
      if (known) return known;
      const [body = "", mac = "", ...rest] = sealed.split(".");
      // Compared as text: base64url has several spellings of the same bytes, and a session has one id.
      const given = Buffer.from(mac);
      const expected = Buffer.from(sign(body));
      if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const facts = schema.safeParse(JSON.parse(Buffer.from(body, "base64url").toString())).data;
      if (opened.size === OPENED_MAX) opened.clear();
      if (facts) opened.set(sealed, facts);
      return facts;
    },
  };
}
