import assert from "node:assert/strict";
import { Hono } from "hono";
import { createCors } from "../../server/cors.ts";
import { openSocket } from "../services/socket.ts";

const FRIEND = "https://ops.example";

function appWith(...allowedOrigins: string[]): Hono {
  const app = new Hono();
  app.use("/mcp", createCors({ allowedOrigins }));
  app.get("/mcp", (context) => {
    if (context.req.header("upgrade") === undefined) return context.json({}, 401, { "www-authenticate": "Bearer" });
    const { socket, response } = Deno.upgradeWebSocket(context.req.raw);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  app.all("/mcp", (context) => context.json({}, 405));
  return app;
}

function preflight(app: Hono, origin: string): Response | Promise<Response> {
  const headers = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  };
  return app.request("/mcp", { method: "OPTIONS", headers });
}

const sharing = ({ headers }: Response) =>
  Object.fromEntries(Array.from(headers).filter(([name]) => name.startsWith("access-control-")));

Deno.test("nothing is shared with any origin unless the operator names one", async () => {
  const app = appWith();
  const asked = await preflight(app, FRIEND);
  assert.deepEqual([asked.status, sharing(asked)], [405, {}]);
  const response = await app.request("/mcp", { headers: { origin: FRIEND } });
  assert.deepEqual([sharing(response), response.headers.get("vary")], [{}, null]);
});

Deno.test("a named origin's preflight is answered with what clients send, and never allows cookies", async () => {
  const response = await preflight(appWith(FRIEND, "https://b.example"), FRIEND);
  assert.equal(response.status, 204);
  assert.deepEqual(sharing(response), {
    "access-control-allow-origin": FRIEND,
    "access-control-allow-methods": "GET,POST,DELETE",
    "access-control-allow-headers":
      "authorization,content-type,accept,last-event-id,mcp-session-id,mcp-protocol-version,mcp-method,mcp-name",
    "access-control-expose-headers": "mcp-session-id,retry-after,ratelimit,ratelimit-policy,www-authenticate",
    "access-control-max-age": "600",
  });
});

Deno.test("a named origin reads replies, refusals with their challenge too", async () => {
  const response = await appWith(FRIEND).request("/mcp", { headers: { origin: FRIEND } });
  assert.deepEqual([response.status, response.headers.get("www-authenticate")], [401, "Bearer"]);
  assert.equal(response.headers.get("access-control-allow-origin"), FRIEND);
  assert.equal(response.headers.get("access-control-allow-credentials"), null);
  assert.match(response.headers.get("vary") ?? "", /\bOrigin\b/);
});

Deno.test("any other origin, though it looks alike, gets nothing", async () => {
  const app = appWith(FRIEND);
  for (
    const origin of ["https://evil.example", "http://ops.example", "https://ops.example.evil.example", "null", "", "*"]
  ) {
    const asked = await preflight(app, origin);
    assert.deepEqual([asked.status, sharing(asked)], [405, {}], origin);
    const response = await app.request("/mcp", { headers: { origin } });
    assert.deepEqual(sharing(response), {}, origin);
    assert.match(response.headers.get("vary") ?? "", /\bOrigin\b/, "no cache may give it a friend's reply");
  }
});

Deno.test("a WebSocket opens through it", async () => {
  await using listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, appWith(FRIEND).fetch);
  await using socket = await openSocket(`ws://127.0.0.1:${listener.addr.port}/mcp`);
  socket.send("hello");
  assert.equal(await socket.next(), "hello");
});
