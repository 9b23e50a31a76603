import assert from "node:assert/strict";
import { startRedis } from "../../services/redis.ts";
import { startServer } from "../../services/server.ts";

const REPLICAS = 3;
const WRITERS = 50;
const ROUNDS = 5;

Deno.test("on three replicas, of 50 writers at once exactly one wins each version; no increment and no item is lost", async (t) => {
  await using redis = await startRedis();
  await using stack = new AsyncDisposableStack();
  const settings = { REDIS_URL: redis.url, REPLICAS: "3", TOOLSETS: "ctx", RATE_LIMIT_PER_MINUTE: "0" };
  const replicas = await Promise.all(
    Array.from({ length: REPLICAS }, async () => stack.use(await startServer(settings))),
  );
  const call = async (replica: number, method: string, params: unknown) => {
    const response = await fetch(`${replicas[replica % REPLICAS]?.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return await response.json();
  };
  const all = <T>(ask: (writer: number) => Promise<T>) =>
    Promise.all(Array.from({ length: WRITERS }, (_, writer) => ask(writer)));

  for (let version = 0; version < ROUNDS; version++) {
    await t.step(`version ${version}`, async () => {
      const replies = await all((writer) =>
        call(writer, "ctx.set", { key: "leader", value: { writer, version }, expected_version: version })
      );
      const winners = replies.filter(({ result }) => result);
      assert.equal(winners.length, 1);
      assert.equal(winners[0].result.version, version + 1);
      for (const { error } of replies.filter(({ error }) => error)) {
        assert.deepEqual([error.code, error.data.kind, error.data.version], [-32009, "conflict", version + 1]);
        assert.deepEqual(error.data.value, winners[0].result.value);
      }
    });
  }

  await t.step("increments", async () => {
    const replies = await all((writer) => call(writer, "ctx.increment", { key: "count", by: 2 }));
    const values = replies.map(({ result, error }) => result?.value ?? assert.fail(JSON.stringify(error)));
    assert.deepEqual(values.sort((a, b) => a - b), Array.from({ length: WRITERS }, (_, i) => 2 * (i + 1)));
  });

  await t.step("items", async () => {
    await all((writer) => call(writer, "ctx.append", { key: "list", item: writer }));
    const { result } = await call(0, "ctx.get", { key: "list" });
    assert.deepEqual(
      result.value.toSorted((a: number, b: number) => a - b),
      Array.from({ length: WRITERS }, (_, i) => i),
    );
  });
});
