import assert from "node:assert/strict";
import { openHouse, openOfficial, openPost, openSdkHttp, openSdkSocket } from "./rolling_restart/callers.ts";
import { startLoad } from "./rolling_restart/load.ts";
import { startHeldPrometheus } from "./services/held_prometheus.ts";
import { startPostgres } from "./services/postgres.ts";
import { freePort } from "./services/process.ts";
import { startRoundRobin } from "./services/proxy.ts";
import { startRedis } from "./services/redis.ts";
import { startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

/** The proxy asks sixteen times in it. */
const DRAIN_DELAY_MS = 400;
const READY_EVERY_MS = 25;
/** A client's rest between two calls while a replica starts: that takes a processor, and calls are lost where one stops. */
const REST_MS = 20;

const CLIENTS = {
  ...{ "house-1": openHouse, "house-2": openHouse, "house-3": openHouse },
  ...{ "official-1": openOfficial, "official-2": openOfficial, "official-3": openOfficial },
  ...{ "sdk-socket-1": openSdkSocket, "sdk-socket-2": openSdkSocket, "sdk-socket-3": openSdkSocket },
  ...{ "post-1": openPost, "post-2": openPost },
  "sdk-http": openSdkHttp,
};

Deno.test({
  name: "a rolling restart of three replicas under load: no answered call is lost, no client meets an error but 1001",
  // The SDK's clients leave timers of their reconnecting streams to be collected.
  sanitizeOps: false,
  async fn() {
    await using stack = new AsyncDisposableStack();
    const redis = stack.use(await startRedis({ appendonly: true }));
    const prometheus = stack.use(startHeldPrometheus());
    const postgres = stack.use(await startPostgres());
    const ports = [await freePort(), await freePort(), await freePort()];
    const start = (port: number, place: number) =>
      startServer({
        ...{ PORT: `${port}`, REPLICA: `replica-${place + 1}`, REPLICAS: "3", RATE_LIMIT_PER_MINUTE: "0" },
        PROMETHEUS_URL: prometheus.url,
        ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, DRAIN_DELAY_MS: `${DRAIN_DELAY_MS}` },
        SESSION_KEY: "a key that the replicas of this test share",
      });
    const replicas = await Promise.all(ports.map(start));
    stack.defer(async () => {
      for (const replica of replicas) await replica[Symbol.asyncDispose]();
    });
    const proxy = stack.use(startRoundRobin(replicas.map(({ url }) => url), { readyEveryMs: READY_EVERY_MS }));
    for (const place of ports.keys()) await proxy.inRotation(place, true);
    const load = await startLoad(proxy.url, CLIENTS);
    await load.answers(20);

    for (const [place, port] of ports.entries()) {
      const replica = replicas[place];
      assert(replica);
      // A call that takes long keeps the replica draining, while every other client goes on elsewhere.
      const socket = await openSocket(replica.socketUrl);
      // Each time another one: answers are cached.
      const query = `up + ${place}`;
      const slow = socket.call("prom.query_simple", { query });
      // What fails first is told, not what it brings about.
      slow.catch(() => {});
      const held = await prometheus.next();
      load.rest(0);
      replica.signal("SIGTERM");
      await proxy.inRotation(place, false);
      await replica.printed("Stopping: ");
      await load.answers(10);
      held.answer();
      assert.equal((await slow).result.metric, query);
      assert.equal((await socket.closed).code, 1001);
      assert.equal((await replica.status).code, 0, replica.output());
      await replica[Symbol.asyncDispose]();
      load.rest(REST_MS);
      replicas[place] = await start(port, place);
      await proxy.inRotation(place, true);
      await load.answers(10);
    }
    const closeCodes = [...proxy.closeCodes];
    await load[Symbol.asyncDispose]();

    for (const { name, errors, closes, answered } of load.accounts) {
      assert.deepEqual(errors, [], `${name}, ${answered.length} answers`);
      const isSocket = !/^(post|sdk-http)/.test(name);
      // Each socket's replica was restarted, whichever it was.
      assert(isSocket ? closes >= 1 : closes === 0, `${name} was closed ${closes} times`);
    }
    assert.deepEqual([...new Set(closeCodes)], [1001]);
    const answered = load.accounts.flatMap(({ answered }) => answered);
    const recorded = await postgres.psql([
      "-Atc",
      "SELECT params::jsonb->>'key' FROM audit_logs WHERE tool_name = 'ctx.get' AND outcome = 'ok'",
    ]);
    const keys = recorded.trimEnd().split("\n");
    const known = new Set(keys);
    assert.deepEqual(answered.filter((key) => !known.has(key)), [], `of ${answered.length} answered`);
    assert.equal(keys.length, known.size, "nothing is recorded twice");
  },
});
