import assert from "node:assert/strict";
import { endWithCredential } from "../../server/auth/ending_stream.ts";
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

Deno.test("the end of a credential is told to the millisecond, however far it is, and stops being looked for", async () => {
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const until = (expiresAtMs: number) =>
    createStanding({ ...ALICE, expiresAtMs }, { holds: () => nowMs < expiresAtMs }, clock);
  const ended = Promise.withResolvers<void>();
  const soon = until(nowMs + 20);
  soon.onEnd(ended.resolve);
  const turning = setInterval(() => nowMs += 5, 5);
  await ended.promise;
  clearInterval(turning);
  assert.equal(soon.ended, true);
  assert.throws(() => soon.check(), { kind: "unauthenticated" });
  // A timer of more than 2^31 ms would fire at once.
  const far = until(nowMs + 2 ** 40);
  const never = createStanding(ALICE, { holds: () => true }, clock);
  const stops = [far, never].map((standing) => standing.onEnd(() => assert.fail("It has not ended")));
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const stop of stops) stop();
  assert.deepEqual([far.ended, never.ended], [false, false]);
});

Deno.test("a key that is revoked ends what is idle, too: it is looked at now and then", async () => {
  let looks = 0;
  const holds = () => Promise.resolve(++looks < 3);
  const ended = Promise.withResolvers<void>();
  const standing = createStanding(ALICE, { holds }, { now: () => 0 }, 5);
  standing.onEnd(ended.resolve);
  await ended.promise;
  assert.deepEqual([looks, standing.ended], [3, true]);
});

Deno.test("a reply that streams ends with the credential of its reader, and lets its source go", async () => {
  const letGo = Promise.withResolvers<void>();
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: first\n\n")),
    cancel: () => letGo.resolve(),
  });
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  let stops = 0;
  const standing = {
    onEnd(tell: () => void) {
      over.then(tell);
      return () => void stops++;
    },
  };
  const headers = { "content-type": "text/event-stream", "mcp-session-id": "s" };
  const response = endWithCredential(new Response(source, { status: 200, headers }), standing);
  assert.equal(response.headers.get("mcp-session-id"), "s");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, "data: first\n\n");
  end();
  assert.equal((await reader?.read())?.done, true);
  await letGo.promise;
  assert.equal(stops, 1);
});

Deno.test("a reply that streams and whose reader leaves is let go; one that does not stream is as it was", async () => {
  const letGo = Promise.withResolvers<void>();
  const source = new ReadableStream({ cancel: () => letGo.resolve() });
  const stopped = Promise.withResolvers<void>();
  const standing = { onEnd: () => stopped.resolve };
  const response = endWithCredential(
    new Response(source, { headers: { "content-type": "text/event-stream" } }),
    standing,
  );
  await response.body?.cancel();
  await Promise.all([letGo.promise, stopped.promise]);
  const plain = Response.json({});
  assert.equal(endWithCredential(plain, standing), plain);
});
