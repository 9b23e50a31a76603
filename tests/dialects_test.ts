import assert from "node:assert/strict";
import { HOUSE_CODES } from "../server/house_errors.ts";
import { listedTools } from "../tools/listed_tools.ts";
import { agree, agreeOn, inEveryDialect, type Outcome } from "./dialects/dialect.ts";
import { startGuardedEdge } from "./server/auth/guard.ts";
import { startEdge } from "./server/edge.ts";
import { startHeldPrometheus } from "./services/held_prometheus.ts";
import { startKubernetesApi } from "./services/kubernetes.ts";
import { startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";
import { testTool } from "./tools/call_path.ts";

// The same tool with the same arguments gives the same, whatever the dialect.

const RESULTS: readonly (readonly [tool: string, args: unknown, holds: RegExp])[] = [
  ["ctx.set", { key: "dialects", value: { text: "grüße \ud83d\ude00", list: [1, null, true, 1.5] } }, /grüße/],
  ["ctx.get", { key: "dialects" }, /1\.5/],
  ["ctx.get", { key: "absent" }, /null/],
  ["k8s.list_pods", { namespace: "mcp-lab" }, /ready/],
  ["k8s.list_pods", { namespace: "mcp-lab", limit: 2 }, /truncated/],
  ["prom.query_simple", { query: "up" }, /labels/],
  ["logs.search", { namespace: "mcp-lab", limit: 5 }, /matched/],
  ["runbook.preview", { runbook_id: "pod-crash-looping" }, /steps/],
];

/** A token of a list that has changed since. */
const EXPIRED = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Nzk4LCJzdGFydCI6Ii9jb250YWluZXItY3JlYXRpbmdcdTAwMDAifQ";

const REFUSALS: readonly (readonly [kind: string, tool: string, args: unknown])[] = [
  ["invalid_params", "ctx.get", {}],
  ["invalid_params", "ctx.get", { key: 5, extra: true }],
  ["invalid_params", "prom.query_simple", { query: "up{" }],
  ["unknown_tool", "nothing", {}],
  ["not_found", "runbook.preview", { runbook_id: "pod-crash-loping" }],
  ["not_found", "k8s.list_pods", { namespace: "mcp-labb" }],
  ["invalid_params", "k8s.list_pods", { namespace: "mcp-lab", limit: 1, continue: "expired" }],
  ["conflict", "k8s.list_pods", { namespace: "mcp-lab", limit: 3, continue: EXPIRED }],
];

function assertRefused(outcome: Outcome, kind: string): void {
  assert("kind" in outcome, JSON.stringify(outcome));
  assert.equal(outcome.kind, kind);
}

Deno.test("every tool and every refusal is the same in both dialects and both eras", async (t) => {
  await using kubernetes = await startKubernetesApi();
  await using prometheus = startHeldPrometheus();
  await using server = await startServer({
    KUBECONFIG: kubernetes.kubeconfigPath,
    PROMETHEUS_URL: prometheus.url,
  });
  prometheus.answerAll();
  await inEveryDialect(server, "http", async (dialects) => {
    for (const [tool, args, holds] of RESULTS) {
      await t.step(`${tool} ${JSON.stringify(args)}`, async () => {
        const outcome = await agree(dialects, tool, args);
        assert("result" in outcome, JSON.stringify(outcome));
        assert.match(JSON.stringify(outcome.result), holds);
      });
    }
    for (const [kind, tool, args] of REFUSALS) {
      await t.step(`${kind}: ${tool} ${JSON.stringify(args)}`, async () => {
        assertRefused(await agree(dialects, tool, args), kind);
      });
    }
  });
  await t.step("the table has every tool of the catalogue but the list itself", async () => {
    const names = (await listedTools(["core"])).map(({ name }) => name);
    assert.deepEqual(names.filter((name) => !RESULTS.some(([tool]) => tool === name)), ["mcp.tools.list"]);
  });
});

/** Servers that refuse by what they are set to; `HELD`, `CLUSTER`, `RUNBOOKS` stand for what the test has started. */
const SETTINGS: readonly (readonly [kind: string, settings: Record<string, string>, tool: string, args: unknown])[] = [
  ["unavailable", {}, "k8s.list_pods", { namespace: "mcp-lab" }],
  ["unavailable", { PROMETHEUS_URL: "http://127.0.0.1:1" }, "prom.query_simple", { query: "up" }],
  // What the recorded cluster allows its service account is less than what it allows its admin.
  ["forbidden", { KUBE_API_URL: "CLUSTER" }, "k8s.list_pods", { namespace: "kube-system" }],
  ["audit_unavailable", { DATABASE_URL: "postgres://a:b@127.0.0.1:1/none", AUDIT_OUTAGE: "refuse" }, "ctx.get", {
    key: "a",
  }],
  ["timeout", { TOOL_TIMEOUT_MS: "100", PROMETHEUS_URL: "HELD" }, "prom.query_simple", { query: "held" }],
  ["rate_limited", { RATE_LIMIT_PER_MINUTE: "1" }, "ctx.get", { key: "a" }],
  ["tool_failed", { RUNBOOK_DIR: "RUNBOOKS" }, "runbook.preview", { runbook_id: "folder" }],
];

Deno.test("what is not configured, limited, broken or too slow is refused alike", async (t) => {
  await using kubernetes = await startKubernetesApi();
  await using prometheus = startHeldPrometheus();
  const runbooks = await Deno.makeTempDir({ prefix: "mcp-dialects-" });
  await Deno.mkdir(`${runbooks}/folder.md`);
  const { url, token, certificates: { authority } } = kubernetes;
  const started: Readonly<Record<string, Record<string, string>>> = {
    HELD: { PROMETHEUS_URL: prometheus.url },
    CLUSTER: { KUBE_API_URL: url, KUBE_TOKEN: token, KUBE_CA: authority },
    RUNBOOKS: { RUNBOOK_DIR: runbooks },
  };
  for (const [kind, settings, tool, args] of SETTINGS) {
    await t.step(`${kind}: ${tool}`, async () => {
      const given = Object.assign({}, settings, ...Object.values(settings).map((value) => started[value]));
      await using server = await startServer(given);
      await inEveryDialect(server, "http", async (dialects) => {
        if (kind === "rate_limited") await dialects[0]?.call(tool, args);
        assertRefused(await agree(dialects, tool, args), kind);
      });
    });
  }
  await Deno.remove(runbooks, { recursive: true });
});

Deno.test("overloaded: a connection with as many calls in flight as it may have is refused one more alike", async () => {
  await using prometheus = startHeldPrometheus();
  await using server = await startServer({ IN_FLIGHT_MAX: "1", PROMETHEUS_URL: prometheus.url });
  await inEveryDialect(server, "socket", async (dialects) => {
    const outcome = await agreeOn(dialects, async (dialect) => {
      // What was asked before is in the cache.
      const held = dialect.call("prom.query_simple", { query: `held_${dialects.indexOf(dialect)}` });
      const query = await prometheus.next();
      const refused = await dialect.call("ctx.get", { key: "a" });
      query.answer();
      assert("result" in await held);
      return refused;
    });
    assertRefused(outcome, "overloaded");
  });
});

Deno.test("cancelled: a caller that goes away ends its call, and is on record alike", async () => {
  await using prometheus = startHeldPrometheus();
  await using server = await startServer({ PROMETHEUS_URL: prometheus.url });
  const ended: unknown[] = [];
  await inEveryDialect(server, "socket", async (dialects) => {
    for (const dialect of dialects) {
      const query = `gone_${dialects.indexOf(dialect)}`;
      const calling = assert.rejects(dialect.call("prom.query_simple", { query }), /closed/);
      const { dropped } = await prometheus.next();
      await dialect.close();
      await Promise.all([calling, dropped]);
      ended.push(await recordOf(server.socketUrl, query));
    }
  });
  const [first, ...others] = ended;
  assert.deepEqual(first, { tool: "prom.query_simple", outcome: "cancelled", errorCode: HOUSE_CODES.cancelled });
  for (const other of others) assert.deepEqual(other, first);
});

/** What the audit log says of the call with a query, once it is there. @throws after 20 s */
async function recordOf(socketUrl: string, query: string): Promise<unknown> {
  await using socket = await openSocket(socketUrl, ["mcp"]);
  const clientInfo = { name: "tests", version: "1" };
  await socket.call("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  for (const deadline = performance.now() + 20_000; performance.now() < deadline;) {
    const { result } = await socket.call("resources/read", { uri: "audit://recent" });
    const { records }: { records: Record<string, unknown>[] } = JSON.parse(result.contents[0].text);
    const record = records.find(({ params }) => JSON.stringify(params).includes(query));
    if (record) return { tool: record["tool"], outcome: record["outcome"], errorCode: record["errorCode"] };
  }
  throw new Error(`No record of ${query}`);
}

Deno.test("internal: a fault of a tool is told alike, without its words", async () => {
  // The product has no tool that is known to be wrong.
  const faulty = testTool(() => Promise.reject(new TypeError("Inner words")), { name: "test.faulty" });
  await using edge = await startEdge({ tools: [faulty] });
  await inEveryDialect(edge, "socket", async (dialects) => {
    const outcome = await agree(dialects, "test.faulty", {});
    assertRefused(outcome, "internal");
    assert.doesNotMatch(JSON.stringify(outcome), /Inner words/);
  });
});

Deno.test("unauthenticated: a connection whose credential has ended is refused alike", async () => {
  await using edge = await startGuardedEdge();
  const caller = { url: edge.url, socketUrl: edge.socketUrl, headers: { authorization: "Bearer right" } };
  await inEveryDialect(caller, "socket", async (dialects) => {
    assert.deepEqual(await agree(dialects, "test.echo", {}), { result: { text: "" } });
    edge.standing.set("alice-1", false);
    assertRefused(await agree(dialects, "test.echo", {}), "unauthenticated");
  });
});

Deno.test("every kind of failure is among these tests, but the question that only the official dialect can ask", () => {
  const tested = [...REFUSALS, ...SETTINGS].map(([kind]) => kind);
  tested.push("overloaded", "cancelled", "internal", "unauthenticated");
  assert.deepEqual(Object.keys(HOUSE_CODES).filter((kind) => !tested.includes(kind)), ["unanswered"]);
});
