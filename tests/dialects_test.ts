import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { HOUSE_CODES } from "../server/house_errors.ts";
import { listedTools } from "../tools/listed_tools.ts";
import { startHeldPrometheus } from "./services/held_prometheus.ts";
import { startKubernetesApi } from "./services/kubernetes.ts";
import { startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

// The same tool with the same arguments gives the same, whatever the dialect.

/** What a call came to: its result, or why there is none. */
type Outcome =
  | { readonly result: unknown }
  | { readonly kind: string; readonly message: string; readonly hint: unknown; readonly data: unknown };

interface Dialect {
  readonly name: string;
  call(tool: string, args: unknown): Promise<Outcome>;
  close(): Promise<void>;
}

/** Members that are of one call alone: its incident, and how long a limit has still to go. */
const OF_ONE_CALL = ["incident", "retryAfterMs"];

function without(data: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !OF_ONE_CALL.includes(name)));
}

async function house(socketUrl: string): Promise<Dialect> {
  const socket = await openSocket(socketUrl);
  return {
    name: "house",
    async call(name, args) {
      const { result, error } = await socket.call("mcp.tools.call", { name, args });
      if (!error) return { result };
      const { kind, hint, ...data } = error.data;
      assert.equal(error.code, HOUSE_CODES[kind as keyof typeof HOUSE_CODES]);
      return { kind, message: error.message, hint, data: without(data) };
    },
    close: async () => await socket[Symbol.asyncDispose](),
  };
}

async function official(url: string, name: string, pin: string | undefined): Promise<Dialect> {
  const options = pin === undefined ? {} : { versionNegotiation: { mode: { pin } } };
  const client = new Client({ name: "tests", version: "1" }, options);
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  return {
    name,
    async call(tool, args) {
      try {
        const { structuredContent, content, isError, _meta } = await client.callTool({
          name: tool.replaceAll(".", "_"),
          arguments: args as Record<string, unknown>, // What is not valid is refused by the server.
        });
        const [first] = content;
        const text = first?.type === "text" ? first.text : "";
        if (!isError) {
          // What others wrote stands in an envelope.
          const inner =
            /^Between the marks (?<id>[0-9a-f]{12}) .*\n<untrusted-data id="\k<id>">\n(.*)\n<\/untrusted-data id="\k<id>">$/s
              .exec(text)?.[2];
          assert.equal(inner !== undefined, _meta?.["mcp-ops/untrusted"] !== undefined);
          assert.deepEqual(JSON.parse(inner ?? text), structuredContent);
          return { result: structuredContent };
        }
        const { kind, hint, ...data } = _meta?.["mcp-ops/error"] as Record<string, unknown>;
        const message = hint === undefined ? text : text.slice(0, -`\n${hint}`.length);
        return { kind: String(kind), message, hint, data: without(data) };
      } catch (error) {
        // An unknown tool is an error of the protocol.
        const { code, message, data } = error as { code: number; message: string; data: Record<string, unknown> };
        assert.equal(code, -32602);
        const { kind, hint, ...more } = data;
        return { kind: String(kind), message: message.replace(/^MCP error -32602: /, ""), hint, data: without(more) };
      }
    },
    close: () => client.close(),
  };
}

async function inEveryDialect(
  server: { readonly url: string; readonly socketUrl: string },
  run: (dialects: readonly Dialect[]) => Promise<void>,
): Promise<void> {
  const dialects = await Promise.all([
    house(server.socketUrl),
    official(server.url, "official, 2025-11-25", undefined),
    official(server.url, "official, 2026-07-28", "2026-07-28"),
  ]);
  try {
    await run(dialects);
  } finally {
    for (const dialect of dialects) await dialect.close();
  }
}

/** Calls in each dialect in turn. @returns what all of them gave */
async function agree(dialects: readonly Dialect[], tool: string, args: unknown): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const dialect of dialects) outcomes.push(await dialect.call(tool, args));
  const [first, ...others] = outcomes;
  assert(first);
  for (const [place, other] of others.entries()) assert.deepEqual(other, first, dialects[place + 1]?.name ?? "");
  return first;
}

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

const REFUSALS: readonly (readonly [kind: string, tool: string, args: unknown])[] = [
  ["invalid_params", "ctx.get", {}],
  ["invalid_params", "ctx.get", { key: 5, extra: true }],
  ["invalid_params", "prom.query_simple", { query: "up{" }],
  ["unknown_tool", "nothing", {}],
  ["not_found", "runbook.preview", { runbook_id: "pod-crash-loping" }],
  ["not_found", "k8s.list_pods", { namespace: "mcp-labb" }],
  ["invalid_params", "k8s.list_pods", { namespace: "mcp-lab", limit: 1, continue: "expired" }],
];

Deno.test("every tool and every refusal is the same in both dialects and both eras", async (t) => {
  await using kubernetes = await startKubernetesApi();
  await using prometheus = startHeldPrometheus();
  await using server = await startServer({
    KUBECONFIG: kubernetes.kubeconfigPath,
    PROMETHEUS_URL: prometheus.url,
  });
  prometheus.answerAll();
  await inEveryDialect(server, async (dialects) => {
    for (const [tool, args, holds] of RESULTS) {
      await t.step(`${tool} ${JSON.stringify(args)}`, async () => {
        const outcome = await agree(dialects, tool, args);
        assert("result" in outcome, JSON.stringify(outcome));
        assert.match(JSON.stringify(outcome.result), holds);
      });
    }
    for (const [kind, tool, args] of REFUSALS) {
      await t.step(`${kind}: ${tool} ${JSON.stringify(args)}`, async () => {
        const outcome = await agree(dialects, tool, args);
        assert("kind" in outcome, JSON.stringify(outcome));
        assert.equal(outcome.kind, kind);
      });
    }
  });
  await t.step("the table has every tool of the catalogue but the list itself", () => {
    const names = listedTools(["core"]).map(({ name }) => name);
    assert.deepEqual(names.filter((name) => !RESULTS.some(([tool]) => tool === name)), ["mcp.tools.list"]);
  });
});

Deno.test("what is not configured, limited or too slow is refused alike", async (t) => {
  await using kubernetes = await startKubernetesApi();
  await using prometheus = startHeldPrometheus();
  // What the recorded cluster allows its service account is less than what it allows its admin.
  const account = {
    KUBE_API_URL: kubernetes.url,
    KUBE_TOKEN: kubernetes.token,
    KUBE_CA: kubernetes.certificates.authority,
  };
  const cases: readonly (readonly [kind: string, settings: Record<string, string>, tool: string, args: unknown])[] = [
    ["unavailable", {}, "k8s.list_pods", { namespace: "mcp-lab" }],
    ["unavailable", { PROMETHEUS_URL: "http://127.0.0.1:1" }, "prom.query_simple", { query: "up" }],
    ["forbidden", account, "k8s.list_pods", { namespace: "kube-system" }],
    ["audit_unavailable", { DATABASE_URL: "postgres://a:b@127.0.0.1:1/none", AUDIT_OUTAGE: "refuse" }, "ctx.get", {
      key: "a",
    }],
    ["timeout", { TOOL_TIMEOUT_MS: "100", PROMETHEUS_URL: prometheus.url }, "prom.query_simple", { query: "held" }],
    ["rate_limited", { RATE_LIMIT_PER_MINUTE: "1" }, "ctx.get", { key: "a" }],
  ];
  for (const [kind, settings, tool, args] of cases) {
    await t.step(`${kind}: ${tool}`, async () => {
      await using server = await startServer(settings);
      await inEveryDialect(server, async (dialects) => {
        if (kind === "rate_limited") await dialects[0]?.call(tool, args);
        const outcome = await agree(dialects, tool, args);
        assert("kind" in outcome, JSON.stringify(outcome));
        assert.equal(outcome.kind, kind);
      });
    });
  }
});
