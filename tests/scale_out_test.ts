import assert from "node:assert/strict";
import { startPgBouncer } from "./services/pgbouncer.ts";
import { startPostgres } from "./services/postgres.ts";
import { startRedisCluster } from "./services/redis_cluster.ts";
import { startRedisSentinel } from "./services/redis_sentinel.ts";
import { type ServerService, startServer } from "./services/server.ts";

interface Reply {
  readonly result?: { readonly value?: unknown };
  readonly error?: { readonly code: number; readonly message: string };
}

async function call(server: ServerService, method: string, params: object): Promise<Reply> {
  const response = await fetch(`${server.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: AbortSignal.timeout(10_000),
  });
  return await response.json();
}

async function health(server: ServerService): Promise<{ readonly status: string }> {
  return await (await fetch(`${server.url}/health`)).json();
}

/** Resolves when `check` gives true. @throws after `timeoutMs`. */
async function until(what: string, check: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!await check()) {
    assert(performance.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const isHealthy = (server: ServerService) => async () => (await health(server)).status === "healthy";

Deno.test("two replicas on a Redis Cluster and a pooler: one context, one limit, one log, and a node may come and go", async () => {
  await using postgres = await startPostgres();
  await using pooler = await startPgBouncer(postgres);
  const password = "cluster-s3cret";
  const auth = ["--requirepass", password, "--masterauth", password];
  const cliArgs = ["-a", password, "--no-auth-warning"];
  await using redis = await startRedisCluster({ appendonly: true, args: auth, cliArgs });
  const settings = {
    REDIS_URL: redis.url.replace("redis://", `redis://:${password}@`),
    DATABASE_URL: pooler.url,
    PG_PREPARE: "false",
    REPLICAS: "2",
    RATE_LIMIT_PER_MINUTE: "20",
  };
  await using one = await startServer(settings);
  await using two = await startServer(settings);
  for (const server of [one, two]) {
    await until("healthy", isHealthy(server));
    const hosts = redis.url.replace("redis://", "");
    assert(server.output().includes(`Connected to Redis: ${hosts}\n`), server.output());
    assert(!server.output().includes(password) && !server.output().includes(postgres.password));
    assert.doesNotMatch(server.output(), /cannot keep audit records/, "masters alone keep the spool");
  }

  await call(one, "ctx.set", { key: "version", value: "1.0.0" });
  assert.equal((await call(two, "ctx.get", { key: "version" })).result?.value, "1.0.0");
  assert.equal(await redis.cli("GET", "ctx:version"), "1.0.0");
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, i) => call(i % 2 ? one : two, "ctx.get", { key: `key-${i}` })),
  );
  // One of the limit's 20 was taken above.
  assert.equal(replies.filter(({ result }) => result !== undefined).length, 19, JSON.stringify(replies.slice(-2)));

  const node = await redis.nodeOf("ctx:version");
  await node.kill();
  await until("a lost node is told", async () => (await health(one)).status !== "healthy");
  const startedMs = performance.now();
  const failed = await call(one, "ctx.set", { key: "version", value: "2.0.0" });
  assert(failed.error && performance.now() - startedMs < 5_000, JSON.stringify(failed));
  await node.restart();
  for (const server of [one, two]) await until("healthy again", isHealthy(server));
  assert.equal((await call(two, "ctx.set", { key: "version", value: "2.0.0" })).error, undefined);
  assert.equal(await redis.cli("GET", "ctx:version"), "2.0.0");

  const rows = await postgres.psql([
    "-Atc",
    "SELECT count(*), count(DISTINCT chain_id) FROM audit_logs WHERE outcome = 'ok' AND tool_name LIKE 'ctx.%'",
  ]);
  assert.equal(rows, "22|2\n");
});

Deno.test("behind Sentinels a server survives its master, and does not spool there unless it is told to", async () => {
  await using postgres = await startPostgres();
  await using redis = await startRedisSentinel({ password: "sentinel-s3cret" });
  const settings = { REDIS_URL: redis.url, DATABASE_URL: postgres.url };
  await using strict = await startServer(settings);
  await using daring = await startServer({ ...settings, AUDIT_SPOOL_REPLICATED: "true" });
  for (const server of [strict, daring]) await until("healthy", isHealthy(server));
  await strict.printed(/Redis cannot keep audit records while Postgres is away: a failover by Sentinels may lose/);
  await call(strict, "ctx.set", { key: "version", value: "1.0.0" });
  await redis.master.cli("wait", "1", "5000");

  await redis.master.kill();
  await until("a lost master is told", async () => (await health(strict)).status !== "healthy");
  for (const server of [strict, daring]) await until("healthy again", isHealthy(server));
  assert.equal((await call(strict, "ctx.get", { key: "version" })).result?.value, "1.0.0");

  await postgres.kill();
  for (const server of [strict, daring]) {
    await until("Postgres is away", async () => (await health(server)).status !== "healthy");
  }
  await until(
    "refused without a spool",
    async () => (await call(strict, "ctx.get", { key: "version" })).error !== undefined,
  );
  await until(
    "answered with one",
    async () => (await call(daring, "ctx.get", { key: "version" })).result?.value === "1.0.0",
  );
  await postgres.restart();
  for (const server of [strict, daring]) {
    await until("healthy", isHealthy(server));
    assert(!server.output().includes("sentinel-s3cret"), server.output());
  }
});
