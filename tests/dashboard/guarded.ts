import { DatabaseSync } from "node:sqlite";
import { createApiKey, type NewApiKey } from "../../server/auth/token/api_key.ts";
import { systemClock } from "../../storage/clock.ts";
import { createEmbeddedTokenStore } from "../../storage/embedded/token_store.ts";
import { type ServerService, startServer } from "../services/server.ts";

/** A server that asks who calls. */
export interface GuardedServer extends Pick<ServerService, "url" | "port" | "output">, AsyncDisposable {
  /** API keys by the name of their principal: `olga`, an operator, `adam`, an admin, and `vera`, who may only read. */
  readonly keys: Readonly<Record<"olga" | "adam" | "vera", string>>;
  /** Makes a further operator's key, in the server's store. */
  addKey(name: string): Promise<NewApiKey>;
  revokeKey(id: string): Promise<void>;
  stop(): Promise<void>;
  /** Starts it again where it was, with the same keys and stores. */
  start(): Promise<void>;
}

/** Starts a server with AUTH_MODE=token and keys of its own. */
export async function startGuarded(settings: Record<string, string> = {}): Promise<GuardedServer> {
  const dataDir = await Deno.makeTempDir({ prefix: "mcp-guarded-" });
  const made = { olga: createApiKey(), adam: createApiKey(), vera: createApiKey() };
  const entry = (name: string, role: string, { id, sha256 }: NewApiKey) => ({ id, name, roles: [role], sha256 });
  const tokens = [
    entry("olga", "operator", made.olga),
    entry("adam", "admin", made.adam),
    entry("vera", "viewer", made.vera),
  ];
  const file = `${dataDir}/tokens.json`;
  await Deno.writeTextFile(file, JSON.stringify({ tokens }));
  const launch = (port: number) =>
    startServer({ AUTH_MODE: "token", TOKENS_FILE: file, PORT: String(port), ...settings, DATA_DIR: dataDir });
  let server = await launch(0);
  const { port, url } = server;

  /** The keys that `deno task token` keeps. */
  async function withStore(work: (store: ReturnType<typeof createEmbeddedTokenStore>) => Promise<unknown>) {
    using database = new DatabaseSync(`${dataDir}/mcp.db`, { timeout: 5000 });
    await work(createEmbeddedTokenStore(database, systemClock));
  }

  return {
    port,
    url,
    output: () => server.output(),
    keys: { olga: made.olga.key, adam: made.adam.key, vera: made.vera.key },
    async addKey(name) {
      const made = createApiKey();
      const createdAtMs = Date.now();
      await withStore((store) => store.add({ ...entry(name, "operator", made), createdAtMs, expiresAtMs: undefined }));
      return made;
    },
    revokeKey: (id) => withStore((store) => store.revoke(id)),
    stop: async () => await server[Symbol.asyncDispose](),
    async start() {
      server = await launch(port);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}
