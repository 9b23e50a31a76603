import assert from "node:assert/strict";
import { createMemoryRateLimiter } from "../../storage/embedded/rate_limiter.ts";
import { ToolError, type ToolErrorKind } from "../../tools/error.ts";
import { openSocket } from "../services/socket.ts";
import { standingClock, testTool } from "../tools/call_path.ts";
import { echo, type Edge, startEdge } from "./edge.ts";
import { aborted, createGate } from "./gate.ts";
import { connectRaw, head } from "./raw_client.ts";

const JSON_TYPE = { "content-type": "application/json" };

const request = (method: string, params?: unknown, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

function post({ url }: Edge, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = JSON_TYPE) {
  return fetch(`${url}/mcp`, { method: "POST", headers, body });
}

const failing = (kind: ToolErrorKind) =>
  testTool(() => Promise.reject(new ToolError(kind, `Cannot do ${kind}`, { hint: "Try this" })), {
    name: `test.${kind}`,
  });

Deno.test("POST /mcp answers every message as the socket does, with the status that HTTP has for it", async (t) => {
  const kinds = [
    "tool_failed",
    "unauthenticated",
    "forbidden",
    "unavailable",
    "timeout",
    "conflict",
    "not_found",
  ] as const;
  await using edge = await startEdge({ tools: [echo, ...kinds.map(failing)], settings: { BATCH_MAX: "3" } });
  await using socket = await openSocket(edge.socketUrl);
  const cases: [string, number][] = [
    [request("mcp.tools.call", { name: "test.echo", args: { text: "é😀\u2028" } }), 200],
    [request("test.echo", { text: "direct" }, "id"), 200],
    [request("test.echo", {}, null), 200],
    [request("mcp.tools.call", { name: "test.ecko" }), 200],
    [request("mcp.tools.call", { name: "test.echo", args: { txt: 1 } }), 200],
    [request("nothing.like.it"), 200],
    ['{"jsonrpc":"2.0","method":"invalid.tool"}', 400],
    ["{", 400],
    [" ", 400],
    ["null", 400],
    ["[]", 400],
    [`[${request("test.echo")},5]`, 200],
    [`[1,2,3,4]`, 400],
    [request("test.unauthenticated"), 401],
    [request("test.forbidden"), 403],
    ...(["tool_failed", "unavailable", "timeout", "conflict", "not_found"] as const).map((kind): [string, number] => [
      request(`test.${kind}`),
      200,
    ]),
  ];
  for (const [message, status] of cases) {
    await t.step(message.slice(0, 100), async () => {
      socket.send(message);
      const [reply, response] = [await socket.next(), await post(edge, message)];
      assert.equal(await response.text(), reply);
      assert.equal(response.status, status);
      assert.equal(response.headers.get("content-type"), "application/json");
    });
  }
});

Deno.test("a notification is accepted without a word", async () => {
  await using edge = await startEdge();
  const notification = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
  for (const body of [notification, `[${notification},${notification}]`]) {
    const response = await post(edge, body);
    assert.deepEqual([response.status, await response.text()], [202, ""]);
  }
});

Deno.test("a body that is not taken is refused before it is read as a message", async () => {
  await using edge = await startEdge({ settings: { MESSAGE_BYTES_MAX: "1024" } });
  const cases: [string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, RegExp][] = [
    ["text", request("test.echo"), { "content-type": "text/plain" }, 415, /"text\/plain"/],
    ["a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }, 415, /x-www-form-urlencoded/],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), JSON_TYPE, 400, /UTF-8/],
    ["a long one", request("test.echo", { text: "x".repeat(1024) }), JSON_TYPE, 413, /at most 1024 bytes/],
  ];
  for (const [name, body, headers, status, error] of cases) {
    const response = await post(edge, body, headers);
    assert.equal(response.status, status, name);
    assert.match((await response.json()).error, error, name);
  }
  const endless = await connectRaw(edge.port);
  await endless.send(head("POST /mcp", { host: "localhost", ...JSON_TYPE, "transfer-encoding": "chunked" }));
  await endless.send(`800\r\n${"x".repeat(0x800)}\r\n`);
  assert.match(await endless.readUntil("at most 1024 bytes"), /^HTTP\/1.1 413 /);
  await endless[Symbol.asyncDispose]();
  assert.deepEqual(edge.path.records, []);
});

Deno.test("a peer that leaves in the middle of its body is no fault of ours", async () => {
  await using edge = await startEdge();
  const peer = await connectRaw(edge.port);
  await peer.send(`${head("POST /mcp", { host: "localhost", ...JSON_TYPE, "content-length": "100" })}{`);
  await (await fetch(`${edge.url}/live`)).text();
  await peer[Symbol.asyncDispose]();
  await edge.listener.shutdown();
  assert.deepEqual(edge.lines, []);
});

Deno.test("a caller that goes away cancels its call", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool] });
  const caller = new AbortController();
  const reply = fetch(`${edge.url}/mcp`, {
    method: "POST",
    headers: JSON_TYPE,
    body: request("test.hold", { text: "x" }),
    signal: caller.signal,
  });
  const { signal } = await gate.started("x");
  caller.abort();
  await assert.rejects(reply);
  await aborted(signal);
  await edge.lifecycle.drain();
  assert.deepEqual(edge.path.records.map(({ outcome }) => outcome), ["cancelled"]);
});

Deno.test("the record of a call over HTTP has no session, and names who called", async () => {
  await using edge = await startEdge();
  await (await post(edge, request("test.echo", {}, 9), { ...JSON_TYPE, "user-agent": "curl/8" })).text();
  const [record] = edge.path.records;
  assert.deepEqual(
    [record?.transport, record?.session, record?.clientName, record?.clientAddress, record?.requestId],
    ["http", undefined, "curl/8", "127.0.0.1", "9"],
  );
});

Deno.test("the limit is told in headers, and what is beyond it is 429 with Retry-After", async () => {
  const clock = standingClock();
  await using limiter = createMemoryRateLimiter(clock);
  await using edge = await startEdge({ limiter, settings: { RATE_LIMIT_PER_MINUTE: "2" } });
  const told = async (body = request("test.echo")) => {
    const response = await post(edge, body);
    await response.text();
    const names = ["ratelimit-policy", "ratelimit", "retry-after"];
    return [response.status, ...names.map((name) => response.headers.get(name))];
  };
  assert.deepEqual(await told(), [200, '"default";q=2;w=60', '"default";r=1;t=60', null]);
  clock.advance(20_500);
  assert.deepEqual(await told(), [200, '"default";q=2;w=60', '"default";r=0;t=40', null]);
  assert.deepEqual(await told(), [429, '"default";q=2;w=60', '"default";r=0;t=40', "40"]);
  const refused = await (await post(edge, request("test.echo"))).json();
  assert.equal(refused.error.code, -32005);
  assert.equal(refused.error.data.retryAfterMs, 39_500);
  // A batch's calls have each a limit of their own, and no call has been made here.
  assert.deepEqual(await told(`[${request("test.echo")}]`), [200, null, null, null]);
  assert.deepEqual(await told(request("nothing.like.it")), [200, null, null, null]);
  clock.advance(60_000);
  assert.deepEqual(await told(), [200, '"default";q=2;w=60', '"default";r=1;t=60', null]);
  assert.match(await edge.metrics.print(), /mcp_rate_limit_decisions_total\{decision="refused",scope="shared"\} 3/);
});

Deno.test("a server that stops answers 503", async () => {
  await using edge = await startEdge();
  await edge.lifecycle.drain();
  for (
    const [method, path] of [["POST", "/mcp"], ["GET", "/mcp"], ["POST", "/test/ctx"], ["GET", "/test/rate-limit"]]
  ) {
    const response = await fetch(edge.url + path, { method: method ?? "", headers: JSON_TYPE });
    assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "1"], `${method} ${path}`);
    assert.deepEqual(await response.json(), { error: "The server is stopping" });
  }
});
