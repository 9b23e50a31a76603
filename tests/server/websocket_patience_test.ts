import assert from "node:assert/strict";
import { openSocket } from "../services/socket.ts";
import { echo, type Edge, startEdge } from "./edge.ts";
import { aborted, createGate } from "./gate.ts";
import { connectRaw, handshake } from "./raw_client.ts";

const request = (method: string, params?: unknown, id: unknown = 1) => ({ jsonrpc: "2.0", id, method, params });

const isRefused = async ({ metrics }: Edge, reason: string, times = 1) =>
  (await metrics.print()).includes(`mcp_refusals_total{reason="${reason}"} ${times}\n`);

Deno.test("a connection that says nothing by FIRST_MESSAGE_MS is closed with 1008, one that spoke once may wait", async () => {
  // The one that speaks does so in less than 500 ms.
  await using edge = await startEdge({ settings: { FIRST_MESSAGE_MS: "500" } });
  await using talker = await openSocket(edge.socketUrl);
  talker.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  const silent = await openSocket(edge.socketUrl);
  const { code, reason } = await silent.closed;
  assert.deepEqual([code, reason], [1008, "Send a first message within 500 ms"]);
  assert.deepEqual((await talker.call("test.echo", { text: "on" })).result, { text: "on" });
  assert(await isRefused(edge, "first_message"));
});

Deno.test("a peer that answers no ping within IDLE_SECONDS is dropped, and its calls are cancelled", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool, echo], settings: { IDLE_SECONDS: "1" } });
  await using alive = await openSocket(edge.socketUrl);
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port));
  await peer.readUntil("\r\n\r\n");
  await peer.sendText(JSON.stringify(request("test.hold", { text: "held" })));
  const { signal } = await gate.started("held");
  // It reads the pings, and answers none.
  await peer.readAll();
  await aborted(signal);
  await peer[Symbol.asyncDispose]();
  assert(await isRefused(edge, "idle"));
  assert.deepEqual((await alive.call("test.echo", { text: "on" })).result, { text: "on" }, "a browser answers them");
  assert.equal(edge.sockets.size, 1);
});

Deno.test("a peer with more than PENDING_MAX messages under way is turned away with 1008", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool], settings: { PENDING_MAX: "2" } });
  const socket = await openSocket(edge.socketUrl);
  for (const text of ["one", "two"]) socket.send(JSON.stringify(request("test.hold", { text })));
  const held = await Promise.all([gate.started("one"), gate.started("two")]);
  held[0].release();
  await socket.next();
  socket.send(JSON.stringify(request("test.hold", { text: "three" })));
  await gate.started("three");
  socket.send(JSON.stringify(request("nothing.like.it")));
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1008, "Wait for replies"]);
  await aborted(held[1].signal);
  assert(await isRefused(edge, "pending"));
});

Deno.test("ten thousand messages at once are answered one by one: what needs no waiting does not pile up", async () => {
  await using edge = await startEdge({ settings: { PENDING_MAX: "40" } });
  await using socket = await openSocket(edge.socketUrl);
  for (let sent = 0; sent < 10_000; sent++) socket.send(sent % 2 === 0 ? "{" : '{"jsonrpc":"2.0","id":1,"method":"x"}');
  for (let read = 0; read < 10_000; read++) {
    assert.equal(JSON.parse(await socket.next()).error.code, read % 2 === 0 ? -32700 : -32601);
  }
  assert(await isRefused(edge, "parse_error", 5000));
  assert(await isRefused(edge, "unknown_method", 5000));
});

Deno.test("a connection that sends faster than is answered, until QUEUED_BYTES_MAX wait, is turned away with 1008", async () => {
  await using edge = await startEdge({ settings: { QUEUED_BYTES_MAX: "65536", IN_FLIGHT_MAX: "1" } });
  await using flood = await connectRaw(edge.port);
  await flood.send(handshake(edge.port));
  await flood.readUntil("\r\n\r\n");
  const text = JSON.stringify(request("x", { padding: "x".repeat(1000) }));
  // It is closed before it has sent all, and what is closed so is not read to its end.
  await Promise.all([flood.sendText(...Array<string>(20_000).fill(text)).catch(() => {}), flood.readAll()]);
  assert(await isRefused(edge, "pending"));
  assert.equal(edge.sockets.size, 0);
});

Deno.test("a principal has at most CONNECTIONS_PER_PRINCIPAL_MAX connections, and one that closes makes room", async () => {
  await using edge = await startEdge({ settings: { CONNECTIONS_PER_PRINCIPAL_MAX: "2" } });
  const first = await openSocket(edge.socketUrl);
  await using _second = await openSocket(edge.socketUrl);
  const refused = await connectRaw(edge.port);
  await refused.send(handshake(edge.port));
  assert.match(await refused.readUntil("connections open"), /^HTTP\/1.1 503 .*retry-after: 1/is);
  await refused[Symbol.asyncDispose]();
  assert(await isRefused(edge, "principal_connections"));
  assert.equal(edge.sockets.sizeOf("default"), 2);
  await first[Symbol.asyncDispose]();
  await using third = await openSocket(edge.socketUrl);
  assert.deepEqual((await third.call("test.echo", { text: "in" })).result, { text: "in" });
});

Deno.test("a batch's results have a bound in bytes together, each has its call's record, and the rest is answered", async () => {
  await using edge = await startEdge({ settings: { BATCH_BYTES_MAX: "4096" } });
  await using socket = await openSocket(edge.socketUrl);
  const text = "x".repeat(1500);
  socket.send(JSON.stringify([1, 2, 3].map((id) => request("test.echo", { text }, id))));
  const replies: { result?: unknown; error?: { code: number; data: { executed: boolean } } }[] = JSON.parse(
    await socket.next(),
  );
  assert.deepEqual(replies.map(({ error }) => error?.code), [undefined, undefined, -32008]);
  assert.equal(replies[2]?.error?.data.executed, true);
  assert.deepEqual(edge.path.records.map(({ outcome }) => outcome), ["ok", "ok", "ok"]);
  assert(await isRefused(edge, "batch_bytes"));
});
