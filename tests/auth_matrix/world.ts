import { createApiKey } from "../../server/auth/token/api_key.ts";
import { systemClock } from "../../storage/clock.ts";
import { openRedis } from "../../storage/redis/connection.ts";
import { createRedisTokenStore } from "../../storage/redis/token_store.ts";
import type { TokenStore } from "../../storage/token_store.ts";
import { type OidcProvider, startOidcProvider } from "../services/oidc_provider.ts";
import { startRedis } from "../services/redis.ts";
import { type ServerService, startServer } from "../services/server.ts";

export const PUBLIC_URL = "https://mcp.example";
export const AUDIENCE = `${PUBLIC_URL}/mcp`;
export const SCOPES = "mcp:read mcp:call";

/** No refusal of the matrix may lock the next one out, and no limit come before its own test. */
const UNLIMITED = { AUTH_FAILURES_MAX: "100000", ADDRESS_LIMIT_PER_MINUTE: "0", LOG_LEVEL: "debug" };

/** Two servers that share API keys by a Redis. */
export interface TokenWorld extends AsyncDisposable {
  readonly one: ServerService;
  readonly other: ServerService;
  readonly keys: TokenStore;
  /** Makes a key and keeps it. */
  createKey(name: string, roles: readonly string[], expiresAtMs?: number): Promise<{ id: string; key: string }>;
}

export async function startTokenWorld(settings: Record<string, string> = {}): Promise<TokenWorld> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const given = { ...UNLIMITED, AUTH_MODE: "token", REDIS_URL: redis.url, ...settings };
  const [one, other] = await Promise.all([startServer(given), startServer(given)]);
  stack.use(one);
  stack.use(other);
  const keys = createRedisTokenStore(stack.use(openRedis(redis.url, { onState: () => {} })), systemClock);
  const owned = stack.move();
  return {
    ...{ one, other, keys },
    async createKey(name, roles, expiresAtMs) {
      const { id, key, sha256 } = createApiKey();
      await keys.add({ id, sha256, name, roles, createdAtMs: Date.now(), expiresAtMs });
      return { id, key };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A server that takes access tokens of a real provider. */
export interface OidcWorld extends AsyncDisposable {
  readonly server: ServerService;
  readonly provider: OidcProvider;
}

export async function startOidcWorld(settings: Record<string, string> = {}): Promise<OidcWorld> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startOidcProvider());
  const server = stack.use(
    await startServer({
      ...UNLIMITED,
      AUTH_MODE: "oidc",
      OIDC_ISSUER: provider.issuer,
      OIDC_SCOPES: SCOPES.replace(" ", ","),
      PUBLIC_URL,
      ...settings,
    }),
  );
  const owned = stack.move();
  return { server, provider, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
