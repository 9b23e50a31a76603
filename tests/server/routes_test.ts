import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { type Edge, startEdge } from "./edge.ts";

async function get({ url }: Edge, path: string, init: RequestInit = {}) {
  const response = await fetch(url + path, { redirect: "manual", ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The guide's step 9, to the letter. */
const GUIDE = `{
  "status": "healthy",
  "version": "1.0.0",
  "components": {
    "redis": "connected",
    "postgres": "connected",
    "websocket": "ready"
  },
  "registered_tools": 1
}
`;

Deno.test("/health prints what the guide prints, and answers 503 only where nothing can be recorded", async () => {
  await using edge = await startEdge();
  const healthy = await get(edge, "/health");
  assert.deepEqual([healthy.status, healthy.text], [200, GUIDE]);
  assert.equal(healthy.headers.get("content-type"), "application/json");
  edge.setStates({ redis: "disconnected", postgres: "connected" });
  const degraded = await get(edge, "/health");
  assert.deepEqual([degraded.status, JSON.parse(degraded.text).status], [200, "degraded"]);
  edge.setStates({ redis: "connected", postgres: "disconnected" });
  const spooling = await get(edge, "/health");
  assert.deepEqual([spooling.status, JSON.parse(spooling.text).components.postgres], [200, "disconnected"]);
  edge.setStates({ redis: "connected", postgres: "connected" });
  edge.path.audit.state = "away";
  assert.equal((await get(edge, "/health")).status, 503);
});

Deno.test("/ready and /live: a server that stops is alive and takes nothing new; neither asks a store", async () => {
  await using edge = await startEdge();
  edge.setStates({ redis: "disconnected", postgres: "disconnected" });
  const both = async () =>
    [await get(edge, "/ready"), await get(edge, "/live")].map(({ status, text }) => [status, text]);
  assert.deepEqual(await both(), [[200, "ready\n"], [200, "live\n"]]);
  await edge.lifecycle.drain();
  assert.deepEqual(await both(), [[503, "draining\n"], [200, "live\n"]]);
});

Deno.test("/metrics prints Prometheus' text format", async () => {
  await using edge = await startEdge();
  const { status, headers, text } = await get(edge, "/metrics");
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(text, /^mcp_store_up\{store="redis"\} 1$/m);
  assert.match(text, /^mcp_websocket_connections 0$/m);
});

Deno.test("the root leads to the dashboard", async () => {
  await using edge = await startEdge();
  const { status, headers } = await get(edge, "/");
  assert.deepEqual([status, headers.get("location")], [302, "/dashboard"]);
  assert.equal((await get(edge, "/dashboard")).text, "the dashboard");
});

Deno.test("what there is not is named", async () => {
  await using edge = await startEdge();
  const cases: [string, string, number, string][] = [
    ["GET", "/nowhere", 404, "No route GET /nowhere"],
    ["GET", "/mcp/", 404, "No route GET /mcp/"],
    ["POST", "/health", 404, "No route POST /health"],
    ["GET", "/test/ctx", 404, "No route GET /test/ctx"],
    ["GET", "/..%2f..%2fetc/passwd", 404, "No route GET /..%2f..%2fetc/passwd"],
    ["PUT", "/mcp", 405, "Use GET with a WebSocket upgrade, or POST"],
    ["DELETE", "/mcp", 405, "Use GET with a WebSocket upgrade, or POST"],
    ["OPTIONS", "/mcp", 405, "Use GET with a WebSocket upgrade, or POST"],
    ["GET", "/mcp", 426, "Open a WebSocket here, or POST a JSON-RPC message"],
  ];
  for (const [method, path, status, error] of cases) {
    const response = await get(edge, path, { method });
    assert.deepEqual([response.status, JSON.parse(response.text)], [status, { error }], `${method} ${path}`);
    if (status === 405) assert.equal(response.headers.get("allow"), "GET, POST");
    if (status === 426) assert.equal(response.headers.get("upgrade"), "websocket");
  }
  assert.deepEqual(edge.lines, []);
});

Deno.test("HEAD asks for the head of what GET gives", async () => {
  await using edge = await startEdge();
  for (const path of ["/health", "/metrics", "/live"]) {
    const { status, text } = await get(edge, path, { method: "HEAD" });
    assert.deepEqual([status, text], [200, ""], path);
  }
});

Deno.test("the door is before every route", async () => {
  await using edge = await startEdge();
  const paths = ["/", "/mcp", "/health", "/ready", "/live", "/metrics", "/dashboard", "/test/rate-limit", "/nowhere"];
  for (const path of paths) {
    const { status, text } = await get(edge, path, { headers: { origin: "http://evil.example" } });
    assert.equal(status, 403, path);
    assert.match(JSON.parse(text).error, /"http:\/\/evil.example" may not call/);
  }
  const refusals = new RegExp(`mcp_refusals_total\\{reason="origin"\\} ${paths.length}`);
  assert.match(await edge.metrics.print(), refusals);
});

Deno.test("HTTP/2 is served, as proxies speak it", async () => {
  await using edge = await startEdge();
  const client = connect(edge.url);
  for (const [headers, status] of [[{}, 200], [{ ":authority": "evil.example" }, 403]] as const) {
    const stream = client.request({ ":path": "/live", ...headers });
    const [answer] = await once(stream, "response");
    assert.equal(answer[":status"], status);
    await once(stream.resume(), "close");
  }
  client.close();
  await once(client, "close");
});

Deno.test("pages of PUBLIC_URL are the server's own, also behind a proxy that changes the host", async () => {
  await using edge = await startEdge({ settings: { PUBLIC_URL: "https://mcp.ops.example/", HOST: "0.0.0.0" } });
  assert.equal((await get(edge, "/live", { headers: { origin: "https://mcp.ops.example" } })).status, 200);
  assert.equal((await get(edge, "/live", { headers: { origin: "https://ops.example" } })).status, 403);
});

Deno.test("a fault in a route is answered with an incident id and without its cause, and logged", async () => {
  await using edge = await startEdge();
  edge.setStates(null as never); // What no store gives: the routes that read it fail.
  const { status, text } = await get(edge, "/health");
  const { error, incident } = JSON.parse(text);
  assert.deepEqual([status, error], [500, "Internal error"]);
  assert.equal(edge.lines.length, 1);
  assert(edge.lines[0]?.startsWith(`ERROR: A request failed incident="${incident}" path="/health" error="TypeError`));
  assert(!text.includes("TypeError"));
});
