import assert from "node:assert/strict";
import { createSessionHub, type SessionHub, type SessionNotice } from "../../../../server/mcp/session/hub.ts";
import { listen, type ListenOptions } from "../../../../server/mcp/session/listening.ts";
import { placeOf, replay } from "../../../../server/mcp/session/replay.ts";
import type { ResourceChanges } from "../../../../server/mcp/resources/changes.ts";
import { Slots } from "../../../../server/peer.ts";
import { createLocalEventBus } from "../../../../storage/embedded/event_bus.ts";
import { createMemoryMcpSessionStore } from "../../../../storage/embedded/mcp_session_store.ts";
import { StorageError } from "../../../../storage/errors.ts";
import { MCP_ANY_HOLDER, type McpSessionStore } from "../../../../storage/mcp_session_store.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";
import { readEvents } from "../../../mcp_sessions/session.ts";

const SESSION = "01234567-89ab-7cde-8f01-23456789abcd";
const PRINCIPAL = { name: "default", authMethod: "none", roles: [] } as const;
const onFault = (error: unknown) => assert.fail(`${error}`);

/** A session with changes, and replicas that share its store. */
async function world() {
  const clock = manualClock();
  const sessions = createMemoryMcpSessionStore(clock);
  await sessions.open(SESSION, 3600);
  for (const uri of ["ctx://a", "ctx://b", "ctx://c", "ctx://d"]) await sessions.subscribe(SESSION, uri);
  const bus = createLocalEventBus();
  const watchers = new Set<(uri: string) => void>();
  const changes: ResourceChanges = {
    ready: () => Promise.resolve(),
    watch(_, listener) {
      watchers.add(listener);
      return { [Symbol.dispose]: () => void watchers.delete(listener) };
    },
    async [Symbol.asyncDispose]() {},
  };
  const replica = (name: string, store: McpSessionStore = sessions): ListenOptions & { readonly hub: SessionHub } => {
    const hub = createSessionHub(bus, name);
    return {
      ...{ sessions: store, hub, onFault, lingering: new Slots(1), renewMs: 20 },
      ids: { uuid: () => crypto.randomUUID() },
      subscribed: { principal: PRINCIPAL, sessions: store, ttlSeconds: 3600, hub, changes },
    };
  };
  const change = (uri: string) => {
    for (const watcher of [...watchers]) watcher(uri);
  };
  return { clock, sessions, replica, change, watching: () => watchers.size };
}

/** Waits for what comes of what was done, 5 s at most. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!await isSo()) {
    assert(performance.now() < deadline, "it came to nothing");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type World = Awaited<ReturnType<typeof world>>;

const STREAMS: readonly (readonly [string, (world: World, hub?: SessionHub) => Promise<Response>])[] = [
  ["a stream to listen on", ({ replica }, hub) => listen(SESSION, { ...replica("one"), ...(hub && { hub }) })],
  ["a stream to listen on, of which nothing changes", ({ replica }, hub) => {
    return listen(SESSION, { ...replica("one"), ...(hub && { hub }), subscribed: undefined });
  }],
  ["a stream that is gone on with", ({ sessions, replica }, hub = replica("one").hub) => {
    return replay(SESSION, { stream: SESSION, place: "1-0" }, { sessions, hub, onFault });
  }],
];

/** A hub that counts who listens, and may tell a listener something before it knows that it listens. */
function countingHub(first?: SessionNotice) {
  const listeners = new Set<(notice: SessionNotice) => boolean>();
  const hub: SessionHub = {
    async listen(_, listener) {
      listeners.add(listener);
      await Promise.resolve();
      if (first) listener(first);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    tell: (_, notice) => Promise.resolve([...listeners].forEach((listener) => listener(notice))),
    async [Symbol.asyncDispose]() {},
  };
  return { hub, listening: () => listeners.size };
}

for (const [what, open] of STREAMS) {
  Deno.test(`${what} ends with its session, and listens no more`, async () => {
    const { hub, listening } = countingHub();
    const everything = await world();
    const response = await open(everything, hub);
    assert.equal(listening(), 1);
    await hub.tell(SESSION, { kind: "end" });
    assert.doesNotMatch(await response.text(), /jsonrpc/);
    assert.deepEqual([listening(), everything.watching()], [0, 0]);
  });

  Deno.test(`${what} whose session ends while it begins has ended, and listens no more`, async () => {
    const { hub, listening } = countingHub({ kind: "end" });
    const everything = await world();
    assert.doesNotMatch(await (await open(everything, hub)).text(), /jsonrpc/);
    assert.deepEqual([listening(), everything.watching()], [0, 0]);
  });
}

const uriOf = (event: { readonly data: string } | undefined) => JSON.parse(event?.data ?? "").params.uri;

Deno.test("a client goes on from any notice on another replica, with what came while it was away", async () => {
  const { sessions, replica, change, watching } = await world();
  const [one, other] = [replica("one"), replica("other")];
  const first = readEvents(await listen(SESSION, one));
  const begin = await first.next();
  assert.equal(begin?.data, "", "a client can come back that has seen no notice yet");
  const place = placeOf(begin?.id ?? "");
  assert(place);
  change("ctx://a");
  change("ctx://not-subscribed");
  change("ctx://b");
  const seen = await first.next();
  assert.equal(uriOf(seen), "ctx://a");
  await first[Symbol.asyncDispose]();
  change("ctx://c");
  await until(async () => (await sessions.eventsAfter(SESSION, place.stream, "")).length === 3);
  await using again = readEvents(await listen(SESSION, other, placeOf(seen?.id ?? "")));
  change("ctx://d");
  const told = [await again.next(), await again.next(), await again.next()];
  assert.deepEqual(told.map(uriOf), ["ctx://b", "ctx://c", "ctx://d"]);
  assert.equal(placeOf(told[2]?.id ?? "")?.stream, place.stream);
  assert.equal(watching(), 1, "the first replica keeps nothing for it any more");
  await Promise.all([one, other].map(({ hub }) => hub[Symbol.asyncDispose]()));
});

Deno.test("a client that comes back while its old connection seems open has the new one alone", async () => {
  const { replica, change } = await world();
  const [one, other] = [replica("one"), replica("other")];
  await using old = readEvents(await listen(SESSION, one));
  const begin = await old.next();
  await using again = readEvents(await listen(SESSION, other, placeOf(begin?.id ?? "")));
  change("ctx://a");
  assert.equal(uriOf(await again.next()), "ctx://a");
  assert.equal(await old.next(), undefined);
  await Promise.all([one, other].map(({ hub }) => hub[Symbol.asyncDispose]()));
});

Deno.test("of two streams the newest alone gets the notices, and the other one when its client goes", async () => {
  const { replica, change } = await world();
  const [one, other] = [replica("one"), replica("other")];
  await using older = readEvents(await listen(SESSION, one));
  await older.next();
  const newer = readEvents(await listen(SESSION, other));
  await newer.next();
  change("ctx://a");
  assert.equal(uriOf(await newer.next()), "ctx://a");
  await newer[Symbol.asyncDispose]();
  let taken = false;
  using _ = await one.hub.listen(SESSION, ({ kind }) => (taken ||= kind === "listener", false));
  await until(() => taken);
  change("ctx://b");
  assert.equal(uriOf(await older.next()), "ctx://b", "and what the newer one got is not sent again");
  await Promise.all([one, other].map(({ hub }) => hub[Symbol.asyncDispose]()));
});

Deno.test("where the replica was killed that sent the notices, another stream of the session gets them", async () => {
  const { clock, sessions, replica, change } = await world();
  const one = replica("one");
  await using idle = readEvents(await listen(SESSION, one));
  await idle.next();
  assert.equal(await sessions.lease(SESSION, "notices", "killed", MCP_ANY_HOLDER), "held");
  change("ctx://a");
  let taken = false;
  using _ = await one.hub.listen(SESSION, ({ kind }) => (taken ||= kind === "listener", false));
  clock.advance(20_000);
  await until(() => taken);
  change("ctx://b");
  assert.equal(uriOf(await idle.next()), "ctx://b");
  await one.hub[Symbol.asyncDispose]();
});

Deno.test("notices are kept for so many clients that have gone, and not for more", async () => {
  const { sessions, replica, watching } = await world();
  const one = replica("one");
  await sessions.open("another session", 3600);
  for (const [session, kept] of [[SESSION, 1], ["another session", 1]] as const) {
    const stream = readEvents(await listen(session, one));
    assert.equal(watching(), session === SESSION ? 1 : 2);
    await stream[Symbol.asyncDispose]();
    assert.equal(watching(), kept);
  }
  assert.equal(await sessions.isLeased("another session", "notices"), false, "it is given back at once");
  await one.hub[Symbol.asyncDispose]();
  assert.equal(watching(), 0);
});

Deno.test("with the store away a client that is still there is told, without an id", async () => {
  const { sessions, replica, change } = await world();
  const faults: unknown[] = [];
  const one = replica("one", { ...sessions, appendAs: () => Promise.reject(new StorageError("It is away")) });
  await using stream = readEvents(await listen(SESSION, { ...one, onFault: (error) => void faults.push(error) }));
  await stream.next();
  change("ctx://a");
  const told = await stream.next();
  assert.deepEqual([told?.id, uriOf(told), faults.length], [undefined, "ctx://a", 1]);
  await one.hub[Symbol.asyncDispose]();
});

Deno.test("a stream ends when nobody has asked for its session for its time to live", async () => {
  const { clock, replica } = await world();
  const one = replica("one");
  const response = await listen(SESSION, one);
  clock.advance(3_600_000);
  assert.doesNotMatch(await response.text(), /jsonrpc/);
  await one.hub[Symbol.asyncDispose]();
});

const NAME = "0199c0de-0000-4000-8000-000000000000";
const REPLY = { stream: NAME, place: "0-0" };

Deno.test("a reply that is resumed is waited for while its replica says that it comes, and no longer", async () => {
  const { clock, sessions, replica } = await world();
  const { hub } = replica("one");
  await sessions.lease(SESSION, NAME, NAME);
  let looks = 0;
  const counting = { ...sessions, isLeased: (...of: [string, string]) => (looks++, sessions.isLeased(...of)) };
  const response = await replay(SESSION, REPLY, { sessions: counting, hub, onFault, renewMs: 5 });
  await until(() => looks >= 5);
  // Its last words before it was killed, which nobody told of.
  const message = { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 1, progress: 1 } };
  await sessions.append(SESSION, NAME, JSON.stringify({ message, last: false }));
  clock.advance(20_000);
  assert.match(await response.text(), /"progress":1/);
  await hub[Symbol.asyncDispose]();
});

Deno.test("a store that is away says nothing of who sends a reply", async () => {
  const { sessions, replica } = await world();
  const { hub } = replica("one");
  let looks = 0;
  const isLeased = () => {
    looks++;
    return looks < 5 ? Promise.reject(new StorageError("It is away")) : Promise.resolve(looks % 2 === 0);
  };
  const replaying = { sessions: { ...sessions, isLeased }, hub, onFault, renewMs: 5 };
  const response = await replay(SESSION, REPLY, replaying);
  await until(() => looks >= 12);
  await sessions.append(SESSION, NAME, JSON.stringify({ message: { jsonrpc: "2.0", id: 1, result: {} }, last: true }));
  await hub.tell(SESSION, { kind: "event", stream: NAME });
  assert.match(await response.text(), /"result"/, "one look that finds nothing may be too early");
  await hub[Symbol.asyncDispose]();
});
