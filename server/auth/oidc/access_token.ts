import type { JWTPayload } from "jose";
import type { CredentialFault, Verdict } from "../authenticator.ts";
import type { FindKey } from "./issuer_keys.ts";

export interface AccessTokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly clockSkewSeconds: number;
  readonly findKey: FindKey;
}

type Refused = Extract<Verdict, { kind: "refused" }>;

/** An access token whose signature, issuer, audience and time are right. */
export interface ValidToken {
  readonly kind: "valid";
  readonly claims: JWTPayload & { readonly exp: number };
}

/** Those of the issuer's private keys: with a shared secret, whoever checks could sign. */
const ALGORITHMS: readonly string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
/**
 * `at+jwt` by RFC 9068, `JWT` as many issuers have it; Dex has none. A token for another use (`logout+jwt`) is no access
 * token.
 */
const TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;
const TOKEN_CHARS_MAX = 16_384;
const SIGNED_JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
/** The end of the year 9999, in seconds: a time beyond is no time. */
const EXP_MAX = 253_402_300_799;

/** By jose's codes. */
const FAULTS: Readonly<Record<string, readonly [fault: CredentialFault, description: string]>> = {
  ERR_JWKS_NO_MATCHING_KEY: ["signature", "The issuer has no key that the access token could be signed with"],
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: ["signature", "Several keys of the issuer fit the access token, expected one"],
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: ["signature", "The access token is not signed by its issuer"],
  ERR_JWT_EXPIRED: ["expired", "The access token has expired"],
  ERR_JWS_INVALID: ["malformed", "The access token is no signed JWT"],
  ERR_JWT_INVALID: ["malformed", "The access token is no signed JWT"],
};

/**
 * Verifies a signed JWT by RFC 9068 and RFC 8725, as far as issuers keep to them. Keys come from the issuer alone: what
 * a token's header says of keys (`jwk`, `jku`, `x5u`) is not read.
 *
 * @throws {IssuerError} when the issuer's keys are needed and cannot be read.
 */
export async function verifyAccessToken(
  credential: string,
  nowMs: number,
  { issuer, audience, clockSkewSeconds, findKey }: AccessTokenRules,
): Promise<ValidToken | Refused> {
  const objection = await objectionTo(credential, issuer);
  if (objection) return objection;
  const { jwtVerify } = await import("jose");
  try {
    const { payload } = await jwtVerify(credential, findKey, {
      issuer,
      audience,
      algorithms: [...ALGORITHMS],
      requiredClaims: ["exp"],
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(nowMs),
    });
    const { exp, cnf } = payload;
    if (exp === undefined || exp > EXP_MAX) return refused("claims", "The claim exp is no time before the year 10000");
    // Whoever holds it must show a key besides (RFC 8705, RFC 9449), and nobody here asks for that.
    if (cnf !== undefined) return refused("claims", "The access token is bound to a key, expected a bearer token");
    return { kind: "valid", claims: { ...payload, exp } };
  } catch (error) {
    const refusal = refusalOf(error, audience);
    if (refusal) return refusal;
    throw error;
  }
}

/** What can be said before any key is asked for. Nothing is verified yet: it may only refuse. */
async function objectionTo(credential: string, issuer: string): Promise<Refused | undefined> {
  const { decodeJwt, decodeProtectedHeader } = await import("jose");
  const unreadable = refused("malformed", "The access token is no signed JWT");
  if (credential.length > TOKEN_CHARS_MAX || !SIGNED_JWT.test(credential)) return unreadable;
  let header: Readonly<Record<string, unknown>>;
  let claims: JWTPayload;
  try {
    header = decodeProtectedHeader(credential);
    claims = decodeJwt(credential);
  } catch {
    return unreadable;
  }
  const { alg, typ, crit } = header;
  if (typeof alg !== "string" || !ALGORITHMS.includes(alg)) {
    return refused("algorithm", `The access token is signed with another algorithm than ${ALGORITHMS.join(" ")}`);
  }
  if (typ !== undefined && !(typeof typ === "string" && TYPE.test(typ))) {
    return refused("malformed", "The JWT is no access token: its header has another typ than JWT or at+jwt");
  }
  if (crit !== undefined) return refused("malformed", "The access token has extensions that are not known");
  // Another issuer's token does not make this one's keys be read again.
  if (claims.iss === undefined) return refused("claims", "The claim iss is missing");
  return claims.iss === issuer ? undefined : refused("issuer", `The access token is not of the issuer ${issuer}`);
}

function refusalOf(error: unknown, audience: string): Refused | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const [fault, description] = FAULTS[error.code] ?? [];
  if (fault && description) return refused(fault, description);
  if (error.code !== "ERR_JWT_CLAIM_VALIDATION_FAILED") return undefined;
  const claim = "claim" in error ? error.claim : undefined;
  const reason = "reason" in error ? error.reason : undefined;
  if (reason === "missing") return refused("claims", `The claim ${claim} is missing`);
  if (claim === "aud") return refused("audience", `The access token is not meant for ${audience}`);
  if (claim === "nbf" && reason === "check_failed") {
    return refused("not_yet_valid", "The access token is not valid yet");
  }
  return refused("claims", `The claim ${claim} is not what it must be`);
}

function refused(fault: CredentialFault, description: string): Refused {
  return { kind: "refused", fault, description };
}
