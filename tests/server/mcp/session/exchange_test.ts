import assert from "node:assert/strict";
import type { JSONRPCMessage, JSONRPCRequest } from "@modelcontextprotocol/server";
import { Exchange, type KeptMessage } from "../../../../server/mcp/session/exchange.ts";
import { createSessionHub } from "../../../../server/mcp/session/hub.ts";
import { placeOf, replay } from "../../../../server/mcp/session/replay.ts";
import { createLocalEventBus } from "../../../../storage/embedded/event_bus.ts";
import { createMemoryMcpSessionStore } from "../../../../storage/embedded/mcp_session_store.ts";
import { StorageError } from "../../../../storage/errors.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";

const NAME = "0199c0de-0000-4000-8000-000000000000";
const REQUEST: JSONRPCRequest = { jsonrpc: "2.0", id: 7, method: "tools/call", params: {} };
const ANSWER: JSONRPCMessage = { jsonrpc: "2.0", id: 7, result: {} };
const PROGRESS: JSONRPCMessage = {
  jsonrpc: "2.0",
  method: "notifications/progress",
  params: { progressToken: 1, progress: 1 },
};

function start({ takesStream = true, keep }: { takesStream?: boolean; keep?: (text: string) => Promise<string> } = {}) {
  const kept: KeptMessage[] = [];
  const faults: unknown[] = [];
  const leases: string[] = [];
  const exchange = new Exchange({
    ...{ name: NAME, request: REQUEST, takesStream },
    keep: keep ?? ((text) => Promise.resolve(`${kept.push(JSON.parse(text))}-0`)),
    lease() {
      leases.push("begun");
      return { [Symbol.dispose]: () => void leases.push(`ended after ${kept.length}`) };
    },
    onFault: (error) => void faults.push(error),
  });
  const received: JSONRPCMessage[] = [];
  exchange.onmessage = (message) => void received.push(message);
  return { exchange, kept, faults, leases, received };
}

Deno.test("an answer that is all there is to say is JSON, and is not kept", async () => {
  const { exchange, kept } = start();
  const response = exchange.run();
  await exchange.send(ANSWER);
  assert.deepEqual(await (await response).json(), ANSWER);
  await exchange.ended;
  assert.deepEqual(kept, []);
});

Deno.test("what comes before the answer begins a stream, whose every message is kept", async () => {
  const { exchange, kept } = start();
  const response = exchange.run();
  await exchange.send(PROGRESS);
  await exchange.send(ANSWER);
  const text = await (await response).text();
  assert.deepEqual(Array.from(text.matchAll(/^id: (.+)$/gm), ([, id]) => id), [
    `${NAME}_0-0`,
    `${NAME}_1-0`,
    `${NAME}_2-0`,
  ]);
  assert.deepEqual(kept.map(({ last }) => last), [false, true]);
  await exchange.ended;
});

Deno.test("a client that takes no stream gets the answer alone", async () => {
  const { exchange, kept } = start({ takesStream: false });
  const response = exchange.run();
  await exchange.send(PROGRESS);
  await exchange.send(ANSWER);
  assert.deepEqual(await (await response).json(), ANSWER);
  assert.deepEqual(kept, []);
});

Deno.test("with the store away a client that is still there gets its answer, and the exchange ends", async () => {
  const { exchange, faults } = start({ keep: () => Promise.reject(new StorageError("It is away")) });
  const response = exchange.run();
  await exchange.send(PROGRESS);
  await exchange.send(ANSWER);
  const text = await (await response).text();
  assert.match(text, /"progressToken":1[^]*"id":7/);
  assert.deepEqual(text.match(/^id: .+$/gm), [`id: ${NAME}_0-0`], "what is not kept cannot be asked for");
  await exchange.ended;
  assert.equal(faults.length, 2);
});

Deno.test("a cancelled request is answered by nothing", async () => {
  const { exchange, received } = start();
  const response = exchange.run();
  exchange.cancel();
  assert.deepEqual([(await response).status, (await response).body], [202, null]);
  assert.deepEqual(received.at(-1), {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: 7 },
  });
  await exchange.ended;
});

Deno.test("a reply says that it is on its way from when it streams until its last message is kept", async () => {
  for (const end of ["answered", "cancelled"]) {
    const { exchange, kept, leases } = start();
    const response = exchange.run();
    assert.deepEqual(leases, []);
    await exchange.send(PROGRESS);
    assert.deepEqual(leases, ["begun"]);
    if (end === "answered") await exchange.send(ANSWER);
    else exchange.cancel();
    assert.deepEqual(leases, ["begun", `ended after ${kept.length}`]);
    await exchange.send(PROGRESS);
    assert.equal(leases.length, 2, "what comes too late begins nothing");
    await (await response).body?.cancel();
  }
});

Deno.test("a reply that is JSON has no stream to wait for, and so no lease", async () => {
  const { exchange, leases } = start();
  const response = exchange.run();
  await exchange.send(ANSWER);
  await exchange.send(PROGRESS);
  await (await response).body?.cancel();
  assert.deepEqual(leases, []);
});

Deno.test("a request of the server's has the exchange's name, by which its answer finds back, once", async () => {
  const { exchange, kept, received } = start();
  exchange.run();
  await exchange.send({ jsonrpc: "2.0", id: 0, method: "elicitation/create", params: {} });
  assert.equal((kept[0]?.message as JSONRPCRequest).id, `${NAME}_0`);
  const answer = { jsonrpc: "2.0" as const, id: `${NAME}_0`, result: { action: "decline" } };
  exchange.take(answer);
  exchange.take(answer);
  exchange.take({ ...answer, id: `${NAME}_1` });
  assert.deepEqual(received.slice(1), [{ ...answer, id: 0 }]);
  await exchange.close();
});

Deno.test("a stream is resumed from any of its events, to its last message", async () => {
  const sessions = createMemoryMcpSessionStore(manualClock());
  const bus = createLocalEventBus();
  const [hub, other] = [createSessionHub(bus, "one"), createSessionHub(bus, "other")];
  await sessions.open("s", 60);
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const keep = (message: JSONRPCMessage, last = false) => sessions.append("s", NAME, JSON.stringify({ message, last }));
  const first = await keep(PROGRESS);
  const place = placeOf(`${NAME}_${first}`);
  assert(place);
  const response = await replay("s", place, { sessions, hub, onFault });
  await keep(PROGRESS);
  await keep(ANSWER, true);
  // As the replica does that runs the call.
  await other.tell("s", { kind: "event", stream: NAME });
  const text = await response.text();
  assert.deepEqual([text.match(/progressToken/g)?.length, text.match(/"id":7/g)?.length], [1, 1]);
  for (
    const wrong of [
      "",
      "x",
      NAME,
      `${NAME}_`,
      `${NAME}_1`,
      `../${first}`,
      `notices_${first}`,
      `${NAME}_${"9".repeat(20)}-0`,
    ]
  ) {
    assert.equal(placeOf(wrong), undefined, wrong);
  }
  assert.deepEqual(faults, []);
  await hub[Symbol.asyncDispose]();
});
