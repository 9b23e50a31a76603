import assert from "node:assert/strict";
import { createApiKey } from "../server/auth/token/api_key.ts";
import { socketWithHeaders } from "./services/socket_with_headers.ts";
import { startServer } from "./services/server.ts";

Deno.test("no API key is in what OpenTelemetry is told of requests and connections", async () => {
  const { id, key, sha256 } = createApiKey();
  const file = await Deno.makeTempFile({ prefix: "tokens-" });
  await Deno.writeTextFile(file, JSON.stringify({ tokens: [{ id, name: "traced", roles: ["operator"], sha256 }] }));
  const told: string[] = [];
  const spans = Promise.withResolvers<void>();
  const deadline = setTimeout(() => spans.reject(new Error("No span came within 20 s")), 20_000);
  await using collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    told.push(await request.text());
    // The last request below: what came before it has been told by then.
    if (told.join("").includes("/the-end")) spans.resolve();
    return Response.json({});
  });
  {
    await using server = await startServer({
      AUTH_MODE: "token",
      TOKENS_FILE: file,
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BLRP_SCHEDULE_DELAY: "100",
    });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
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
    await spans.promise;
    clearTimeout(deadline);
  }
  const all = told.join("");
  assert(all.includes("/mcp"), "requests are told");
  for (const secret of [key, key.slice(-43), sha256]) assert(!all.includes(secret), "the key is told");
  await Deno.remove(file);
});
