import assert from "node:assert/strict";
import { type AnyClient, type AnyClientKind, CLIENTS } from "./mcp_clients/clients.ts";
import { type Fleet, startFleet } from "./mcp_sessions/fleet.ts";
import { send } from "./mcp_sessions/session.ts";
import { testBeside } from "./services/beside.ts";

// Real clients and three replicas behind a proxy that sticks to none.

let fleet: Fleet;

Deno.test.beforeAll(async () => {
  fleet = await startFleet();
});

Deno.test.afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
});

/** What a client answers when it is asked for a form. */
const FORM = { username: "ada", email: "ada@example.com" };

const TOOLS = ["ctx_get", "ctx_set", "k8s_list_pods", "prom_query_simple", "logs_search", "runbook_preview"];

/** Connects a client to the fleet's proxy. */
async function withClient(
  { connect }: AnyClientKind,
  { proxy }: Fleet,
  run: (client: AnyClient) => Promise<void>,
): Promise<void> {
  const client = await connect(proxy.url, FORM);
  try {
    await run(client);
  } finally {
    await client.close();
    await proxy.hangUp();
  }
}

for (const kind of CLIENTS) {
  const { name, over } = kind;
  testBeside(`${name} lists and calls on replicas in turn, and is on record as what it is`, async () => {
    const { proxy, postgres } = fleet;
    const key = `client:${name.replaceAll(/\W+/g, "-")}`;
    const before = proxy.chosen.length;
    await withClient(kind, fleet, async (client) => {
      assert.deepEqual((await client.listTools()).map((tool) => tool.name), TOOLS);
      const set = await client.call("ctx_set", { key, value: { n: 1 } });
      assert.deepEqual(set.structuredContent, { success: true, key, value: { n: 1 } });
      for (let times = 0; times < 3; times++) {
        const { structuredContent, content } = await client.call("ctx_get", { key });
        assert.deepEqual(structuredContent, { key, value: { n: 1 } });
        assert.deepEqual(JSON.parse(content[0]?.text ?? ""), structuredContent);
      }
      const failed = await client.call("k8s_list_pods", { namespace: "shop" });
      assert.equal(failed.isError, true);
      assert.match(failed.content[0]?.text ?? "", /KUBECONFIG/);
      await assert.rejects(client.call("ctx_gett", {}), { code: -32602 });

      const recorded = await postgres.psql([
        "-Atc",
        `SELECT dialect, transport, client_name, client_version, count(DISTINCT replica) FROM audit_logs
           WHERE method = 'tools/call' AND params::text LIKE '%${key}%' GROUP BY 1, 2, 3, 4`,
      ]);
      const replicas = over === "http" ? 3 : 1;
      assert.equal(recorded.trim(), `${client.dialect}|${over}|tests|2.1.0|${replicas}`);
    });
    const served = new Set(proxy.chosen.slice(before));
    assert.equal(served.size, over === "http" ? 3 : 1);
  });

  testBeside(`${name} reads resources, and hears of a change that another replica made`, async () => {
    const { replicas } = fleet;
    const key = `changed:${name.replaceAll(/\W+/g, "-")}`;
    const uri = `ctx://${encodeURIComponent(key)}`;
    await withClient(kind, fleet, async (client) => {
      assert.match(await client.read("runbook://pod-crash-looping") ?? "", /CrashLoopBackOff/);
      assert((await client.listPrompts()).length >= 4);
      let heard = false;
      const told = Promise.withResolvers<void>();
      await client.subscribe(uri, () => {
        heard = true;
        told.resolve();
      });
      // Clients of the era with sessions open their stream at leisure: what changed before is not told.
      for (let value = 1; !heard && value <= 100; value++) {
        const call = { jsonrpc: "2.0", id: 1, method: "ctx.set", params: { key, value } };
        const { url } = replicas[value % 3] ?? replicas[0];
        await (await send(url, call)).body?.cancel();
        const { promise: again, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, 100);
        await Promise.race([told.promise, again]);
        clearTimeout(timer);
      }
      assert(heard, "a change was told");
      assert.match(await client.read(uri) ?? "", /\d/);
    });
  });

  testBeside(`${name} cancels a call, which ends where it runs`, async () => {
    const { prometheus } = fleet;
    await withClient(kind, fleet, async (client) => {
      const stop = new AbortController();
      const calling = client.call("prom_query_simple", { query: "cancelled" }, { signal: stop.signal });
      const query = await prometheus.next();
      stop.abort("enough");
      await assert.rejects(calling);
      await query.dropped;
      assert.equal((await client.listTools()).length, TOOLS.length, "the client goes on");
    });
  });
}

for (const kind of CLIENTS.filter(({ resumes }) => resumes)) {
  testBeside(`${kind.name} gets the answer to a call whose stream broke, from another replica`, async () => {
    const { proxy, prometheus } = fleet;
    await withClient(kind, fleet, async (client) => {
      // What was asked before is in the cache.
      const metric = `resumed_${kind.name.replaceAll(/\W+/g, "_")}`;
      const resumable = Promise.withResolvers<void>();
      const calling = client.call("prom_query_simple", { query: metric }, { onResumable: resumable.resolve });
      const query = await prometheus.next();
      await resumable.promise;
      const before = proxy.chosen.length;
      proxy.breakStreams("POST");
      query.answer();
      const { structuredContent } = await calling;
      assert.equal((structuredContent as { readonly metric: string }).metric, metric);
      assert(proxy.chosen.length > before, "the client came back by itself");
    });
  });
}

Deno.test("clients see progress, and answer what a server asks, on replicas in turn", async (t) => {
  // The product with tools that do so.
  await using lab = await startFleet({}, "tests/conformance/server.ts");
  for (const kind of CLIENTS) {
    await t.step(kind.name, async () => {
      await withClient(kind, lab, async (client) => {
        const told: number[] = [];
        await client.call("test_tool_with_progress", {}, { onProgress: (progress) => told.push(progress) });
        assert.deepEqual(told, [0, 50, 100]);
        for (let times = 0; times < 3; times++) {
          const { content } = await client.call("test_elicitation", { message: "Who are you?" });
          assert.match(content[0]?.text ?? "", /ada/);
          const sampled = await client.call("test_sampling", { prompt: `Guess ${times}` });
          assert.match(sampled.content[0]?.text ?? "", new RegExp(`A model's words to: Guess ${times}`));
        }
      });
    });
  }
});
