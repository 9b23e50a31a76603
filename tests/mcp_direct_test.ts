import assert from "node:assert/strict";
import { cancelledOn, startPair } from "./mcp_direct/pair.ts";
import {
  BOTH,
  call,
  GET,
  inBothEras,
  latest,
  legacy,
  LEGACY_VERSIONS,
  message,
  META,
  type Post,
  withMeta,
} from "./mcp_direct/requests.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS, startServer } from "./services/server.ts";
import { startHeldPrometheus } from "./services/held_prometheus.ts";
import { startKubernetesApi } from "./services/kubernetes.ts";
import { startService } from "./services/process.ts";

// Replies of the direct way are the SDK's: two servers differ in MCP_DIRECT alone, and are asked the same.

const without = (name: string): Readonly<Record<string, string>> => {
  const { [name]: _, ...rest } = latest("tools/call", GET).headers as Record<string, string>;
  return rest;
};

const CALLS: readonly (readonly [tool: string, args: unknown, holds: RegExp])[] = [
  ["ctx_set", { key: "direct", value: { text: "grüße \ud83d\ude00\u2028", list: [1, null, true, 1.5e300] } }, /grüße/],
  ["ctx_get", { key: "direct" }, /1\.5e\+300/],
  ["ctx.get", { key: "direct" }, /1\.5e\+300/],
  ["mcp_tools_list", undefined, /k8s\.list_pods/],
  ["k8s_list_pods", { namespace: "mcp-lab" }, /ready/],
  ["k8s_list_pods", { namespace: "mcp-lab", limit: 2 }, /truncated/],
  ["prom_query_simple", { query: "up" }, /untrusted-data/],
  ["logs_search", { namespace: "mcp-lab", limit: 5 }, /untrusted-data/],
  ["runbook_preview", { runbook_id: "pod-crash-looping" }, /steps/],
  ["ctx_get", undefined, /invalid_params/],
  ["ctx_get", { key: 5, extra: true }, /invalid_params/],
  ["prom_query_simple", { query: "up{" }, /invalid_params/],
  ["ctx_gett", {}, /-32602.*unknown_tool/],
  ["toString", {}, /-32602.*unknown_tool/],
  ["runbook_preview", { runbook_id: "pod-crash-loping" }, /not_found/],
  ["k8s_list_pods", { namespace: "mcp-labb" }, /not_found/],
];

/** Messages that the direct way takes, beside the calls. */
const TAKEN: readonly (readonly [name: string, post: Post])[] = [
  ...["tools/list", "ping"].flatMap((method) =>
    LEGACY_VERSIONS.map((version) =>
      [`${method} ${version}`, legacy(method, undefined, { "mcp-protocol-version": version })] as const
    )
  ),
  ["ping without a version", legacy("ping")],
  ["ping with empty params", legacy("ping", {})],
  ["ping for JSON alone", legacy("ping", {}, { accept: "application/json" })],
  ["ping for anything", legacy("ping", {}, { accept: "*/*" })],
  ["ping with a text for an id", legacy("ping", {}, {}, { id: 'a"\n\u2028' })],
  ["ping with the id 0", legacy("ping", {}, {}, { id: 0 })],
  ["ping with a charset", legacy("ping", {}, { "content-type": "application/json; charset=utf-8" })],
  ["tools/list", latest("tools/list")],
  ["server/discover", latest("server/discover")],
  ["server/discover with a session", latest("server/discover", {}, { "mcp-session-id": "any" })],
  ["server/discover for a page", latest("server/discover", {}, { accept: "text/html" })],
  [
    "capabilities",
    latest(
      "tools/call",
      withMeta({
        [`${META}clientCapabilities`]: {
          roots: { listChanged: true },
          sampling: { tools: {} },
          elicitation: { form: {}, url: {} },
        },
      }),
    ),
  ],
  ["no client named", latest("tools/call", withMeta({ [`${META}clientInfo`]: undefined }))],
  ["members of others in _meta", latest("tools/call", withMeta({ other: { a: 1 }, "x/y": null }))],
  [
    "an idempotency key",
    latest("tools/call", withMeta({ idempotencyKey: "direct-1" }, call("ctx_set", { key: "i", value: 1 }))),
  ],
  [
    "an idempotency key again",
    latest("tools/call", withMeta({ idempotencyKey: "direct-1" }, call("ctx_set", { key: "i", value: 1 }))),
  ],
  [
    "an idempotency key that is none",
    latest("tools/call", withMeta({ idempotencyKey: 5 }, call("ctx_set", { key: "i", value: 1 }))),
  ],
  [
    "a trace",
    latest("tools/call", withMeta({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" })),
  ],
];

/** Messages that are left to the SDK. */
const LEFT: readonly (readonly [name: string, post: Post])[] = [
  ["an unknown method", legacy("tools/none")],
  ["an unknown method of the latest era", latest("tools/none")],
  ["ping of the latest era", latest("ping")],
  ["server/discover of the handshake era", legacy("server/discover")],
  ["a method of an object", legacy("tools/toString")],
  ["prompts", latest("prompts/list")],
  ["a notification", { body: { jsonrpc: "2.0", method: "notifications/initialized" }, headers: BOTH }],
  ["a response", {
    body: { jsonrpc: "2.0", id: 1, result: {} },
    headers: { ...BOTH, "mcp-protocol-version": "2025-11-25" },
  }],
  ["a batch", { body: [message("ping")], headers: { ...BOTH, "mcp-protocol-version": "2025-11-25" } }],
  ["no version of JSON-RPC", legacy("ping", {}, {}, { jsonrpc: "1.0" })],
  ["null for an id", legacy("ping", {}, {}, { id: null })],
  ["a fraction for an id", legacy("ping", {}, {}, { id: 1.5 })],
  ["an object for an id", legacy("ping", {}, {}, { id: {} })],
  ["a member more", legacy("ping", {}, {}, { more: 1 })],
  ["a list for params", legacy("tools/call", [])],
  ["null for params", legacy("tools/list", null)],
  ["null for _meta", legacy("tools/call", { ...GET, _meta: null })],
  ["no name", legacy("tools/call", { arguments: {} })],
  ["a number for a name", legacy("tools/call", { name: 5 })],
  ["a name that no header could carry", legacy("tools/call", call("ctx get\n", {}))],
  ["a list for arguments", legacy("tools/call", call("ctx_get", []))],
  ["null for arguments", legacy("tools/call", call("ctx_get", null))],
  ["a prototype in the arguments", {
    body:
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ctx_get","arguments":{"key":"a","__proto__":{}}}}',
    headers: BOTH,
  }],
  ["a token of progress", latest("tools/call", withMeta({ progressToken: 1 }))],
  ["a level of the log", latest("tools/call", withMeta({ [`${META}logLevel`]: "debug" }))],
  ["a wrong level of the log", latest("tools/call", withMeta({ [`${META}logLevel`]: "loud" }))],
  ["a trace that is no text", latest("tools/call", withMeta({ traceparent: 5 }))],
  ["answers", latest("tools/call", { ...GET, inputResponses: {} })],
  ["a forged state", latest("tools/call", { ...GET, requestState: "forged" })],
  ["a task", legacy("tools/call", { ...GET, task: {} })],
  ["a cursor that no page gave", legacy("tools/list", { cursor: "none" })],
  ["a cursor that no page gave, in the latest era", latest("tools/list", { cursor: "none" })],
  ["a number for a cursor", latest("tools/list", { cursor: 5 })],
  ["a page after the last", latest("tools/list", { cursor: "Y3R4LmdldA" })],
  ["an unknown version", legacy("ping", {}, { "mcp-protocol-version": "1999-01-01" })],
  ["streams alone", legacy("ping", {}, { accept: "text/event-stream" })],
  ["another type of content", legacy("ping", {}, { "content-type": "application/json;x=1" })],
  ["an envelope without its header", {
    body: latest("tools/call", GET).body,
    headers: without("mcp-protocol-version"),
  }],
  ["no method in the headers", { body: latest("tools/call", GET).body, headers: without("mcp-method") }],
  ["no name in the headers", { body: latest("tools/call", GET).body, headers: without("mcp-name") }],
  ["another method in the headers", latest("tools/call", GET, { "mcp-method": "tools/list" })],
  ["another name in the headers", latest("tools/call", GET, { "mcp-name": "ctx_set" })],
  ["a name in base64 in the headers", latest("tools/call", GET, { "mcp-name": "=?base64?Y3R4X2dldA==?=" })],
  ["another version in the body", latest("tools/call", withMeta({ [`${META}protocolVersion`]: "2025-11-25" }))],
  [
    "a version to come",
    latest("tools/call", withMeta({ [`${META}protocolVersion`]: "2099-01-01" }), {
      "mcp-protocol-version": "2099-01-01",
    }),
  ],
  ["no capabilities", latest("tools/call", withMeta({ [`${META}clientCapabilities`]: undefined }))],
  ["a text for capabilities", latest("tools/call", withMeta({ [`${META}clientCapabilities`]: "all" }))],
  ["wrong roots", latest("tools/call", withMeta({ [`${META}clientCapabilities`]: { roots: { listChanged: 1 } } }))],
  ["no envelope", latest("tools/call", { ...GET, _meta: {} })],
  ["a client without a version", latest("tools/call", withMeta({ [`${META}clientInfo`]: { name: "a" } }))],
  ["an envelope in the handshake era", {
    body: latest("tools/call", GET).body,
    headers: { ...BOTH, "mcp-protocol-version": "2025-11-25" },
  }],
  ["a session that there is not", legacy("ping", {}, { "mcp-session-id": "none" })],
];

Deno.test("replies of the direct way are those of the SDK", async (t) => {
  await using kubernetes = await startKubernetesApi();
  await using prometheus = startHeldPrometheus();
  prometheus.answerAll();
  await using pair = await startPair({
    KUBECONFIG: kubernetes.kubeconfigPath,
    PROMETHEUS_URL: prometheus.url,
    PUBLIC_URL: "http://127.0.0.1:1/base",
    RATE_LIMIT_PER_MINUTE: "100000",
    TOOLSETS: "all",
  });
  for (const [tool, args, holds] of CALLS) {
    await t.step(`${tool} ${JSON.stringify(args)}`, async () => {
      for (const post of inBothEras("tools/call", call(tool, args))) {
        assert.match(JSON.stringify((await pair.agree(post, "direct")).body), holds);
      }
    });
  }
  await t.step("every tool refuses an argument that it has not", async () => {
    const { body: { result } } = await pair.agree(latest("tools/list"), "direct");
    assert(result.tools.length > 10);
    for (const { name } of result.tools) {
      for (const post of inBothEras("tools/call", call(name, { none_such: 1 }))) {
        assert.equal((await pair.agree(post, "direct")).body.result.isError, true);
      }
    }
  });
  for (const [name, post] of TAKEN) await t.step(`taken: ${name}`, async () => void await pair.agree(post, "direct"));
  for (const [name, post] of LEFT) await t.step(`left: ${name}`, async () => void await pair.agree(post, "sdk"));
});

/** Servers that refuse by what they are set to; `HELD` stands for a Prometheus that never answers. */
const SETTINGS: readonly (readonly [kind: string, settings: Record<string, string>, tool: string, args: unknown])[] = [
  ["unavailable", { PROMETHEUS_URL: "http://127.0.0.1:1" }, "prom_query_simple", { query: "up" }],
  ["audit_unavailable", { DATABASE_URL: "postgres://a:b@127.0.0.1:1/none", AUDIT_OUTAGE: "refuse" }, "ctx_get", {
    key: "a",
  }],
  ["timeout", { TOOL_TIMEOUT_MS: "100", PROMETHEUS_URL: "HELD" }, "prom_query_simple", { query: "held" }],
  ["rate_limited", { RATE_LIMIT_PER_MINUTE: "1" }, "ctx_get", { key: "a" }],
];

Deno.test("what is not configured, limited, broken or too slow is refused as by the SDK's way", async (t) => {
  await using prometheus = startHeldPrometheus();
  for (const [kind, { PROMETHEUS_URL, ...settings }, tool, args] of SETTINGS) {
    await t.step(kind, async () => {
      const url = PROMETHEUS_URL === "HELD" ? prometheus.url : PROMETHEUS_URL;
      await using pair = await startPair({ ...settings, ...(url !== undefined && { PROMETHEUS_URL: url }) });
      const posts = inBothEras("tools/call", call(tool, args));
      if (kind === "rate_limited") { for (const post of posts) await pair.agree(post, "direct"); }
      for (const post of posts) {
        const { body } = await pair.agree(post, "direct");
        assert.equal(body.result._meta["mcp-ops/error"].kind, kind);
      }
    });
  }
});

Deno.test("a call whose caller goes away is ended, and on record as by the SDK's way", async () => {
  const outcomes: unknown[] = [];
  const asked = call("prom_query_simple", { query: "gone" });
  const json = latest("tools/call", asked, { accept: "application/json" });
  // Its reply streams from the beginning, for which the SDK is asked.
  const streamed = legacy("tools/call", { ...asked, _meta: { progressToken: 1 } });
  const asking: readonly (readonly [MCP_DIRECT: string, post: Post])[] = [
    ["true", json],
    ["false", json],
    ["true", streamed],
  ];
  for (const [MCP_DIRECT, { body, headers }] of asking) {
    await using prometheus = startHeldPrometheus();
    await using server = await startServer({ PROMETHEUS_URL: prometheus.url, MCP_DIRECT });
    const text = JSON.stringify(body);
    const head = Object.entries({ host: "127.0.0.1", ...headers, "content-length": `${text.length}` });
    const lines = ["POST /mcp HTTP/1.1", ...head.map(([name, value]) => `${name}: ${value}`), "", text];
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new TextEncoder().encode(lines.join("\r\n")));
    const { dropped } = await prometheus.next();
    connection.close();
    await dropped;
    outcomes.push(await cancelledOn(server));
  }
  assert.deepEqual(outcomes, asking.map(() => 1));
});

Deno.test("a server without the SDK answers what comes by the direct way, and nothing else of the protocol", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mcp-direct-" });
  const config = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  // The imports stay as the lock has them: without it the registry would be asked for every package.
  const absent = `${folder}/absent.ts`;
  const scopes = {
    [new URL(`file://${ROOT}`).href]: {
      "@modelcontextprotocol/server": absent,
      "@modelcontextprotocol/server/stdio": absent,
    },
  };
  const lock = { path: `${ROOT}deno.lock`, frozen: true };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ ...config, scopes, lock }));
  await using server = startService(Deno.execPath(), {
    args: ["run", "--quiet", "--config", `${folder}/deno.json`, ...SERVER_FLAGS, `${ROOT}main.ts`],
    env: { ...bareEnvironment(), HOST: "127.0.0.1", PORT: "0", DATA_DIR: folder },
    clearEnv: true,
    cwd: ROOT,
  });
  const listening = /Listening on \S+:(\d+)\b.*\n/;
  await server.printed(listening);
  const url = `http://127.0.0.1:${listening.exec(server.output())?.[1]}/mcp`;
  const statusOf = async ({ body, headers }: Post) => {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    await response.body?.cancel();
    return response.status;
  };
  for (
    const post of [
      ...inBothEras("tools/call", GET),
      ...inBothEras("tools/list", {}),
      latest("server/discover"),
      legacy("ping"),
    ]
  ) {
    assert.equal(await statusOf(post), 200);
  }
  assert.equal(await statusOf(latest("prompts/list")), 500);
  await server[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});
