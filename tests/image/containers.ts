import assert from "node:assert/strict";
import { parse } from "yaml";
import { type Container, eventually, type RunOptions, startContainer } from "../services/engine.ts";
import { freePort } from "../services/process.ts";
import { ROOT } from "../services/server.ts";

/** The image under test, for this process alone. */
export const IMAGE = `mcp-server:test-${Deno.pid}`;

/** A server in a container with a read-only root. */
export interface ServerContainer extends Container {
  readonly url: string;
  readonly socketUrl: string;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** What `/health` says once Postgres' part of it is so. @throws with the output after a minute. */
  // deno-lint-ignore no-explicit-any -- Tests look into it.
  health(postgres: "connected" | "embedded"): Promise<any>;
  /** Resolves when its output has the text. @throws with the output after a minute. */
  printed(text: string): Promise<void>;
}

export async function startServerContainer({ env = {}, options = [] }: RunOptions): Promise<ServerContainer> {
  const port = await freePort();
  const container = await startContainer(IMAGE, {
    env: { HOST: "127.0.0.1", PORT: `${port}`, ...env },
    options: ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", ...options],
  });
  const url = `http://127.0.0.1:${port}`;
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return {
    ...container,
    url,
    socketUrl: `ws://127.0.0.1:${port}/mcp`,
    get,
    health: (postgres) =>
      eventually(async () => {
        const health = JSON.parse(
          (await get("/health").catch(async (cause) => {
            throw new Error(await container.output(), { cause });
          })).text,
        );
        assert.equal(health.components.postgres, postgres, await container.output());
        return health;
      }),
    printed: (text) =>
      eventually(async () => {
        const output = await container.output();
        assert(output.includes(text), output);
      }),
  };
}

export interface StoresInContainers extends AsyncDisposable {
  readonly env: { readonly REDIS_URL: string; readonly DATABASE_URL: string };
}

/** The images that compose.yaml names. */
export async function composeImage(service: "redis" | "postgres"): Promise<string> {
  return parse(await Deno.readTextFile(`${ROOT}compose.yaml`), { merge: true }).services[service].image;
}

/** Redis and Postgres from the images of compose.yaml, on free ports. */
export async function startStores(): Promise<StoresInContainers> {
  await using started = new AsyncDisposableStack();
  const [redisPort, postgresPort, password] = [await freePort(), await freePort(), crypto.randomUUID()];
  started.use(
    await startContainer(await composeImage("redis"), {
      // Not synced: the images that were just made keep the disk busy, and commands would wait for it.
      command: [
        ...["redis-server", "--bind", "127.0.0.1", "--port", `${redisPort}`],
        ...["--appendonly", "yes", "--appendfsync", "no"],
      ],
    }),
  );
  const postgres = started.use(
    await startContainer(await composeImage("postgres"), {
      env: { POSTGRES_USER: "aiagent", POSTGRES_DB: "mcpaudit", POSTGRES_PASSWORD: password },
      command: ["postgres", "-p", `${postgresPort}`],
    }),
  );
  const isReady = ["pg_isready", "-h", "127.0.0.1", "-p", `${postgresPort}`, "-U", "aiagent", "-d", "mcpaudit"];
  await eventually(async () => {
    const { code, output } = await postgres.exec(isReady);
    assert.equal(code, 0, output);
  });
  const kept = started.move();
  return {
    env: {
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      DATABASE_URL: `postgres://aiagent:${password}@127.0.0.1:${postgresPort}/mcpaudit`,
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
