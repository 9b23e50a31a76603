import { createApiKey } from "../../server/auth/token/api_key.ts";
import { generateTestKey, makeJwt, type Sign } from "../services/oidc_keys.ts";
import { AUDIENCE, type OidcWorld, PUBLIC_URL, SCOPES, type TokenWorld } from "./world.ts";

/** What a request shows, and what becomes of it. */
export interface Column {
  readonly name: string;
  /** The header Authorization; none where `undefined`. */
  readonly authorization: string | undefined;
  /**
   * `right`: has every right. `known`: has none beside being known. Else the status of its refusal, and the parameters
   * of the challenge that tell of it.
   */
  readonly is: "right" | "known" | { readonly status: 400 | 401 | 403; readonly error?: readonly [string, string] };
}

/** What a challenge says in any case. */
export const TOKEN_CHALLENGE = { head: 'realm="mcp"', tail: "" };
export const OIDC_CHALLENGE = {
  head: "",
  tail: `resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp", scope="${SCOPES}"`,
};

const refused = (description: string) => ({ status: 401, error: ["invalid_token", description] }) as const;

/** In both modes. */
const COMMON: readonly Column[] = [
  { name: "no credential", authorization: undefined, is: { status: 401 } },
  { name: "another method", authorization: "Basic b3BzOnNlY3JldA==", is: { status: 401 } },
  ...["Bearer", "Bearer a b", "Bearer a\tb", 'Bearer "a"', "Bearer a, Bearer b"].map((authorization): Column => ({
    name: `malformed: ${authorization}`,
    authorization,
    is: {
      status: 400,
      error: [
        "invalid_request",
        authorization.includes(",")
          ? "Send one Authorization header, not several"
          : "Expected the Authorization header to be Bearer, one space and the credential",
      ],
    },
  })),
];

export async function tokenColumns({ createKey, keys }: TokenWorld): Promise<readonly Column[]> {
  const [right, known, expired, revoked] = await Promise.all([
    createKey("root", ["admin"]),
    createKey("guest", ["guest"]),
    createKey("late", ["admin"], Date.now() - 1000),
    createKey("gone", ["admin"]),
  ]);
  await keys.revoke(revoked.id);
  const unknown = refused("The API key is not known, or no longer");
  const malformed = refused("Expected an API key of the form mcp_<id>_<secret>");
  const jwt = await makeJwt({ alg: "none" }, { iss: "https://id.example", aud: AUDIENCE }, () => "");
  const otherSecret = `mcp_${right.id}_${createApiKey().key.slice(-43)}`;
  const cases: readonly (readonly [string, string, Column["is"]])[] = [
    ["malformed key", "mcp_short_secret", malformed],
    ["a JWT with alg none", jwt, malformed],
    ["another secret under a right id", otherSecret, unknown],
    ["a key that was never made", createApiKey().key, unknown],
    ["expired", expired.key, refused("The API key has expired")],
    ["revoked", revoked.key, unknown],
    ["known, without a right", known.key, "known"],
    ["right", right.key, "right"],
  ];
  return [...COMMON, ...cases.map(([name, key, is]) => ({ name, authorization: `Bearer ${key}`, is }))];
}

export async function oidcColumns({ provider }: OidcWorld): Promise<readonly Column[]> {
  const [key] = provider.keys;
  if (!key) throw new Error("The provider has no key");
  const stranger = await generateTestKey(key.kid, key.alg);
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = {
    ...{
      iss: provider.issuer,
      aud: AUDIENCE,
      sub: "root",
      client_id: "ops",
      jti: "1",
      scope: SCOPES,
      roles: ["admin"],
    },
    ...{ iat: nowSeconds - 60, exp: nowSeconds + 3600 },
  };
  const header = { alg: key.alg, kid: key.kid, typ: "at+jwt" };
  const jwt = (changes: object, sign: Sign = key.sign, changedHeader: object = {}) =>
    makeJwt({ ...header, ...changedHeader }, { ...claims, ...changes }, sign);
  const wish = { audience: AUDIENCE, scope: SCOPES, claims: { roles: ["admin"] } };
  const unsigned = "The access token is not signed by its issuer";
  const algorithm =
    "The access token is signed with another algorithm than RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519";
  const notMeant = refused(`The access token is not meant for ${AUDIENCE}`);
  const cases: readonly (readonly [string, string, Column["is"]])[] = [
    ["malformed token", "opaque", refused("The access token is no signed JWT")],
    ["an API key", createApiKey().key, refused("The access token is no signed JWT")],
    ["expired", await jwt({ exp: nowSeconds - 3600 }), refused("The access token has expired")],
    ["not valid yet", await jwt({ nbf: nowSeconds + 3600 }), refused("The access token is not valid yet")],
    ["wrong audience", await provider.clientToken({ ...wish, audience: "https://other.example/mcp" }), notMeant],
    ["an ID token", (await provider.userTokens("root", wish)).idToken, notMeant],
    [
      "wrong issuer",
      await jwt({ iss: "https://id.other.example" }),
      refused(`The access token is not of the issuer ${provider.issuer}`),
    ],
    ["wrong signature", await jwt({}, stranger.sign), refused(unsigned)],
    ["alg none", await jwt({}, () => "", { alg: "none" }), refused(algorithm)],
    ["alg HS256", await jwt({}, () => "c2lnbmF0dXJl", { alg: "HS256" }), refused(algorithm)],
    [
      "insufficient scope",
      await provider.clientToken({ ...wish, scope: "mcp:read" }),
      { status: 403, error: ["insufficient_scope", "The access token lacks the scope mcp:call"] },
    ],
    ["known, without a right", await provider.clientToken({ audience: AUDIENCE, scope: SCOPES }), "known"],
    ["right, of a program", await provider.clientToken(wish), "right"],
    ["right, of a person", (await provider.userTokens("root", wish)).accessToken, "right"],
    ["right, by the provider's key", await jwt({}), "right"],
  ];
  return [...COMMON, ...cases.map(([name, token, is]) => ({ name, authorization: `Bearer ${token}`, is }))];
}
