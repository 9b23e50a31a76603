import assert from "node:assert/strict";
import { stop } from "../../server/stop.ts";
import { openSocket } from "../services/socket.ts";
import { echo, type Edge, startEdge } from "./edge.ts";
import { aborted, createGate } from "./gate.ts";
import { connectRaw, handshake, textFrame } from "./raw_client.ts";

const request = (method: string, params?: unknown, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

/** A request of exactly so many bytes. */
function requestOf(bytes: number): string {
  const [before = "", after = ""] = request("test.echo", { text: "<>" }).split("<>");
  return `${before}${"x".repeat(bytes - before.length - after.length)}${after}`;
}

Deno.test("a message of MESSAGE_BYTES_MAX is answered, one byte more closes with 1009, in bytes, not characters", async () => {
  await using edge = await startEdge({ settings: { MESSAGE_BYTES_MAX: "1024" } });
  const socket = await openSocket(edge.socketUrl);
  socket.send(requestOf(1024));
  assert.equal(JSON.parse(await socket.next()).id, 1);
  socket.send(requestOf(1025));
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1009, "Send at most 1024 bytes a message"]);
  const other = await openSocket(edge.socketUrl);
  other.send(request("test.echo", { text: "é".repeat(500) }));
  assert.equal((await other.closed).code, 1009);
  assert.match(await edge.metrics.print(), /mcp_refusals_total\{reason="message_bytes"\} 2/);
});

Deno.test("a binary message closes with 1003", async () => {
  await using edge = await startEdge();
  const socket = await openSocket(edge.socketUrl);
  socket.send(new TextEncoder().encode(request("test.echo")).buffer);
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1003, "Send text frames"]);
});

Deno.test("a peer that is turned away has its calls cancelled, and what it sent behind is not run", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool, echo] });
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port));
  await peer.readUntil("\r\n\r\n");
  await peer.sendText(request("test.hold", { text: "before" }));
  const { signal } = await gate.started("before");
  const binary = textFrame("{}");
  binary[0] = 0x82;
  await peer.send(await new Blob([binary, textFrame(request("test.echo", { text: "behind" }))]).bytes());
  await aborted(signal);
  await peer.readAll();
  await peer[Symbol.asyncDispose]();
  assert.deepEqual(edge.path.records.map(({ outcome, params }) => [outcome, params]), [[
    "cancelled",
    '{"text":"before"}',
  ]]);
});

Deno.test("a peer that does not read is turned away with 1008 before its replies fill the memory", async () => {
  const gate = createGate();
  const settings = { QUEUED_BYTES_MAX: "65536", IN_FLIGHT_MAX: "100" };
  await using edge = await startEdge({ tools: [gate.tool, echo], settings });
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port));
  await peer.readUntil("\r\n\r\n");
  // More than the buffers of the system hold on both sides.
  const names = Array.from({ length: 40 }, (_, index) => `big ${index}`);
  await peer.sendText(...["waiting", ...names].map((text) => request("test.hold", { text })));
  const { signal } = await gate.started("waiting");
  const calls = await Promise.all(names.map((name) => gate.started(name)));
  for (const { release } of calls) release("x".repeat(1_000_000));
  // Also where it says nothing any more, not even that it is gone.
  await aborted(signal);
  assert.match(await edge.metrics.print(), /mcp_refusals_total\{reason="queued_bytes"\} 1\n/);
  // At the next thing that it says Deno cuts it off; what that was is not run.
  await peer.sendText(request("test.echo"));
  await becomesEmpty(edge);
  await peer[Symbol.asyncDispose]();
  const outcomes = edge.path.records.map(({ toolName, outcome }) => `${toolName} ${outcome}`);
  assert.deepEqual(Array.from(new Set(outcomes)).sort(), ["test.hold cancelled", "test.hold ok"]);
});

/** Until the closings of all connections have arrived. */
async function becomesEmpty({ sockets }: Edge): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (sockets.size > 0) {
    assert(performance.now() < deadline, `${sockets.size} connections are still counted`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("a connection beyond CONNECTIONS_MAX gets 503, and one that closes makes room", async () => {
  await using edge = await startEdge({ settings: { CONNECTIONS_MAX: "2" } });
  const first = await openSocket(edge.socketUrl);
  await using second = await openSocket(edge.socketUrl);
  const refused = await connectRaw(edge.port);
  await refused.send(handshake(edge.port));
  const answer = await refused.readUntil("are open");
  assert.match(answer, /^HTTP\/1.1 503 /);
  assert.match(answer, /retry-after: 1/i);
  await refused[Symbol.asyncDispose]();
  assert.match(await edge.metrics.print(), /mcp_refusals_total\{reason="connections"\} 1/);
  assert.deepEqual((await second.call("test.echo", { text: "on" })).result, { text: "on" });
  await first[Symbol.asyncDispose]();
  await using third = await openSocket(edge.socketUrl);
  assert.deepEqual((await third.call("test.echo", { text: "in" })).result, { text: "in" });
});

Deno.test("peers that leave in the middle of a handshake do not use up the connections", async () => {
  await using edge = await startEdge({ settings: { CONNECTIONS_MAX: "5" } });
  for (let visit = 0; visit < 20; visit++) {
    const peer = await connectRaw(edge.port);
    await peer.send(handshake(edge.port));
    await peer[Symbol.asyncDispose]();
  }
  await becomesEmpty(edge);
  await using socket = await openSocket(edge.socketUrl);
  assert.deepEqual((await socket.call("test.echo", { text: "in" })).result, { text: "in" });
});

Deno.test("an orderly stop: idle sockets close at once with 1001, the others once what runs there is answered; new calls are refused", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool] });
  const [busy, idle] = [await openSocket(edge.socketUrl), await openSocket(edge.socketUrl)];
  const running = busy.call("test.hold", { text: "running" });
  const batch = JSON.parse(request("test.hold", { text: "in a batch" }, "batched"));
  busy.send(JSON.stringify([batch]));
  const held = await Promise.all([gate.started("running"), gate.started("in a batch")]);
  let flushed = false;
  const resources = {
    [Symbol.asyncDispose]: () => {
      flushed = true;
      return Promise.resolve();
    },
  };
  const stopped = stop({ ...edge, resources, delayMs: 0, drainMs: 20_000 });
  // It was not asked anything meanwhile, so it meets no refusal.
  assert.equal((await idle.closed).code, 1001);
  const { error } = await busy.call("test.hold", { text: "new" });
  assert.deepEqual([error.code, error.data.kind], [-32008, "overloaded"]);
  for (
    const [path, status] of [["/ready", 503], ["/live", 200], ["/health", 200], ["/test/rate-limit", 503]] as const
  ) {
    const response = await fetch(edge.url + path);
    await response.body?.cancel();
    assert.equal(response.status, status, path);
  }
  const late = await connectRaw(edge.port);
  await late.send(handshake(edge.port));
  assert.match(await late.readUntil("stopping"), /^HTTP\/1.1 503 /);
  await late[Symbol.asyncDispose]();
  for (const { release } of held) release();
  assert.deepEqual((await running).result, { released: "running" });
  assert.deepEqual(JSON.parse(await busy.next())[0].result, { released: "in a batch" });
  assert.equal((await busy.closed).code, 1001);
  assert.equal(await stopped, true);
  assert.equal(flushed, true);
  await assert.rejects(fetch(edge.url), "nothing listens any more");
});

Deno.test("a peer that does not answer the close does not hold up the stop", async () => {
  await using edge = await startEdge();
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port));
  await peer.readUntil("\r\n\r\n");
  const stalled = await connectRaw(edge.port);
  await stalled.send(
    "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
  );
  // The server has seen both: it has answered this.
  await (await fetch(`${edge.url}/live`)).text();
  const resources = { [Symbol.asyncDispose]: () => Promise.resolve() };
  assert.equal(await stop({ ...edge, resources, delayMs: 0, drainMs: 20_000 }), true);
  await peer[Symbol.asyncDispose]();
  await stalled[Symbol.asyncDispose]();
});
