import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createApiKey } from "../server/auth/token/api_key.ts";
import { attributesOf, type Collector, startCollector, type ToldSpan } from "./services/collector.ts";
import { type ServerService, startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";
import { socketWithHeaders } from "./services/socket_with_headers.ts";

type Members = Readonly<Record<string, unknown>>;

const SPAN = "00f067aa0ba902b7";
const SECRET = "an-argument-of-nobodys-business";
const LATEST = "2026-07-28";
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": LATEST,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "tests", version: "1" },
};
const INITIALIZE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "tests", version: "1" } };
const JSON_TYPE = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const LATEST_HEADERS = { "mcp-protocol-version": LATEST, "mcp-method": "tools/call", "mcp-name": "ctx_get" };

Deno.test("no API key is in what OpenTelemetry is told of requests and connections", async () => {
  const { id, key, sha256 } = createApiKey();
  const file = await Deno.makeTempFile({ prefix: "tokens-" });
  await Deno.writeTextFile(file, JSON.stringify({ tokens: [{ id, name: "traced", roles: ["operator"], sha256 }] }));
  await using collector = startCollector();
  {
    await using server = await startServer({ AUTH_MODE: "token", TOKENS_FILE: file, ...collector.settings });
    const headers = { authorization: `Bearer ${key}`, ...JSON_TYPE };
    const body = '{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":{"key":"a"}}';
    const post = (path: string, more: RequestInit = {}) =>
      fetch(server.url + path, { method: "POST", headers, body, ...more }).then((response) => response.text());
    assert.match(await post("/mcp"), /"result"/);
    await post("/mcp", { headers: { ...headers, authorization: `Bearer ${key}x` } });
    const socket = socketWithHeaders(server.socketUrl, headers);
    await new Promise((resolve) => socket.onopen = resolve);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    await post("/the-end");
    // The last request above: what came before it has been told by then.
    await collector.told((span) => attributesOf(span)["url.path"] === "/the-end");
  }
  const all = collector.text();
  assert(all.includes("/mcp"), "requests are told");
  for (const secret of [key, key.slice(-43), sha256]) assert(!all.includes(secret), "the key is told");
  await Deno.remove(file);
});

/** A way to call `ctx.get`. */
interface Way {
  readonly name: string;
  /** Whether the `traceparent` may come as a header of the request. */
  readonly http: boolean;
  readonly attributes: Members;
  /** @returns the reply's text */
  call(server: ServerService, id: number, meta: Members, headers: Readonly<Record<string, string>>): Promise<string>;
}

const ofLatest = (meta: Members) => ({ name: "ctx_get", arguments: { key: SECRET }, _meta: { ...ENVELOPE, ...meta } });
const ofHandshake = (meta: Members) => ({ name: "ctx_get", arguments: { key: SECRET }, _meta: meta });
const ofHouse = (meta: Members) => ({ name: "ctx.get", args: { key: SECRET }, _meta: meta });

async function post(
  { url }: ServerService,
  message: Members,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  return await (await fetch(`${url}/mcp`, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body })).text();
}

/** Over a socket; `before` is sent and answered first. */
async function send(
  { socketUrl }: ServerService,
  protocols: string[],
  message: Members,
  headers: Readonly<Record<string, string>>,
  before?: Members,
): Promise<string> {
  await using socket = await openSocket(socketUrl, protocols, headers);
  if (before) await socket.call("initialize", before);
  socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  return await socket.next();
}

const WAYS: readonly Way[] = [
  {
    name: "house over HTTP",
    http: true,
    attributes: { "network.protocol.name": "http", "mcp.protocol.version": undefined },
    call: (server, id, meta, headers) => post(server, { id, method: "mcp.tools.call", params: ofHouse(meta) }, headers),
  },
  {
    name: "official over HTTP, handshake era",
    http: true,
    attributes: { "network.protocol.name": "http", "mcp.protocol.version": "2025-11-25" },
    call: (server, id, meta, headers) => post(server, { id, method: "tools/call", params: ofHandshake(meta) }, headers),
  },
  {
    name: "official over HTTP, latest era",
    http: true,
    attributes: { "network.protocol.name": "http", "mcp.protocol.version": LATEST },
    call: (server, id, meta, headers) =>
      post(server, { id, method: "tools/call", params: ofLatest(meta) }, { ...LATEST_HEADERS, ...headers }),
  },
  {
    name: "house over WebSocket",
    http: false,
    attributes: { "network.protocol.name": "websocket", "mcp.protocol.version": undefined },
    call: (server, id, meta, headers) =>
      send(server, [], { id, method: "mcp.tools.call", params: ofHouse(meta) }, headers),
  },
  {
    name: "official over WebSocket, handshake era",
    http: false,
    attributes: { "network.protocol.name": "websocket", "mcp.protocol.version": "2025-11-25" },
    call: (server, id, meta, headers) =>
      send(server, ["mcp"], { id, method: "tools/call", params: ofHandshake(meta) }, headers, INITIALIZE),
  },
  {
    name: "official over WebSocket, latest era",
    http: false,
    attributes: { "network.protocol.name": "websocket", "mcp.protocol.version": LATEST },
    call: (server, id, meta, headers) =>
      send(server, ["mcp"], { id, method: "tools/call", params: ofLatest(meta) }, headers),
  },
];

async function callSpan(collector: Collector, id: number): Promise<ToldSpan> {
  const isCall = (span: ToldSpan) => attributesOf(span)["jsonrpc.request.id"] === `${id}`;
  return await collector.told((span) => span.name === "tools/call ctx.get" && isCall(span));
}

/** The trace id of a call's record. */
function recordedTrace(dataDir: string, id: number): unknown {
  using database = new DatabaseSync(`${dataDir}/mcp.db`, { readOnly: true });
  return database.prepare("SELECT trace_id FROM audit_logs WHERE request_id = ?").get(`${id}`)?.["trace_id"];
}

Deno.test("each JSON log line of a call has its trace's and its request's id", async () => {
  await using server = await startServer({ LOG_FORMAT: "json", LOG_LEVEL: "debug" });
  const ids = { trace_id: "d".repeat(32), request_id: "a-request" };
  const _meta = { traceparent: `00-${ids.trace_id}-${SPAN}-01` };
  const call = (name: string, args: Members) =>
    post(server, { id: ids.request_id, method: "mcp.tools.call", params: { name, args, _meta } }, {});
  await call("ctx.get", { key: SECRET });
  await call("runbook.preview", { runbook_id: SECRET });
  await server.printed(/"outcome":"not_found".*\n/);
  const lines = server.output().split("\n").filter((line) => line.includes("call")).map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ message, outcome }) => [message, outcome]), [
    ["A tool call ended", "ok"],
    ["A tool call ended", "not_found"],
  ]);
  for (const { trace_id, request_id } of lines) assert.deepEqual({ trace_id, request_id }, ids);
  assert(!server.output().includes(SECRET), "an argument is logged");
});

Deno.test("a call's span: under the caller's, of message or header; its stores' under it, its record in its trace", async (t) => {
  const dataDir = await Deno.makeTempDir({ prefix: "trace-" });
  await using collector = startCollector();
  {
    await using server = await startServer({ ...collector.settings, DATA_DIR: dataDir });
    let id = 100;
    for (const { name, http, attributes, call } of WAYS) {
      for (const by of ["_meta", "header", "nothing"] as const) {
        await t.step(`${name}, traceparent by ${by}`, async () => {
          const requestId = id++;
          const traceId = `${requestId}`.padStart(32, "a");
          const traceparent = `00-${traceId}-${SPAN}-01`;
          const headers: Record<string, string> = by === "header" ? { traceparent } : {};
          const reply = await call(server, requestId, by === "_meta" ? { traceparent } : {}, headers);
          assert.match(reply, /"result"/);
          const span = await callSpan(collector, requestId);
          assert.equal(span.kind, 2);
          const told = attributesOf(span);
          const expected = { "mcp.method.name": "tools/call", "gen_ai.tool.name": "ctx.get", ...attributes };
          for (const [key, value] of Object.entries(expected)) assert.equal(told[key], value, key);
          if (by === "_meta") assert.deepEqual([span.traceId, span.parentSpanId], [traceId, SPAN]);
          // Under Deno's span of the request, which is under the caller's.
          if (by === "header" && http) {
            assert.equal(span.traceId, traceId);
            const request = await collector.told(({ spanId }) => spanId === span.parentSpanId);
            assert.equal(request.parentSpanId, SPAN);
          }
          // A connection's header says nothing of its messages' spans: they begin traces.
          if (!http && by !== "_meta") assert.equal(span.parentSpanId ?? "", "");
          for (const store of ["limiter.take", "context.get", "audit.append"]) {
            await collector.told((each) => each.name === store && each.parentSpanId === span.spanId);
          }
          assert.equal(recordedTrace(dataDir, requestId), span.traceId);
        });
      }
    }
    await t.step("a caller that keeps no trace is followed", async () => {
      const meta = { traceparent: `00-${"b".repeat(32)}-${SPAN}-00` };
      assert.match(await post(server, { id: 99, method: "mcp.tools.call", params: ofHouse(meta) }, {}), /"result"/);
      assert.equal(recordedTrace(dataDir, 99), "b".repeat(32));
      assert.match(await post(server, { id: 98, method: "mcp.tools.call", params: ofHouse({}) }, {}), /"result"/);
      await callSpan(collector, 98);
      assert(!collector.spans.some(({ traceId }) => traceId === "b".repeat(32)));
    });
    await t.step("a call that fails says of what kind, and no more", async () => {
      const params = { runbook_id: "no-such-runbook" };
      assert.match(await post(server, { id: 97, method: "runbook.preview", params }, {}), /"error"/);
      const failed = await collector.told(({ name }) => name === "tools/call runbook.preview");
      assert.equal(attributesOf(failed)["error.type"], "not_found");
      await collector.told(({ name, parentSpanId }) => name === "runbooks.read" && parentSpanId === failed.spanId);
    });
    await t.step("a resource that is read is a span, too", async () => {
      const params = { uri: "ctx://of-a-resource" };
      await post(server, { id: 96, method: "resources/read", params }, {});
      const span = await collector.told(({ name }) => name === "resources/read ctx.get");
      assert.equal(attributesOf(span)["mcp.method.name"], "resources/read");
      await collector.told(({ name, parentSpanId }) => name === "context.get" && parentSpanId === span.spanId);
    });
  }
  for (const argument of [SECRET, "no-such-runbook", "of-a-resource"]) {
    assert(!collector.text().includes(argument), argument);
  }
  await Deno.remove(dataDir, { recursive: true });
});
