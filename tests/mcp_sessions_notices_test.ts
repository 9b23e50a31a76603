import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type Fleet, startFleet } from "./mcp_sessions/fleet.ts";
import { type EventReader, listen, openSession, read, readEvents, send } from "./mcp_sessions/session.ts";
import { testWithClient } from "./server/mcp/with_client.ts";
import { testBeside } from "./services/beside.ts";

// Notices of what changes in a session of three replicas: its listening stream is lost, and comes back at another one.

let fleet: Fleet;

Deno.test.beforeAll(async () => {
  fleet = await startFleet();
});

Deno.test.afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
});

const uriOf = (key: string) => `ctx://${key}`;

/** A session that hears of these keys. */
async function subscribed(...keys: readonly string[]): Promise<string> {
  const session = await openSession(fleet.replicas[0].url);
  for (const [id, key] of keys.entries()) {
    const message = { jsonrpc: "2.0", id, method: "resources/subscribe", params: { uri: uriOf(key) } };
    assert.deepEqual((await read(await send(fleet.replicas[1].url, message, session))).reply.result, {});
  }
  return session;
}

async function set(url: string, key: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.set", params: { key, value: 1 } });
  const response = await fetch(`${url}/mcp`, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal((await response.json()).result?.success, true);
}

/** The key of the next notice, and the notice's id. */
async function notice(stream: EventReader): Promise<{ readonly id: string; readonly key: string }> {
  while (true) {
    const event = await stream.next();
    assert(event?.id, "every event of the stream has an id, and it goes on");
    if (event.data !== "") return { id: event.id, key: JSON.parse(event.data).params.uri.slice("ctx://".length) };
  }
}

testBeside("notices that came while the client was away are sent by the replica that it comes back to", async () => {
  const { replicas: [one, other, third], redis } = fleet;
  const session = await subscribed("kept-1", "kept-2", "kept-3", "kept-4");
  const first = readEvents(await listen(one.url, session));
  await set(third.url, "kept-1");
  const seen = await notice(first);
  assert.equal(seen.key, "kept-1");
  await first[Symbol.asyncDispose]();
  for (const key of ["kept-2", "kept-3"]) await set(other.url, key);
  {
    await using again = readEvents(await listen(other.url, session, seen.id));
    assert.deepEqual([(await notice(again)).key, (await notice(again)).key], ["kept-2", "kept-3"]);
    await set(one.url, "kept-4");
    assert.equal((await notice(again)).key, "kept-4");
  }
  await using later = readEvents(await listen(third.url, session, seen.id));
  for (const key of ["kept-2", "kept-3", "kept-4"]) assert.equal((await notice(later)).key, key);
  // What is kept ends by itself.
  const streams = (await redis.cli("KEYS", "mcp:session:*notices-*")).trim().split("\n");
  assert.equal(streams.length, 1);
  const ttl = Number(await redis.cli("TTL", streams[0] ?? ""));
  assert(ttl > 0 && ttl <= 300, `${ttl}`);
});

testBeside("of two listening streams on two replicas one gets each notice", async () => {
  const { replicas: [one, other, third] } = fleet;
  const session = await subscribed("once-1", "once-2", "once-3");
  await using older = readEvents(await listen(one.url, session));
  await older.next();
  {
    await using newer = readEvents(await listen(other.url, session));
    for (const key of ["once-1", "once-2"]) {
      await set(third.url, key);
      assert.equal((await notice(newer)).key, key);
    }
  }
  // The newer one's client has gone, which its replica learns in a moment.
  const told = notice(older);
  let key: string | undefined;
  told.then((found) => key = found.key, () => {});
  const deadline = performance.now() + 10_000;
  while (key === undefined && performance.now() < deadline) {
    await set(third.url, "once-3");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal((await told).key, "once-3", "what the newer one got is not sent again");
});

testWithClient("the SDK's client comes back by itself, and hears what it has missed", async () => {
  const { proxy, replicas: [, , third] } = fleet;
  const client = new Client({ name: "tests", version: "1" });
  const heard: string[] = [];
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => void heard.push(params.uri));
  const reached = async (count: number) => {
    const deadline = performance.now() + 10_000;
    while (heard.length < count && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(heard.length, count, heard.join());
  };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", proxy.url)));
  for (const key of ["sdk-1", "sdk-2", "sdk-3"]) await client.subscribeResource({ uri: uriOf(key) });
  await set(third.url, "sdk-1");
  await reached(1);
  proxy.breakStreams("GET");
  await set(third.url, "sdk-2");
  await set(third.url, "sdk-3");
  await reached(3);
  assert.deepEqual(heard, ["sdk-1", "sdk-2", "sdk-3"].map(uriOf));
  await client.close();
});
