import assert from "node:assert/strict";
import { findBinary, freePort, type Service, startService } from "./process.ts";
import { type RedisService, startRedis } from "./redis.ts";

/** The name that the Sentinels know the master by. */
export const MASTER_NAME = "mymaster";
const SENTINELS = 3;
/** A master that is away for so long is replaced. */
const DOWN_MS = 1_000;

export interface RedisSentinelOptions {
  /** Of Redis and of the Sentinels; none where left out. */
  readonly password?: string;
}

/** A master, its replica and three Sentinels of a test, on 127.0.0.1. */
export interface RedisSentinelService extends AsyncDisposable {
  /** Of the Sentinels, the password included. */
  readonly url: string;
  readonly master: RedisService;
  readonly replica: RedisService;
  readonly sentinels: readonly Service[];
}

export async function startRedisSentinel({ password }: RedisSentinelOptions = {}): Promise<RedisSentinelService> {
  await using stack = new AsyncDisposableStack();
  const cliArgs = password === undefined ? [] : ["-a", password, "--no-auth-warning"];
  const auth = password === undefined ? [] : ["--requirepass", password, "--masterauth", password];
  const start = (args: readonly string[]) => startRedis({ appendonly: true, cliArgs, args: [...auth, ...args] });
  const master = stack.use(await start([]));
  const replica = stack.use(await start(["--replicaof", `127.0.0.1 ${master.port}`]));
  await says(replica, /^master_link_status:up/m);

  const dir = await Deno.makeTempDir({ prefix: "sentinel_" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const binary = findBinary("redis-server", ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]);
  const sentinels: Service[] = [];
  const ports: number[] = [];
  for (let i = 0; i < SENTINELS; i++) {
    const port = await freePort();
    const file = `${dir}/${port}.conf`;
    await Deno.writeTextFile(
      file,
      [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${dir}`,
        `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 2`,
        `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_MS}`,
        `sentinel failover-timeout ${MASTER_NAME} 5000`,
        ...(password === undefined ? [] : [
          `sentinel auth-pass ${MASTER_NAME} ${password}`,
          `requirepass ${password}`,
          `sentinel sentinel-pass ${password}`,
        ]),
        "",
      ].join("\n"),
    );
    const sentinel = startService(binary, { args: [file, "--sentinel"] });
    stack.use(sentinel);
    await sentinel.printed("+monitor master");
    sentinels.push(sentinel);
    ports.push(port);
  }
  // Each knows the replica and the others, so that they can agree on a failover.
  for (const sentinel of sentinels) {
    await sentinel.printed(/\+slave slave/);
    await sentinel.printed(/(\+sentinel sentinel[^]*){2}/);
  }
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
  const [user, query] = password === undefined ? ["", ""] : [`:${password}@`, `?sentinel_password=${password}`];
  const owned = stack.move();
  return {
    url: `redis+sentinel://${user}${hosts}/${MASTER_NAME}${query}`,
    master,
    replica,
    sentinels,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function says(redis: RedisService, words: RegExp): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const info = await redis.cli("info", "replication");
    if (words.test(info)) return;
    assert(performance.now() < deadline, info);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
