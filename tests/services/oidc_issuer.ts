import { createHmac, createPublicKey } from "node:crypto";
import { generateTestKey, makeJwt, type Sign, type TestKey } from "./oidc_keys.ts";

/** Claims that a test adds or changes; `undefined` takes one away. */
export type Claims = Readonly<Record<string, unknown>>;

/** Answers one request of the server under test. */
export type Answer = (request: Request) => Response | Promise<Response>;

/**
 * An issuer made by hand, of which a test may change every answer. It signs what it is told to, right or wrong, with
 * `key`, which is the one that it publishes at first.
 */
export interface TestIssuer extends AsyncDisposable {
  readonly issuer: string;
  readonly key: TestKey;
  /** Answers by path; a path that is not here is a 404. */
  readonly answers: Map<string, Answer>;
  /** Paths as they were asked for, in their order. */
  readonly asked: readonly string[];
  /** Publishes keys in place of the earlier ones. */
  publish(...keys: readonly (JsonWebKey | TestKey)[]): void;
  /** Claims of a right token of `sub` alice for `audience`, for five minutes from now on. */
  claims(changes?: Claims): Claims;
  /** A token with these changes to its claims and its header, signed with the key or by `sign`. */
  token(changes?: Claims, header?: Claims, sign?: Sign): Promise<string>;
}

export interface TestIssuerOptions {
  /** What its tokens are meant for where a test does not say. */
  readonly audience: string;
  /** `/realms/ops`; none where left out. */
  readonly path?: string;
  /** Of the time that tokens are given for, in milliseconds; the system's where left out. */
  readonly now?: () => number;
}

export const DISCOVERY_PATH = "/.well-known/openid-configuration";
export const KEYS_PATH = "/keys";

/** Starts an issuer on a free port of 127.0.0.1. */
export async function startTestIssuer(
  { audience, path = "", now = Date.now }: TestIssuerOptions,
): Promise<TestIssuer> {
  const key = await generateTestKey("first");
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    return answers.get(pathname)?.(request) ?? new Response("Not found", { status: 404 });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const issuer = `${origin}${path}`;
  answers.set(`${path}${DISCOVERY_PATH}`, () => Response.json({ issuer, jwks_uri: `${origin}${KEYS_PATH}` }));

  const claims = (changes: Claims = {}): Claims => {
    const iat = Math.floor(now() / 1000);
    return { iss: issuer, sub: "alice", aud: audience, iat, exp: iat + 300, ...changes };
  };
  const issued: TestIssuer = {
    ...{ issuer, key, answers, asked, claims },
    publish(...keys) {
      const set = { keys: keys.map((one) => "publicJwk" in one ? one.publicJwk : one) };
      answers.set(KEYS_PATH, () => Response.json(set));
    },
    token: (changes, header, sign = key.sign) =>
      makeJwt({ alg: key.alg, kid: key.kid, typ: "at+jwt", ...header }, claims(changes), sign),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
  issued.publish(key);
  return issued;
}

/** A token that must be refused, and how it is made. */
export interface Forgery {
  readonly name: string;
  readonly make: (issuer: TestIssuer) => Promise<string>;
}

/** An hour in seconds, beyond every clock skew that can be set. */
const HOUR = 3600;

/** The tokens that are wrong in one respect each, by the fault that they must be refused with. */
export const FORGERIES: Readonly<Record<string, readonly Forgery[]>> = {
  malformed: [
    { name: "no JWT", make: () => Promise.resolve("opaque") },
    { name: "two parts", make: async (issuer) => (await issuer.token()).replace(/\.[^.]*$/, "") },
    { name: "five parts, as of an encrypted one", make: async (issuer) => `${await issuer.token()}.a.b` },
    { name: "a header that is no JSON", make: async (issuer) => (await issuer.token()).replace(/^[^.]*/, "bm8") },
    { name: "claims that are no object", make: (issuer) => makeJwt(headerOf(issuer), ["alice"], issuer.key.sign) },
    { name: "more than 16 KiB", make: (issuer) => issuer.token({ padding: "x".repeat(16_384) }) },
    { name: "a critical header that is not known", make: (issuer) => issuer.token({}, { crit: ["exp"], exp: 1 }) },
    { name: "a payload that is not encoded", make: (issuer) => issuer.token({}, { crit: ["b64"], b64: false }) },
    { name: "the type of a logout token", make: (issuer) => issuer.token({}, { typ: "logout+jwt" }) },
    { name: "a type that is no text", make: (issuer) => issuer.token({}, { typ: 1 }) },
  ],
  algorithm: [
    { name: "alg none", make: (issuer) => issuer.token({}, { alg: "none" }, () => "") },
    { name: "alg nOnE, with a signature", make: (issuer) => issuer.token({}, { alg: "nOnE" }) },
    { name: "no alg", make: (issuer) => issuer.token({}, { alg: undefined }) },
    ...["PEM", "JWK"].map((form) => ({
      name: `HS256 with the public key as its secret, as ${form}`,
      make: ({ key, token }: TestIssuer) => {
        const secret = form === "JWK" ? JSON.stringify(key.publicJwk) : printPem(key.publicJwk);
        return token({}, { alg: "HS256" }, (text) => createHmac("sha256", secret).update(text).digest("base64url"));
      },
    })),
  ],
  signature: [
    { name: "another key's signature", make: (issuer) => forged(issuer) },
    { name: "no signature", make: (issuer) => issuer.token({}, {}, () => "") },
    {
      name: "claims that were changed",
      make: async (issuer) => {
        const [header, , signature] = (await issuer.token()).split(".");
        const [, claims] = (await issuer.token({ sub: "mallory" })).split(".");
        return `${header}.${claims}.${signature}`;
      },
    },
    { name: "a kid that is not known", make: (issuer) => forged(issuer, () => ({ kid: "unknown" })) },
    { name: "a kid that is no text", make: (issuer) => issuer.token({}, { kid: 1 }) },
    { name: "another algorithm than the key's", make: (issuer) => issuer.token({}, { alg: "ES384" }) },
    { name: "its own key in jwk", make: (issuer) => forged(issuer, ({ publicJwk }) => ({ jwk: publicJwk })) },
    {
      name: "its own key in jwk, without kid",
      make: (issuer) => forged(issuer, ({ publicJwk }) => ({ jwk: publicJwk, kid: undefined })),
    },
    ...["jku", "x5u"].map((name) => ({
      name: `an address of its own keys in ${name}`,
      make: (issuer: TestIssuer) => forged(issuer, () => ({ [name]: `${issuer.issuer}${ATTACKER_KEYS_PATH}` })),
    })),
  ],
  issuer: [
    { name: "another issuer", make: (issuer) => issuer.token({ iss: "https://id.other.example" }) },
    { name: "the issuer with a slash", make: (issuer) => issuer.token({ iss: `${issuer.issuer}/` }) },
    { name: "a list of issuers", make: (issuer) => issuer.token({ iss: [issuer.issuer] }) },
  ],
  audience: [
    { name: "another audience", make: (issuer) => issuer.token({ aud: "https://other.example/mcp" }) },
    { name: "the audience with a slash", make: (issuer) => issuer.token({ aud: `${issuer.claims()["aud"]}/` }) },
    {
      name: "a part of the audience",
      make: (issuer) => issuer.token({ aud: String(issuer.claims()["aud"]).slice(0, -1) }),
    },
    { name: "a list without it", make: (issuer) => issuer.token({ aud: ["https://other.example", "account"] }) },
    {
      name: "an ID token, for its client",
      make: (issuer) => issuer.token({ aud: "client", nonce: "n" }, { typ: "JWT" }),
    },
  ],
  expired: [{ name: "an hour past its end", make: (issuer) => issuer.token({ exp: seconds(issuer) - HOUR }) }],
  not_yet_valid: [{ name: "an hour before its time", make: (issuer) => issuer.token({ nbf: seconds(issuer) + HOUR }) }],
  claims: [
    { name: "no exp", make: (issuer) => issuer.token({ exp: undefined }) },
    { name: "an exp that is text", make: (issuer) => issuer.token({ exp: "2100-01-01" }) },
    { name: "an exp beyond all time", make: (issuer) => issuer.token({ exp: 1e300 }) },
    { name: "an nbf that is text", make: (issuer) => issuer.token({ nbf: "now" }) },
    { name: "no sub", make: (issuer) => issuer.token({ sub: undefined }) },
    { name: "no iss", make: (issuer) => issuer.token({ iss: undefined }) },
    { name: "no aud", make: (issuer) => issuer.token({ aud: undefined }) },
    { name: "a key that its holder must show", make: (issuer) => issuer.token({ cnf: { jkt: "thumbprint" } }) },
  ],
};

/** Where an attacker would have its keys. */
export const ATTACKER_KEYS_PATH = "/attacker/keys";

function printPem(key: JsonWebKey): string {
  // A copy: an interface lacks the index that Node's type of a key has, where its types are loaded.
  return createPublicKey({ key: { ...key }, format: "jwk" }).export({ type: "spki", format: "pem" }).toString();
}

function headerOf({ key }: TestIssuer): Claims {
  return { alg: key.alg, kid: key.kid, typ: "at+jwt" };
}

function seconds(issuer: TestIssuer): number {
  return Number(issuer.claims()["iat"]);
}

/** A token with the kid of the issuer's key, signed with another key, which lies ready at the attacker's address. */
async function forged(issuer: TestIssuer, header: (key: TestKey) => Claims = () => ({})): Promise<string> {
  const key = await generateTestKey(issuer.key.kid);
  issuer.answers.set(
    `${new URL(issuer.issuer).pathname.replace(/\/$/, "")}${ATTACKER_KEYS_PATH}`,
    () => Response.json({ keys: [key.publicJwk] }),
  );
  return await issuer.token({}, header(key), key.sign);
}
