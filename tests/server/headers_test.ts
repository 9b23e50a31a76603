import assert from "node:assert/strict";
import { Hono } from "hono";
import { createGuards } from "../../server/headers.ts";
import { openSocket } from "../services/socket.ts";
import { startEdge } from "./edge.ts";

function appWith(publicUrl?: string): Hono {
  const app = new Hono();
  app.use(createGuards({ publicUrl }).around);
  app.get("/json", (context) => context.json({}));
  app.get("/kept", (context) => context.text("", 200, { "cache-control": "no-cache" }));
  app.get("/refused", () => Response.json({}, { status: 403 }));
  app.get("/fault", () => {
    throw new Error("A fault");
  });
  app.onError((_, context) => context.text("", 500));
  return app;
}

/** Of replies to programs, too, which no page is made of. */
const REPLY_GUARDS = { "x-content-type-options": "nosniff", "cache-control": "no-store" };

const GUARDS = {
  ...REPLY_GUARDS,
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "x-dns-prefetch-control": "off",
  "permissions-policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), " +
    "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
};

Deno.test("every response has the headers that guard it, refusals and faults too", async () => {
  for (const [path, status] of [["/json", 200], ["/refused", 403], ["/fault", 500], ["/nothing", 404]] as const) {
    const response = await appWith().request(path);
    assert.equal(response.status, status);
    const headers = Object.fromEntries(response.headers);
    assert.deepEqual({ ...headers, ...GUARDS }, headers, path);
    assert(!response.headers.has("strict-transport-security"), path);
  }
});

Deno.test("a response that may be kept says so itself", async () => {
  assert.equal((await appWith().request("/kept")).headers.get("cache-control"), "no-cache");
});

Deno.test("browsers are told to insist on https where the server is reached by it, for its own host alone", async () => {
  for (
    const [publicUrl, expected] of [
      ["https://mcp.ops.example", "max-age=31536000"],
      ["http://mcp.ops.example", null],
      [undefined, null],
    ] as const
  ) {
    const { headers } = await appWith(publicUrl).request("/json");
    assert.equal(headers.get("strict-transport-security"), expected, `${publicUrl}`);
  }
});

Deno.test("a WebSocket opens through it", async () => {
  const app = appWith();
  app.get("/socket", (context) => {
    const { socket, response } = Deno.upgradeWebSocket(context.req.raw);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  await using listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app.fetch);
  await using socket = await openSocket(`ws://127.0.0.1:${listener.addr.port}/socket`);
  socket.send("hello");
  assert.equal(await socket.next(), "hello");
});

Deno.test("the whole server guards what it answers, and turns away, at every route", async () => {
  await using edge = await startEdge({ settings: { PUBLIC_URL: "https://mcp.ops.example" } });
  const json = { "content-type": "application/json" };
  const cases: readonly (readonly [method: string, path: string, headers: Record<string, string>, status: number])[] = [
    ["POST", "/mcp", {}, 415],
    ["GET", "/health", {}, 200],
    ["GET", "/metrics", {}, 200],
    ["GET", "/live", {}, 200],
    ["GET", "/dashboard", {}, 200],
    ["GET", "/nothing", {}, 404],
    ["GET", "/health", { origin: "https://evil.example" }, 403],
  ];
  for (const [method, path, headers, status] of cases) {
    const body = method === "POST" ? '{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{}}' : null;
    const response = await fetch(`${edge.url}${path}`, { method, headers, body });
    await response.body?.cancel();
    assert.equal(response.status, status, path);
    const given = Object.fromEntries(response.headers);
    assert.deepEqual({ ...given, ...GUARDS }, given, path);
    assert.equal(given["strict-transport-security"], "max-age=31536000");
  }
  for (const body of ['{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{}}', "no message"]) {
    const response = await fetch(`${edge.url}/mcp`, { method: "POST", headers: json, body });
    await response.body?.cancel();
    const given = Object.fromEntries(response.headers);
    const expected = { ...REPLY_GUARDS, "strict-transport-security": "max-age=31536000" };
    assert.deepEqual({ ...given, ...expected }, given, body);
    assert(!response.headers.has("content-security-policy"), "no page is made of a reply to a program");
  }
  await using socket = await openSocket(edge.socketUrl);
  assert.deepEqual((await socket.call("test.echo", { text: "hello" })).result, { text: "hello" });
});
