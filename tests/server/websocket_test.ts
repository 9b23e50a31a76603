import assert from "node:assert/strict";
import { openSocket } from "../services/socket.ts";
import { testTool } from "../tools/call_path.ts";
import { echo, startEdge } from "./edge.ts";
import { aborted, createGate } from "./gate.ts";
import { connectRaw, handshake, head } from "./raw_client.ts";

const request = (method: string, params?: unknown, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

Deno.test("calls on one socket run at the same time, and their replies leave as they are ready", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool, echo] });
  await using socket = await openSocket(edge.socketUrl);
  socket.send(request("test.hold", { text: "first" }, 1));
  socket.send(request("test.hold", { text: "second" }, "two"));
  socket.send(request("test.echo", { text: "third" }, 3));
  assert.deepEqual(JSON.parse(await socket.next()), { jsonrpc: "2.0", id: 3, result: { text: "third" } });
  const [first, second] = await Promise.all([gate.started("first"), gate.started("second")]);
  second.release();
  assert.deepEqual(JSON.parse(await socket.next()).id, "two");
  first.release();
  assert.deepEqual(JSON.parse(await socket.next()).id, 1);
});

Deno.test("a call beyond IN_FLIGHT_MAX is refused at once, and the socket goes on", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool], settings: { IN_FLIGHT_MAX: "2" } });
  await using socket = await openSocket(edge.socketUrl);
  const running = ["a", "b"].map((text) => socket.call("test.hold", { text }));
  const held = await Promise.all([gate.started("a"), gate.started("b")]);
  const { error } = await socket.call("test.hold", { text: "c" });
  assert.deepEqual([error.code, error.data.kind], [-32008, "overloaded"]);
  for (const { release } of held) release();
  assert.deepEqual((await Promise.all(running)).map(({ result }) => result), [{ released: "a" }, { released: "b" }]);
  const again = socket.call("test.hold", { text: "d" });
  (await gate.started("d")).release();
  assert.deepEqual((await again).result, { released: "d" });
});

Deno.test("a socket that closes cancels its own calls and no others", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool] });
  await using staying = await openSocket(edge.socketUrl);
  const leaving = await openSocket(edge.socketUrl);
  const kept = staying.call("test.hold", { text: "kept" });
  leaving.send(request("test.hold", { text: "left" }));
  const [{ signal: keptSignal, release }, { signal: leftSignal }] = await Promise.all([
    gate.started("kept"),
    gate.started("left"),
  ]);
  await leaving[Symbol.asyncDispose]();
  await aborted(leftSignal);
  assert.equal(keptSignal.aborted, false);
  release();
  assert.deepEqual((await kept).result, { released: "kept" });
  assert.deepEqual(edge.path.records.map(({ outcome }) => outcome).sort(), ["cancelled", "ok"]);
});

Deno.test("a peer that vanishes without a word cancels its calls too", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool] });
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port));
  await peer.readUntil("\r\n\r\n");
  await peer.sendText(request("test.hold", { text: "x" }));
  const { signal } = await gate.started("x");
  await peer[Symbol.asyncDispose]();
  await aborted(signal);
  assert.equal(edge.sockets.size, 0);
});

Deno.test("a batch is answered in one message, without its notifications", async () => {
  await using edge = await startEdge();
  await using socket = await openSocket(edge.socketUrl);
  const batch = [
    request("test.echo", { text: "a" }, 1),
    '{"jsonrpc":"2.0","method":"notifications/progress"}',
    request("nothing.like.it", {}, 2),
    "5",
  ];
  socket.send(`[${batch.join(",")}]`);
  const replies = JSON.parse(await socket.next());
  assert.deepEqual(
    replies.map(({ id, result, error }: Record<string, { code: number }>) => [id, error?.code ?? result]),
    [[1, { text: "a" }], [2, -32601], [null, -32600]],
  );
});

Deno.test("whatever a tool throws or gives, its caller gets an error, and the server goes on", async () => {
  const hostile = {
    get name() {
      throw new Error("not even its name");
    },
  };
  const faults: (() => unknown)[] = [
    () => {
      throw new Error("at once");
    },
    () => {
      throw undefined;
    },
    () => {
      throw Symbol("thrown");
    },
    () => {
      throw 10n;
    },
    () => {
      throw hostile;
    },
    () => Promise.reject(null),
    () => Promise.resolve(10n),
    () => Promise.resolve(() => {}),
    () => Promise.resolve(undefined),
    () => Promise.resolve(hostile),
  ];
  // Tools are typed to give promises of JSON; these are the ones that do not.
  const tools = faults.map((run, index) => testTool(run as () => Promise<unknown>, { name: `test.fault_${index}` }));
  await using edge = await startEdge({ tools: [echo, ...tools] });
  await using socket = await openSocket(edge.socketUrl);
  for (const { name } of tools) {
    const { error } = await socket.call(name);
    assert.deepEqual([error?.code, error?.data.kind], [-32603, "internal"], name);
    assert.deepEqual((await socket.call("test.echo", { text: name })).result, { text: name });
  }
  assert.deepEqual(
    edge.path.records.map(({ outcome }) => outcome).filter((outcome) => outcome !== "ok").length,
    tools.length,
  );
});

Deno.test("the record of a call names its connection and who called", async () => {
  await using edge = await startEdge();
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port, { "user-agent": "agent/1.0" }));
  await peer.readUntil("\r\n\r\n");
  await peer.sendText(request("test.echo"));
  await peer.readUntil("result");
  await peer.sendText(request("test.echo", {}, 2));
  await peer.readUntil('"id":2');
  await peer[Symbol.asyncDispose]();
  const [first, second] = edge.path.records;
  assert.deepEqual(
    [first?.clientName, first?.clientAddress, first?.transport, first?.dialect, first?.requestId],
    ["agent/1.0", "127.0.0.1", "websocket", "house", "1"],
  );
  assert.match(first?.session ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(second?.session, first?.session);
  assert.notEqual(second?.traceId, first?.traceId);
});

for (
  const [offered, selected] of [["mcp", "mcp"], ["chat, mcp", "mcp"], ["chat", undefined], ["MCP", undefined]] as const
) {
  Deno.test(`a client that offers ${offered} is ${selected ? "served the official" : "told of the house"} dialect`, async () => {
    await using edge = await startEdge();
    const peer = await connectRaw(edge.port);
    await peer.send(handshake(edge.port, { "sec-websocket-protocol": offered }));
    const answer = await peer.readUntil("\r\n\r\n");
    assert(answer.startsWith("HTTP/1.1 101 "), answer);
    // RFC 6455, section 4.1: a client that insists fails the connection where none is selected; browsers do.
    assert.equal(/^sec-websocket-protocol: (.*)\r$/im.exec(answer)?.[1], selected);
    await peer.sendText(request(selected ? "ping" : "test.echo"));
    await peer.readUntil("result");
    await peer[Symbol.asyncDispose]();
  });
}

Deno.test("a page of another origin cannot open a socket", async () => {
  await using edge = await startEdge();
  for (const origin of ["http://evil.example", "null", `http://localhost:${edge.port + 1}`]) {
    const peer = await connectRaw(edge.port);
    await peer.send(handshake(edge.port, { origin }));
    assert.match(await peer.readUntil("\r\n\r\n"), /^HTTP\/1.1 403 /);
    await peer[Symbol.asyncDispose]();
  }
  const own = await connectRaw(edge.port);
  await own.send(handshake(edge.port, { origin: edge.url }));
  assert.match(await own.readUntil("\r\n\r\n"), /^HTTP\/1.1 101 /);
  await own[Symbol.asyncDispose]();
});

Deno.test("what asks for a socket and is no handshake is refused, leaves nothing behind and is no fault of ours", async () => {
  await using edge = await startEdge();
  const host = `127.0.0.1:${edge.port}`;
  const cases: [string, string, RegExp][] = [
    ["a plain GET", head("GET /mcp", { host }), /^HTTP\/1.1 426 [\s\S]*upgrade: websocket/i],
    ["another upgrade", head("GET /mcp", { host, connection: "Upgrade", upgrade: "h2c" }), /^HTTP\/1.1 426 /],
    ["no connection header", head("GET /mcp", { host, upgrade: "websocket" }), /^HTTP\/1.1 400 /],
    ["no key", head("GET /mcp", { host, upgrade: "websocket", connection: "Upgrade" }), /^HTTP\/1.1 400 /],
    // The upgrade of a HEAD request would never be answered, and its connection would count for ever.
    ["HEAD", handshake(edge.port).replace("GET", "HEAD"), /^HTTP\/1.1 426 /],
  ];
  for (const [name, bytes, expected] of cases) {
    const peer = await connectRaw(edge.port);
    await peer.send(bytes);
    assert.match(await peer.readUntil("\r\n\r\n"), expected, name);
    await peer[Symbol.asyncDispose]();
  }
  assert.equal(edge.sockets.size, 0);
  assert.deepEqual(edge.lines, []);
});
