import assert from "node:assert/strict";
import { type PostgresService, startPostgres } from "./services/postgres.ts";
import { freePort } from "./services/process.ts";
import { type RedisService, startRedis } from "./services/redis.ts";
import { type ServerService, startServer } from "./services/server.ts";
import { openSocket, type TestSocket } from "./services/socket.ts";

/** What a user would wait: the aim is 5 s, the bound leaves room for a busy machine. */
const RECOVERY_MS_MAX = 20_000;

interface HealthAnswer {
  readonly code: number;
  readonly status: string;
  readonly redis: string;
  readonly postgres: string;
}

async function healthOf({ url }: ServerService): Promise<HealthAnswer> {
  const response = await fetch(`${url}/health`);
  const { status, components: { redis, postgres } } = await response.json();
  return { code: response.status, status, redis, postgres };
}

/** Asks until the answer is as wished. @returns the milliseconds that it took. */
async function becomes<T>(what: string, ask: () => Promise<T>, isWished: (answer: T) => boolean): Promise<number> {
  const startMs = performance.now();
  while (true) {
    const answer = await ask();
    const passedMs = performance.now() - startMs;
    if (isWished(answer)) return Math.round(passedMs);
    if (passedMs > RECOVERY_MS_MAX) {
      throw new Error(`${what} took over ${RECOVERY_MS_MAX} ms: ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const becomesHealthy = (server: ServerService) =>
  becomes("Health", () => healthOf(server), ({ status }) => status === "healthy");

/** What an operator wants to know of each release. */
function report(what: string, milliseconds: number): void {
  // deno-lint-ignore no-console -- A figure for the reader of the test's output.
  console.log(`${what}: healthy again ${milliseconds} ms after it was back`);
}

const list = (socket: TestSocket) => socket.call("mcp.tools.list");
const get = (socket: TestSocket) => socket.call("mcp.tools.call", { name: "ctx.get", args: { key: "kept" } });
const set = (socket: TestSocket, value: unknown) => socket.call("ctx.set", { key: "kept", value });

/** Redis loses what it held: it keeps nothing on disk here. */
async function redisDies(redis: RedisService, server: ServerService, socket: TestSocket): Promise<void> {
  assert.deepEqual((await set(socket, "before")).result, { success: true, key: "kept", value: "before" });
  await redis.kill();
  for (const call of [get, (each: TestSocket) => set(each, "lost")]) {
    const { error } = await call(socket);
    assert.deepEqual([error?.code, error?.data.kind], [-32004, "unavailable"]);
    assert.match(error.message, /Redis/);
    assert.equal(typeof error.data.hint, "string");
  }
  const { result } = await list(socket);
  assert.equal(result.tools.length, 7, "others go on");
  await becomes("Noticing", () => healthOf(server), ({ redis }) => redis === "disconnected");
  assert.deepEqual(await healthOf(server), {
    code: 200,
    status: "degraded",
    redis: "disconnected",
    postgres: "connected",
  });
  const limited = await fetch(`${server.url}/test/rate-limit`);
  assert.equal((await limited.json()).allowed, true, "limits are counted by this replica alone");
  await redis.restart();
  report("Redis", await becomesHealthy(server));
  assert.deepEqual((await set(socket, "after")).result.value, "after");
  assert.deepEqual((await get(socket)).result, { key: "kept", value: "after" });
}

async function postgresDies(postgres: PostgresService, server: ServerService, socket: TestSocket): Promise<void> {
  const count = async () => Number(await postgres.psql(["-Atc", "SELECT count(*) FROM audit_logs"]));
  await list(socket);
  const recorded = await count();
  await postgres.kill();
  await becomes("Noticing", () => healthOf(server), ({ code }) => code === 503);
  const health = await healthOf(server);
  assert.deepEqual([health.status, health.redis, health.postgres], ["unhealthy", "connected", "disconnected"]);
  // It is known: nothing runs that could not be put on record.
  const { error } = await set(socket, "unrecorded");
  assert.deepEqual([error?.code, error?.data.kind, error?.data.executed], [-32007, "audit_unavailable", false]);
  assert.equal(typeof error.data.hint, "string");
  const posted = await fetch(`${server.url}/test/ctx`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"key":"kept","value":"unrecorded"}',
  });
  assert.deepEqual([posted.status, (await posted.json()).error.code], [503, -32007]);
  assert.equal(await fetch(`${server.url}/live`).then((live) => live.text()), "live\n");
  await postgres.restart();
  report("Postgres", await becomesHealthy(server));
  assert.deepEqual((await get(socket)).result, { key: "kept", value: "after" }, "what was refused was not done");
  assert((await count()) > recorded, "calls are on record again");
}

Deno.test("Redis, then Postgres is killed under a connected client and comes back: the server stays, says so and heals", async () => {
  await using redis = await startRedis();
  await using postgres = await startPostgres();
  // Refusing is one of the policies for an outage; the others have tests of their own.
  const stores = { REDIS_URL: redis.url, DATABASE_URL: postgres.url, AUDIT_OUTAGE: "refuse" };
  await using server = await startServer(stores);
  await using socket = await openSocket(server.socketUrl);
  await becomesHealthy(server);
  for (let round = 1; round <= 2; round++) {
    await redisDies(redis, server, socket);
    await postgresDies(postgres, server, socket);
  }
  assert.match(server.output(), /WARN: Not connected to Redis: 127\.0\.0\.1:\d+ reason=/);
  assert.match(server.output(), /WARN: Not connected to Postgres: 127\.0\.0\.1:\d+\/mcpaudit reason=/);
  assert.equal(server.output().match(/Connected to Redis/g)?.length, 3, server.output());
  assert.equal(server.output().match(/Connected to Postgres/g)?.length, 3, server.output());
  assert(!server.output().includes("nobody"), `no fault was left alone:\n${server.output()}`);
  server.signal("SIGTERM");
  assert.equal((await socket.closed).code, 1001, "it is the same socket still");
  assert.equal((await server.status).code, 0);
});

Deno.test("a call whose record is lost on the way to Postgres is answered -32007, and told that it ran", async () => {
  await using postgres = await startPostgres();
  await using server = await startServer({ DATABASE_URL: postgres.url, AUDIT_OUTAGE: "refuse" });
  await using socket = await openSocket(server.socketUrl);
  await becomesHealthy(server);
  // Frozen, it looks alive until the record is not durable in time.
  postgres.freeze();
  const { error } = await set(socket, "unrecorded");
  assert.deepEqual([error?.code, error?.data.kind, error?.data.executed], [-32007, "audit_unavailable", true]);
  assert.match(error.data.hint, /has run/);
  postgres.thaw();
  report("A frozen Postgres", await becomesHealthy(server));
  assert.deepEqual((await get(socket)).result, { key: "kept", value: "unrecorded" });
  // The record was kept in memory and retried meanwhile: nothing that ran is missing.
  const records = await postgres.psql(["-Atc", "SELECT tool_name, outcome FROM audit_logs ORDER BY id"]);
  assert.equal(records, "ctx.set|ok\nctx.get|ok\n");
});

Deno.test("a server starts with both its stores away, serves, says so, and heals when they come", async () => {
  const port = await freePort();
  await using postgres = await startPostgres();
  await postgres.kill();
  const stores = { REDIS_URL: `redis://127.0.0.1:${port}`, DATABASE_URL: postgres.url, AUDIT_OUTAGE: "refuse" };
  await using server = await startServer(stores);
  await using socket = await openSocket(server.socketUrl);
  assert.deepEqual(await healthOf(server), {
    code: 503,
    status: "unhealthy",
    redis: "disconnected",
    postgres: "disconnected",
  });
  assert.deepEqual([(await list(socket)).error?.code, (await get(socket)).error?.code], [-32007, -32007]);
  assert.equal(await fetch(`${server.url}/dashboard`).then((page) => page.text().then(() => page.status)), 200);
  await using redis = await startRedis({ port });
  await becomes("Redis", () => healthOf(server), (health) => health.redis === "connected");
  await postgres.restart();
  report("Both stores at a start without them", await becomesHealthy(server));
  assert.equal((await list(socket)).result.tools.length, 7);
  assert.deepEqual((await get(socket)).result, { key: "kept", value: null });
  assert.equal(await redis.cli("exists", "rate_limit:ctx.get:default"), "1");
});
