import assert from "node:assert/strict";
import { createContextChanges } from "../../../../server/mcp/resources/changes.ts";
import { createLocalEventBus } from "../../../../storage/embedded/event_bus.ts";
import { StorageError } from "../../../../storage/errors.ts";
import { openAuthorizer } from "../../../../tools/authorizer.ts";
import { contextKeys } from "../../../../tools/ctx/keys.ts";
import { CONTEXT_TOPIC } from "../../../../tools/ctx/set.ts";
import { testTool } from "../../../tools/call_path.ts";

const tools = [testTool(() => Promise.resolve({}), { name: "ctx.get" })];
const principal = (name: string) => ({ name, authMethod: "token" as const, roles: [] });

/** Hears as `name` does what is told of these keys, as they are stored. */
async function heardBy(name: string, scope: "shared" | "principal", stored: readonly string[], hidden = "") {
  const events = createLocalEventBus();
  await using changes = createContextChanges({
    events,
    keys: contextKeys(scope),
    tools,
    authorizer: {
      authorize: (request) =>
        request.args?.["key"] === hidden
          ? { allowed: false, rule: "test", reason: "it is hidden" }
          : openAuthorizer.authorize(request),
    },
  });
  await changes.ready();
  const heard: string[] = [];
  using _ = changes.watch(principal(name), (uri) => heard.push(uri));
  for (const key of stored) await events.publish(CONTEXT_TOPIC, { key, version: 1, writer: "somebody" });
  return heard;
}

Deno.test("whoever shares context hears of every key, with a URI for each way to encode it", async () => {
  assert.deepEqual(await heardBy("alice", "shared", ["a", "b/c"]), ["ctx://a", "ctx://b/c", "ctx://b%2Fc"]);
  assert.deepEqual(await heardBy("alice", "shared", ["(a)"]), ["ctx://(a)", "ctx://%28a%29"]);
});

Deno.test("where context is by principal, nobody hears of another's keys", async () => {
  const stored = ["alice/a", "bob/b", "alice%2Fx/c", "alic/d", "a"];
  assert.deepEqual(await heardBy("alice", "principal", stored), ["ctx://a"]);
  assert.deepEqual(await heardBy("alice/x", "principal", stored), ["ctx://c"]);
  assert.deepEqual(await heardBy("eve", "principal", stored), []);
});

Deno.test("nobody hears of a key that the policy does not let them get", async () => {
  assert.deepEqual(await heardBy("alice", "shared", ["secret", "plain"], "secret"), ["ctx://plain"]);
});

Deno.test("notices in no form are passed over, and whoever stopped listening hears nothing", async () => {
  const events = createLocalEventBus();
  await using changes = createContextChanges({
    ...{ events, tools, keys: contextKeys("shared"), authorizer: openAuthorizer },
  });
  await changes.ready();
  const heard: string[] = [];
  const watching = changes.watch(principal("alice"), (uri) => heard.push(uri));
  for (const event of [null, "a", {}, { key: 5 }]) await events.publish(CONTEXT_TOPIC, event);
  await events.publish(CONTEXT_TOPIC, { key: "a" });
  watching[Symbol.dispose]();
  await events.publish(CONTEXT_TOPIC, { key: "b" });
  assert.deepEqual(heard, ["ctx://a"]);
});

Deno.test("a bus that was away is asked again", async () => {
  let attempts = 0;
  const bus = createLocalEventBus();
  await using changes = createContextChanges({
    ...{ tools, keys: contextKeys("shared"), authorizer: openAuthorizer },
    events: {
      subscribe: (topic, listener) =>
        ++attempts === 1 ? Promise.reject(new StorageError("It is away")) : bus.subscribe(topic, listener),
    },
  });
  await assert.rejects(changes.ready(), StorageError);
  await changes.ready();
  await changes.ready();
  assert.equal(attempts, 2);
});
