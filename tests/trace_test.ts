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

interface ToldSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

const attributesOf = ({ attributes }: ToldSpan) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** A receiver of OTLP/HTTP in JSON, which keeps what it is told. */
function startCollector() {
  const spans: ToldSpan[] = [];
  const texts: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const text = await request.text();
    texts.push(text);
    for (const { scopeSpans } of JSON.parse(text).resourceSpans ?? []) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    return Response.json({});
  });
  return {
    spans,
    texts,
    settings: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BLRP_SCHEDULE_DELAY: "100",
    },
    async told(matches: (span: ToldSpan) => boolean): Promise<ToldSpan> {
      const deadline = performance.now() + 20_000;
      while (performance.now() < deadline) {
        const found = spans.find(matches);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`No such span; told were ${JSON.stringify(spans.map(({ name }) => name))}`);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const SPAN = "00f067aa0ba902b7";
const SECRET = "an-argument-of-nobodys-business";

Deno.test("a call is a span under its caller's, and its stores are spans under it", async () => {
  await using collector = startCollector();
  await using server = await startServer(collector.settings);
  const cases = [
    { traceId: "1".repeat(32), headers: true, method: "ctx.get", params: { key: SECRET } },
    {
      traceId: "2".repeat(32),
      headers: false,
      method: "mcp.tools.call",
      params: { name: "ctx.get", args: { key: SECRET } },
    },
  ];
  for (const { traceId, headers, method, params } of cases) {
    const traceparent = `00-${traceId}-${SPAN}-01`;
    const reply = await fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(headers && { traceparent }) },
      body: JSON.stringify({
        ...{ jsonrpc: "2.0", id: 7, method },
        params: headers ? params : { ...params, _meta: { traceparent } },
      }),
    });
    assert.match(await reply.text(), /"result"/);
    const call = await collector.told((span) => span.traceId === traceId && span.name === "tools/call ctx.get");
    assert.equal(call.kind, 2);
    if (!headers) assert.equal(call.parentSpanId, SPAN);
    const found = attributesOf(call);
    assert.deepEqual(
      ["mcp.method.name", "gen_ai.tool.name", "gen_ai.operation.name", "jsonrpc.request.id"].map((key) => found[key]),
      ["tools/call", "ctx.get", "execute_tool", "7"],
    );
    for (const name of ["limiter.take", "context.get", "audit.append"]) {
      const child = await collector.told((span) => span.traceId === traceId && span.name === name);
      assert.equal(child.parentSpanId, call.spanId, name);
    }
  }
  const records = await fetch(`${server.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"jsonrpc":"2.0","id":8,"method":"runbook.preview","params":{"id":"no-such-runbook"}}',
  });
  assert.match(await records.text(), /"error"/);
  const failed = await collector.told(({ name }) => name === "tools/call runbook.preview");
  const failure = attributesOf(failed);
  assert.match(String(failure["error.type"]), /^[a-z_]+$/);
  assert(!collector.texts.join("").includes(SECRET), "an argument is told");
});
