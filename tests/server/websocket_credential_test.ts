import assert from "node:assert/strict";
import { createStanding } from "../../server/auth/standing.ts";
import { connectRaw, handshake, type RawClient } from "./raw_client.ts";
import { ALICE, startGuardedEdge } from "./auth/guard.ts";
import { aborted, createGate } from "./gate.ts";
import { echo } from "./edge.ts";

const request = (id: number, method = "test.echo", params: unknown = {}) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

async function connect(edge: { readonly port: number }, credential = "right"): Promise<RawClient> {
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port, { authorization: `Bearer ${credential}` }));
  assert.match(await peer.readUntil("\r\n\r\n"), /^HTTP\/1.1 101 /);
  return peer;
}

/** The end of a close frame of the server: code 1008 and its reason. */
const CLOSED = "\x03\xf0The credential has expired or was revoked";

Deno.test("a socket whose credential was revoked gets -32001, on record, and is closed with 1008", async () => {
  const gate = createGate();
  await using edge = await startGuardedEdge({ tools: [echo, gate.tool] });
  const peer = await connect(edge);
  await peer.sendText(request(1));
  assert.match(await peer.readUntil('"id":1'), /"result"/);
  await peer.sendText(request(2, "test.hold", { text: "x" }));
  const { signal } = await gate.started("x");
  edge.standing.set("alice-1", false);
  await peer.sendText(request(3));
  assert.match(await peer.readUntil(CLOSED), /"id":3,"error":\{"code":-32001,/);
  await aborted(signal);
  await peer[Symbol.asyncDispose]();
  await edge.lifecycle.drain();
  assert.deepEqual(
    edge.path.records.map(({ outcome, requestId }) => `${requestId} ${outcome}`).sort(),
    ["1 ok", "2 cancelled", "3 denied"],
  );
  assert.equal(await edge.refusals("credential_ended"), 1);
});

Deno.test("an answer that must be asked for is waited for before the call runs", async () => {
  await using edge = await startGuardedEdge();
  const asked = Promise.withResolvers<boolean>();
  edge.standing.set("alice-1", asked.promise);
  const peer = await connect(edge);
  await peer.sendText(request(1));
  await peer.sendText("{");
  await peer.readUntil("-32700");
  assert.deepEqual(edge.path.records, []);
  asked.resolve(false);
  assert.match(await peer.readUntil(CLOSED), /"id":1,"error":\{"code":-32001,/);
  assert.deepEqual(edge.path.records.map(({ outcome }) => outcome), ["denied"]);
  await peer[Symbol.asyncDispose]();
});

Deno.test("the refusal in a batch closes the socket too", async () => {
  await using edge = await startGuardedEdge();
  const peer = await connect(edge);
  edge.standing.set("alice-1", false);
  await peer.sendText(`[${request(1)},${request(2)}]`);
  assert.equal((await peer.readUntil(CLOSED)).match(/-32001/g)?.length, 2);
  await peer[Symbol.asyncDispose]();
});

Deno.test("a socket is closed with 1008 when its credential's time is over, also where nothing is called", async () => {
  await using edge = await startGuardedEdge();
  const peer = await connect(edge, "short");
  await peer.sendText(request(1));
  await peer.readUntil('"id":1');
  edge.clock.advance(30);
  assert(!(await peer.readUntil(CLOSED)).includes("-32001"));
  await peer[Symbol.asyncDispose]();
  assert.equal(await edge.refusals("credential_ended"), 1);
});

Deno.test("connections are counted by who opens them", async () => {
  await using edge = await startGuardedEdge({ settings: { CONNECTIONS_PER_PRINCIPAL_MAX: "1" } });
  const alice = await connect(edge);
  const again = await connectRaw(edge.port);
  await again.send(handshake(edge.port, { authorization: "Bearer right" }));
  assert.match(await again.readUntil("\r\n\r\n"), /^HTTP\/1.1 503 /);
  const bob = await connect(edge, "bob");
  assert.deepEqual([edge.sockets.sizeOf("alice"), edge.sockets.sizeOf("bob")], [1, 1]);
  for (const peer of [alice, again, bob]) await peer[Symbol.asyncDispose]();
});

Deno.test("over POST a credential is checked at the gate, once", async () => {
  await using edge = await startGuardedEdge();
  edge.standing.set("alice-1", false);
  const headers = { authorization: "Bearer right", "content-type": "application/json" };
  const { status } = await edge.ask("/mcp", headers, "POST", request(1));
  // The authenticator has just said so itself: it is not asked again.
  assert.deepEqual([status, edge.asked.length], [200, 1]);
});

Deno.test("a timer tells the end of a credential: to the millisecond, beyond what a timer takes, and by a clock that is set", async () => {
  const authenticator = { holds: () => true };
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const never = createStanding(ALICE, authenticator, clock).onExpiry(() => assert.fail("It has no end"));
  never();
  const ended = Promise.withResolvers<void>();
  const soon = createStanding({ ...ALICE, expiresAtMs: nowMs + 20 }, authenticator, clock);
  soon.onExpiry(ended.resolve);
  const turning = setInterval(() => nowMs += 5, 5);
  await ended.promise;
  clearInterval(turning);
  assert.equal(soon.ended, true);
  assert.throws(() => soon.check(), { kind: "unauthenticated" });
  // A timer of more than 2^31 ms fires at once.
  const far = createStanding({ ...ALICE, expiresAtMs: nowMs + 2 ** 40 }, authenticator, clock);
  const stop = far.onExpiry(() => assert.fail("It ends in 34 years"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop();
  assert.equal(far.ended, false);
});
