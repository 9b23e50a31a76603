import assert from "node:assert/strict";
import { createEmbeddedContextStore } from "../../../storage/embedded/context_store.ts";
import { StorageError } from "../../../storage/errors.ts";
import { DatabaseSync } from "node:sqlite";
import { type Authorizer, openAuthorizer } from "../../../tools/authorizer.ts";
import { contextKeys } from "../../../tools/ctx/keys.ts";
import { ctxGet } from "../../../tools/ctx/get.ts";
import { ToolError } from "../../../tools/error.ts";
import { runbookPreview } from "../../../tools/runbook/preview.ts";
import { createUnlisted } from "../../../tools/unlisted/unlisted.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { testCallPath, testContext } from "../call_path.ts";

const READ = { method: "resources/read" };

function setUp(scope: "shared" | "principal", given: Partial<Authorizer> = {}) {
  const database = new DatabaseSync(":memory:");
  const context = createEmbeddedContextStore(database, manualClock());
  const keys = contextKeys(scope);
  const authorizer = { ...openAuthorizer, ...given };
  const unlisted = createUnlisted({
    tools: [ctxGet(context, keys), runbookPreview({ read: () => Promise.reject(new Error("Not called")) })],
    ...{ authorizer, context, keys },
    runbooks: { readMarkdown: (id) => Promise.resolve(`# ${id}`) },
    audit: {
      query: () => Promise.reject(new StorageError("It is away")),
      scan: () => Promise.reject(new StorageError("It is away")),
    },
    recordCheck: undefined,
  });
  const path = testCallPath(unlisted.tools, unlisted);
  const as = (name: string) => testContext({ principal: { name, authMethod: "token", roles: [] } });
  return {
    ...path,
    as,
    set: (key: string) => context.set(key, 1, { writer: "alice", ttlSeconds: 60 }),
    keysFor: async (name: string, prefix: string) =>
      JSON.parse((await path.call({ ...READ, tool: "ctx.keys", args: { prefix } }, as(name))).text),
    [Symbol.dispose]: () => database.close(),
  };
}

function refused(kind: string, message: RegExp) {
  return (error: unknown) => {
    assert(error instanceof ToolError, `${error}`);
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    return true;
  };
}

Deno.test("keys are the caller's own where context is by principal", async () => {
  using unlisted = setUp("principal");
  for (const key of ["alice/a", "alice/b", "bob/a", "alice%2Fx/a"]) await unlisted.set(key);
  assert.deepEqual(await unlisted.keysFor("alice", ""), { keys: ["a", "b"], more: false });
  assert.deepEqual(await unlisted.keysFor("alice/x", ""), { keys: ["a"], more: false });
  assert.deepEqual(await unlisted.keysFor("alice", "../bob"), { keys: [], more: false });
});

Deno.test("keys that the policy hides from a caller are not among them, and no more than 100 are", async () => {
  using unlisted = setUp("shared", {
    authorize: (request) =>
      request.args?.["key"] === "k1"
        ? { allowed: false, rule: "test", reason: "hidden" }
        : openAuthorizer.authorize(request),
  });
  for (let n = 0; n < 102; n++) await unlisted.set(`k${n}`);
  const { keys, more } = await unlisted.keysFor("alice", "k");
  assert.deepEqual([keys.length, more, keys.includes("k1")], [100, true, false]);
});

Deno.test("who may not get context at all may not ask for its keys", async () => {
  using unlisted = setUp("shared", { authorize: () => ({ allowed: false, rule: "test", reason: "it is closed" }) });
  await assert.rejects(unlisted.keysFor("alice", ""), refused("forbidden", /it is closed/));
  assert.deepEqual(unlisted.records.map(({ toolName, outcome }) => [toolName, outcome]), [["ctx.keys", "denied"]]);
});

Deno.test("the audit log's end is for who may enter that door, whatever tools they may call", async () => {
  using unlisted = setUp("shared", {
    mayEnter: (_, door) => ({ allowed: false, rule: "test", reason: `the ${door} door is closed` }),
  });
  const read = unlisted.call({ ...READ, tool: "audit.recent", args: {} }, unlisted.as("alice"));
  await assert.rejects(read, refused("forbidden", /the audit door is closed/));
});

Deno.test("an audit store that is away is said to be", async () => {
  using unlisted = setUp("shared");
  const read = unlisted.call({ ...READ, tool: "audit.recent", args: {} }, unlisted.as("alice"));
  await assert.rejects(read, refused("unavailable", /its store is away/));
});

Deno.test("a runbook is read as it was written, under the name of the tool that shows it", async () => {
  using unlisted = setUp("shared");
  const { text } = await unlisted.call(
    { ...READ, tool: "runbook.preview", args: { runbook_id: "fix" } },
    unlisted.as("alice"),
  );
  assert.deepEqual(JSON.parse(text), { markdown: "# fix" });
  assert.equal(unlisted.records[0]?.toolName, "runbook.preview");
});
