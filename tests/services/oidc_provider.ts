import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { generateTestKey, type TestKey } from "./oidc_keys.ts";
import { type Service, startService } from "./process.ts";

/** What a test asks an access token to be. */
export interface TokenWish {
  /** As it is, and so an absolute URI: it is the resource indicator. */
  readonly audience: string;
  /** Of `mcp:read mcp:call`, separated by spaces; none where left out. */
  readonly scope?: string;
  /** 300 where left out. */
  readonly lifetimeSeconds?: number;
  /** Further claims; those of the provider itself win. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** That of the first key where left out. */
  readonly alg?: string;
}

/** A certified OpenID provider, as an issuer of a test. */
export interface OidcProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly port: number;
  /** With these a test signs what the provider would not. */
  readonly keys: readonly TestKey[];
  readonly service: Service;
  /** An access token of a program (client credentials); its subject is `ops-client`. */
  clientToken(wish: TokenWish): Promise<string>;
  /** Signs someone in (authorization code with PKCE). */
  userTokens(user: string, wish: TokenWish): Promise<{ readonly accessToken: string; readonly idToken: string }>;
}

export interface OidcProviderOptions {
  /** Any free one where left out. */
  readonly port?: number;
  /** One for ES256 where left out. */
  readonly keys?: readonly TestKey[];
}

const MAIN = fileURLToPath(new URL("./oidc_provider_main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const REDIRECT_URI = "https://client.example/callback";
const CLIENT = `Basic ${Buffer.from("ops-client:not+a+secret+of+anyone").toString("base64")}`;

const tokens = z.object({ access_token: z.string(), id_token: z.string().optional() });

/** Starts a provider on 127.0.0.1. */
export async function startOidcProvider({ port = 0, keys }: OidcProviderOptions = {}): Promise<OidcProvider> {
  const used = keys ?? [await generateTestKey("provider")];
  const argument = JSON.stringify({ port, jwks: { keys: used.map(({ privateJwk }) => privateJwk) } });
  const service = startService(Deno.execPath(), { args: ["run", "-A", "--config", CONFIG, MAIN, argument] });
  try {
    await service.printed(/Issuer ready: \S+\n/);
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  const issuer = service.output().match(/Issuer ready: (\S+)/)?.[1] ?? "";

  async function askForTokens(form: Readonly<Record<string, string>>, wish: TokenWish) {
    const { lifetimeSeconds, claims, alg } = wish;
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({ ...form, resource: wish.audience, ...(wish.scope && { scope: wish.scope }) }),
      headers: {
        authorization: CLIENT,
        ...(lifetimeSeconds !== undefined && { "x-test-ttl": `${lifetimeSeconds}` }),
        ...(claims && { "x-test-claims": JSON.stringify(claims) }),
        ...(alg && { "x-test-alg": alg }),
      },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The provider gave no token: ${response.status} ${text}\n${service.output()}`);
    return tokens.parse(JSON.parse(text));
  }

  return {
    ...{ issuer, service, keys: used, port: Number(new URL(issuer).port) },

    async clientToken(wish) {
      return (await askForTokens({ grant_type: "client_credentials" }, wish)).access_token;
    },

    async userTokens(user, wish) {
      const verifier = randomBytes(32).toString("base64url");
      const start = new URL(`${issuer}/auth`);
      start.search = `${new URLSearchParams({
        client_id: "ops-client",
        response_type: "code",
        redirect_uri: REDIRECT_URI,
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
        scope: `openid ${wish.scope ?? ""}`.trim(),
        resource: wish.audience,
        login_hint: user,
      })}`;
      const { searchParams } = await follow(start);
      const code = searchParams.get("code");
      if (code === null) throw new Error(`The provider signed nobody in: ${searchParams}\n${service.output()}`);
      const form = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: REDIRECT_URI };
      const given = await askForTokens(form, wish);
      return { accessToken: given.access_token, idToken: given.id_token ?? "" };
    },

    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Follows the provider's redirects as a browser does, with its cookies, up to the client's own address. */
async function follow(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let steps = 0; steps < 10 && !url.href.startsWith(REDIRECT_URI); steps++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    const text = await response.text();
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${url.pathname} answered ${response.status}: ${text.slice(0, 500)}`);
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = set.match(/^([^=]+)=([^;]*)/) ?? [];
      if (name !== undefined && value !== undefined) cookies.set(name, value);
    }
    url = new URL(location, url);
  }
  return url;
}
