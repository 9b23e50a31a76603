import assert from "node:assert/strict";
import { createApiKey } from "../../../server/auth/token/api_key.ts";
import { testBeside } from "../../services/beside.ts";
import { type RedisService, startRedis } from "../../services/redis.ts";
import { type ServerService, startServer } from "../../services/server.ts";

const KEYS_MAX = 10;
const keys = { "alice": createApiKey(), "alice@a": createApiKey(), "carol": createApiKey() };
type Caller = keyof typeof keys;

let closing: AsyncDisposableStack;
let redis: RedisService;
let replicas: readonly ServerService[];

Deno.test.beforeAll(async () => {
  closing = new AsyncDisposableStack();
  redis = closing.use(await startRedis());
  const folder = await Deno.makeTempDir({ prefix: "replicas_" });
  closing.defer(() => Deno.remove(folder, { recursive: true }));
  const tokens = Object.entries(keys).map(([name, { id, sha256 }]) => ({ id, name, sha256, roles: ["operator"] }));
  await Deno.writeTextFile(`${folder}/tokens.json`, JSON.stringify({ tokens }));
  const settings = {
    ...{ REDIS_URL: redis.url, REPLICAS: "3", AUTH_MODE: "token", TOKENS_FILE: `${folder}/tokens.json` },
    ...{ CTX_SCOPE: "principal", CTX_KEYS_MAX: `${KEYS_MAX}` },
  };
  replicas = await Promise.all(Array.from({ length: 3 }, async () => closing.use(await startServer(settings))));
});

Deno.test.afterAll(() => closing.disposeAsync());

/** Calls one of the replicas. @returns the reply's `result` or `error` */
async function call(replica: number, caller: Caller, method: string, params: unknown) {
  const response = await fetch(`${replicas[replica % 3]?.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${keys[caller].key}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = await response.json();
  return result ?? { status: response.status, ...error };
}

testBeside("what a principal sets at one replica it reads at the others, and nobody else does", async () => {
  await call(0, "alice", "ctx.set", { key: "a/b", value: "alice's" });
  await call(1, "alice@a", "ctx.set", { key: "b", value: "the other's" });
  for (const replica of [0, 1, 2]) {
    assert.deepEqual(await call(replica, "alice", "ctx.get", { key: "a/b" }), { key: "a/b", value: "alice's" });
    assert.deepEqual(await call(replica, "alice@a", "ctx.get", { key: "b" }), { key: "b", value: "the other's" });
    for (const key of ["a/b", "alice/a/b", "alice%40a/b", "../alice/a/b", "..%2Falice%2Fa%2Fb"]) {
      assert.deepEqual(await call(replica, "carol", "ctx.get", { key }), { key, value: null });
    }
  }
  assert.deepEqual((await redis.cli("KEYS", "ctx:*")).split("\n").sort(), ["ctx:alice%40a/b", "ctx:alice/a/b"]);
});

testBeside(
  "with three replicas a principal has as many keys as the quota says, and not three times as many",
  async () => {
    const replies = await Promise.all(
      Array.from(
        { length: 3 * KEYS_MAX },
        (_, index) => call(index, "carol", "ctx.set", { key: `k${index}`, value: 1 }),
      ),
    );
    const refused = replies.filter(({ success }) => !success);
    assert.equal(refused.length, 2 * KEYS_MAX);
    for (const { status, code, message, data } of refused) {
      assert.deepEqual([status, code], [403, -32003]);
      assert.match(message, /^carol may have 10 context values, and this write would make it 11$/);
      assert.deepEqual(
        { kind: data.kind, rule: data.rule, used: data.used, max: data.max },
        { kind: "forbidden", rule: "CTX_KEYS_MAX", used: KEYS_MAX + 1, max: KEYS_MAX },
      );
    }
    assert.equal((await redis.cli("KEYS", "ctx:carol/*")).split("\n").length, KEYS_MAX);
    assert.equal((await call(0, "alice", "ctx.set", { key: "mine", value: 1 })).success, true);
  },
);
