import assert from "node:assert/strict";
import { createListeners, isRefused } from "../../../server/mcp/listeners.ts";
import type { ResourceChanges } from "../../../server/mcp/resources/changes.ts";
import { listen, openSession, read, readEvents, send } from "../../mcp_sessions/session.ts";
import { startOfficial } from "./official.ts";

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};
const MODERN = { "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" };
const LISTEN = {
  ...{ jsonrpc: "2.0", id: 1, method: "subscriptions/listen" },
  params: { _meta: META, notifications: { resourceSubscriptions: ["ctx://a"] } },
};

/** Of resources that do not change. */
const still: ResourceChanges = {
  ready: () => Promise.resolve(),
  watch: () => ({ [Symbol.dispose]() {} }),
  async [Symbol.asyncDispose]() {},
};

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!await isSo()) assert(performance.now() < deadline, "it came to nothing");
}

Deno.test("a principal has so many listening streams over HTTP in both eras together, and another's are its own", async (t) => {
  await using official = startOfficial({ changes: still, bounds: { principalMax: 2 }, authMethod: "token" });
  const { origin } = official.url;
  const session = await openSession(origin);
  const first = readEvents(await listen(origin, session));
  const second = readEvents(await send(origin, LISTEN, undefined, MODERN));
  assert.equal((await second.message()).method, "notifications/subscriptions/acknowledged");

  await t.step("one more is refused by 429 in a session", async () => {
    for (const lastEventId of [undefined, `${crypto.randomUUID()}_0-0`]) {
      const response = await listen(origin, session, lastEventId);
      const { status, reply } = await read(response);
      assert.equal(status, 429);
      assert.match(reply.error.message, /^Cannot listen: you have 2 listening streams open/);
      assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
    }
  });
  await t.step("and by an error in the latest era", async () => {
    const { reply } = await read(await send(origin, LISTEN, undefined, MODERN));
    assert.deepEqual([reply.id, reply.error.code, reply.error.data.kind], [1, -32008, "overloaded"]);
  });
  await t.step("each is counted", () => {
    assert.deepEqual(official.refusals, Array(3).fill("principal_connections"));
  });
  await using held = new AsyncDisposableStack();
  for (const [what, stream] of [["session", first], ["latest era", second]] as const) {
    await t.step(`a stream that was closed makes room: ${what}`, async () => {
      await stream[Symbol.asyncDispose]();
      await until(async () => {
        const response = await listen(origin, session);
        if (response.status === 200) held.use(readEvents(response));
        else await response.body?.cancel();
        return response.status === 200;
      });
    });
  }
  assert.deepEqual(official.faults, []);
});

Deno.test("where nobody is asked who they are the bound is the server's alone, and what is refused holds no place", async () => {
  await using official = startOfficial({ changes: still, bounds: { max: 2, principalMax: 1 } });
  const { origin } = official.url;
  const session = await openSession(origin);
  await using _first = readEvents(await listen(origin, session));
  const second = readEvents(await listen(origin, session));
  assert.equal((await read(await listen(origin, session))).status, 503);
  await second[Symbol.asyncDispose]();
  const wrong = { ...LISTEN, params: { ...LISTEN.params, notifications: 5 } };
  await until(async () => (await read(await send(origin, wrong, undefined, MODERN))).reply.error.code === -32602);
  await using _third = readEvents(await send(origin, LISTEN, undefined, MODERN));
});

Deno.test("a place is given back once, however often", () => {
  const listeners = createListeners({ principalMax: 1, onRefusal: () => {} });
  const ada = { name: "ada", authMethod: "token", roles: [] } as const;
  const taken = listeners.take(ada);
  assert(!isRefused(taken));
  assert(isRefused(listeners.take(ada)));
  const other = listeners.take({ ...ada, name: "bob" });
  assert(!isRefused(other), "another principal has places of its own");
  taken[Symbol.dispose]();
  taken[Symbol.dispose]();
  assert(!isRefused(listeners.take(ada)));
  assert(isRefused(listeners.take(ada)));
});

Deno.test("a client of the latest era that does not read is cut off, and holds no place then", async () => {
  const uri = `ctx://${"k".repeat(1000)}`;
  const watchers = new Set<(uri: string) => void>();
  const changes: ResourceChanges = {
    ...still,
    watch(_, listener) {
      watchers.add(listener);
      return { [Symbol.dispose]: () => void watchers.delete(listener) };
    },
  };
  await using official = startOfficial({ changes, bounds: { max: 1 } });
  const { origin, port } = official.url;
  const params = { _meta: META, notifications: { resourceSubscriptions: [uri] } };
  const body = JSON.stringify({ ...LISTEN, params });
  const head = ["POST /mcp HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"];
  const accept = "accept: application/json, text/event-stream";
  const more = [
    ...Object.entries(MODERN).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
  ];
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await silent.write(new TextEncoder().encode([...head, accept, ...more, "", body].join("\r\n")));
  await until(() => new Promise((resolve) => setTimeout(() => resolve(watchers.size === 1))));
  // More than the two ends of a connection hold for each other.
  for (let sent = 0; sent < 64 * 1024 && watchers.size > 0; sent += 100) {
    for (let count = 0; count < 100; count++) for (const watcher of watchers) watcher(uri);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.equal(watchers.size, 0);
  await using next = readEvents(await send(origin, LISTEN, undefined, MODERN));
  assert.equal((await next.message()).method, "notifications/subscriptions/acknowledged");
});
