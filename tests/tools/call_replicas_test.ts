import assert from "node:assert/strict";
import { openRedis } from "../../storage/redis/connection.ts";
import { createRedisRateLimiter } from "../../storage/redis/rate_limiter.ts";
import type { CallLimits } from "../../tools/authorizer.ts";
import { ToolError } from "../../tools/error.ts";
import { manualClock } from "../contracts/manual_clock.ts";
import { testBeside } from "../services/beside.ts";
import { type RedisService, startRedis } from "../services/redis.ts";
import { startServer } from "../services/server.ts";
import { openSocket } from "../services/socket.ts";
import { testCallPath, type TestCallPathOptions, testContext, testTool } from "./call_path.ts";

const REPLICAS = 3;
const WINDOW_MS = 60_000;
const ATTEMPTS_MAX = 3;

/** Three call paths, each with its own connection to one Redis. */
async function openReplicas(service: RedisService, options: TestCallPathOptions & { readonly limits?: CallLimits }) {
  const { limits = {}, ...more } = options;
  await using stack = new AsyncDisposableStack();
  const paths = Array.from({ length: REPLICAS }, () => {
    const redis = stack.use(openRedis(service.url, { onState: () => {} }));
    return testCallPath([testTool(() => Promise.resolve("x".repeat(28)))], {
      ...more,
      limiter: createRedisRateLimiter(redis, { replicas: REPLICAS, clock: manualClock() }),
      authorizer: { authorize: () => ({ allowed: true, rule: "ops", limits }) },
    });
  });
  const owned = stack.move();
  return {
    /** Calls at once, spread over the replicas. @returns what each came to: `ok`, or the rule that refused it */
    ask: (calls: number, principal: string) =>
      Promise.all(Array.from({ length: calls }, async (_, index) => {
        const { call } = paths[index % REPLICAS] ?? assert.fail("no replica");
        const context = testContext({ principal: { name: principal, authMethod: "token", roles: [] } });
        try {
          await call({ method: "test.tool", tool: "test.tool", args: {} }, context);
          return "ok";
        } catch (error) {
          assert(error instanceof ToolError && error.kind === "rate_limited", String(error));
          return error.data["rule"];
        }
      })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Does what must lie within one window, which begins with its first call. Where the window has ended meanwhile, on a
 * machine that stood still, it is done anew under another name.
 */
async function withinOneWindow(attempt: (name: string) => Promise<void>): Promise<void> {
  for (let number = 0; number < ATTEMPTS_MAX; number++) {
    const start = performance.now();
    let failure: unknown;
    await attempt(`caller-${number}`).catch((error) => failure = error);
    if (performance.now() - start >= WINDOW_MS) continue;
    if (failure !== undefined) throw failure;
    return;
  }
  assert.fail(`${ATTEMPTS_MAX} times a window ended before its calls`);
}

const count = (results: readonly unknown[], wanted: unknown) => results.filter((result) => result === wanted).length;

Deno.test("with three replicas a limit of N a minute lets N through in a window, not 3N", async () => {
  await using service = await startRedis();
  await using replicas = await openReplicas(service, { rateLimitPerMinute: 20 });
  await withinOneWindow(async (name) => {
    const results = [...await replicas.ask(45, name), ...await replicas.ask(45, name)];
    assert.deepEqual([count(results, "ok"), count(results, "RATE_LIMIT_PER_MINUTE")], [20, 70]);
    assert.equal(await service.cli("KEYS", "*"), `rate_limit:test.tool:${name}`);
    await service.cli("FLUSHALL");
  });
});

Deno.test("with three replicas the limits of a tool and of a principal let N through in a window, and spare others", async () => {
  await using service = await startRedis();
  await using replicas = await openReplicas(service, {
    rateLimitPerMinute: 0,
    principalLimitPerMinute: 20,
    toolLimitPerMinute: 30,
  });
  await withinOneWindow(async (name) => {
    const first = await replicas.ask(60, name);
    assert.deepEqual([count(first, "ok"), count(first, "RATE_LIMIT_PRINCIPAL_PER_MINUTE")], [20, 40]);
    const second = await replicas.ask(60, `${name}-other`);
    assert.deepEqual(
      [
        count(second, "ok"),
        count(second, "RATE_LIMIT_TOOL_PER_MINUTE"),
        count(second, "RATE_LIMIT_PRINCIPAL_PER_MINUTE"),
      ],
      [10, 10, 40],
      "The first caller's refused calls have used up nothing of the tool's limit",
    );
    await service.cli("FLUSHALL");
  });
});

Deno.test("with three replicas a role's limit takes the setting's place", async () => {
  await using service = await startRedis();
  await using replicas = await openReplicas(service, { rateLimitPerMinute: 2, limits: { callsPerMinute: 7 } });
  await withinOneWindow(async (name) => {
    const results = await replicas.ask(30, name);
    assert.deepEqual([count(results, "ok"), count(results, "ops.callsPerMinute")], [7, 23]);
  });
});

Deno.test("replicas share a token budget: it is overshot by no more than what is in flight", async () => {
  await using service = await startRedis();
  // A result of 30 bytes is estimated as 10 tokens.
  await using replicas = await openReplicas(service, { rateLimitPerMinute: 0, limits: { tokensPerHour: 100 } });
  await withinOneWindow(async (name) => {
    let ran = 0;
    for (let round = 0; round < 6; round++) ran += count(await replicas.ask(REPLICAS, name), "ok");
    // 90 are spent after three rounds; the three calls of the fourth find 10 left.
    assert.equal(ran, 12);
    assert.equal(await service.cli("GET", `rate_limit:tokens:${name}`), "120");
    assert.deepEqual(await replicas.ask(2, name), ["ops.tokensPerHour", "ops.tokensPerHour"]);
    assert.deepEqual(await replicas.ask(1, `${name}-other`), ["ok"]);
  });
});

testBeside("three servers let N calls a minute through in a window, not 3N", async () => {
  const limit = 30;
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis());
  const settings = { REDIS_URL: service.url, RATE_LIMIT_PER_MINUTE: `${limit}`, IN_FLIGHT_MAX: "1000" };
  const sockets = await Promise.all(Array.from({ length: REPLICAS }, async () => {
    const { socketUrl } = stack.use(await startServer(settings));
    return stack.use(await openSocket(socketUrl));
  }));
  const tools = ["mcp.tools.list", "ctx.get", "runbook.preview"];
  await withinOneWindow(async (name) => {
    const tool = tools.find((candidate) => name.endsWith(`${tools.indexOf(candidate)}`)) ?? assert.fail(name);
    const ask = async (socket: (typeof sockets)[number]) => (await socket.call(tool, {})).error?.code ?? "ok";
    const codes = await Promise.all(sockets.flatMap((socket) => Array.from({ length: limit }, () => ask(socket))));
    assert.equal(codes.length, REPLICAS * limit);
    assert.equal(codes.filter((code) => code !== -32005).length, limit);
  });
});
