import assert from "node:assert/strict";
import { createSessionHub, type SessionNotice } from "../../../../server/mcp/session/hub.ts";
import { createLocalEventBus } from "../../../../storage/embedded/event_bus.ts";
import { StorageError } from "../../../../storage/errors.ts";
import type { EventBus } from "../../../../storage/event_bus.ts";

const CANCEL = { kind: "cancel", requestId: 1 } as const;

/** Two replicas' hubs on one bus. */
function twoHubs() {
  const bus = createLocalEventBus();
  return { bus, one: createSessionHub(bus, "one"), other: createSessionHub(bus, "other") };
}

Deno.test("a notice is heard by its session's listeners here and in the other replica, once", async () => {
  const { one, other } = twoHubs();
  const heard: string[] = [];
  const listen = (name: string) => (notice: SessionNotice) => {
    heard.push(`${name} ${notice.kind}`);
    return false;
  };
  await one.listen("s", listen("here"));
  await other.listen("s", listen("there"));
  await other.listen("another session", listen("a stranger"));
  await one.tell("s", CANCEL);
  assert.deepEqual(heard.sort(), ["here cancel", "there cancel"]);
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

Deno.test("what a listener here takes for itself is not told to the others", async () => {
  const { one, other } = twoHubs();
  let there = 0;
  await one.listen("s", () => true);
  await other.listen("s", () => (there++, false));
  await one.tell("s", CANCEL);
  assert.equal(there, 0);
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

Deno.test("who has left hears nothing; a hub that closes tells its own listeners of the end, and no other's", async () => {
  const { one, other } = twoHubs();
  const heard: string[] = [];
  const left = await one.listen("s", ({ kind }) => (heard.push(`left ${kind}`), false));
  left[Symbol.dispose]();
  await one.listen("s", ({ kind }) => (heard.push(`here ${kind}`), false));
  await other.listen("s", ({ kind }) => (heard.push(`there ${kind}`), false));
  await one[Symbol.asyncDispose]();
  assert.deepEqual(heard, ["here end"]);
  await other.tell("s", CANCEL);
  assert.deepEqual(heard, ["here end", "there cancel"]);
  await other[Symbol.asyncDispose]();
});

Deno.test("what comes over the bus and is no notice is left alone", async () => {
  const { bus, one } = twoHubs();
  const heard: SessionNotice[] = [];
  await one.listen("s", (notice) => (heard.push(notice), false));
  for (const notice of [{ kind: "other" }, { kind: "cancel" }, { kind: "cancel", requestId: {} }, null, 5]) {
    await bus.publish("mcp.sessions", { from: "x", session: "s", notice });
  }
  await bus.publish("mcp.sessions", "text");
  await bus.publish("mcp.sessions", { from: "x", session: "s", notice: { kind: "end" } });
  assert.deepEqual(heard, [{ kind: "end" }]);
  await one[Symbol.asyncDispose]();
});

Deno.test("a bus that was away is asked again by the next who listens", async () => {
  const local = createLocalEventBus();
  let isAway = true;
  const bus: EventBus = {
    publish: (...event) => local.publish(...event),
    subscribe: (...listener) => isAway ? Promise.reject(new StorageError("It is away")) : local.subscribe(...listener),
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
  };
  const hub = createSessionHub(bus, "one");
  await assert.rejects(hub.listen("s", () => false), StorageError);
  isAway = false;
  let heard = 0;
  await hub.listen("s", () => (heard++, false));
  await createSessionHub(local, "other").tell("s", CANCEL);
  assert.equal(heard, 1);
  await hub[Symbol.asyncDispose]();
});
