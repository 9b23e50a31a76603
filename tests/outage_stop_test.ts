import assert from "node:assert/strict";
import { startPostgres } from "./services/postgres.ts";
import { startRedis } from "./services/redis.ts";
import { startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

/** Of the process's end itself, on a busy machine. */
const SLACK_MS = 1500;

const CASES: readonly (readonly [name: string, drainMs: number, isAnswered: boolean, code: number])[] = [
  ["a call is recorded in the spool and answered", 10_000, true, 0],
  // As on Deno Deploy: Postgres' own deadline is no shorter.
  ["with no time to find another store a call is not answered", 4000, false, 1],
];

for (const [name, drainMs, isAnswered, exitCode] of CASES) {
  Deno.test(`a stop while Postgres is frozen ends within DRAIN_MS: ${name}`, async () => {
    await using postgres = await startPostgres();
    await using redis = await startRedis({ appendonly: true });
    await using server = await startServer({
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      DRAIN_MS: `${drainMs}`,
    });
    const socket = await openSocket(server.socketUrl);
    assert.equal((await socket.call("mcp.tools.list")).result.tools.length, 7);
    postgres.freeze();
    const call = socket.call("mcp.tools.list").then(({ result }) => result !== undefined, () => false);
    const metrics = async () => await (await fetch(`${server.url}/metrics`)).text();
    const arriveMs = performance.now() + 20_000;
    while (!(await metrics()).includes("mcp_calls_in_flight 1\n")) assert(performance.now() < arriveMs, "it arrived");
    const startMs = performance.now();
    server.signal("SIGTERM");
    const { code } = await server.status;
    const tookMs = performance.now() - startMs;
    assert(tookMs < drainMs + SLACK_MS, `it took ${tookMs} ms`);
    assert.equal(await call, isAnswered, server.output());
    assert.equal((await socket.closed).code, 1001);
    assert.equal(code, exitCode, server.output());
    postgres.thaw();
    // Answered means on record: in the spool until a replica moves it.
    await using next = await startServer({ DATABASE_URL: postgres.url, REDIS_URL: redis.url });
    const deadline = performance.now() + 20_000;
    const count = async () => Number(await postgres.psql(["-Atc", "SELECT count(*) FROM audit_logs"]));
    while (isAnswered && await count() < 2) assert(performance.now() < deadline, next.output());
  });
}
