import assert from "node:assert/strict";
import type { AuditIntent } from "../../../storage/intent_log.ts";
import { StorageError } from "../../../storage/errors.ts";
import { testCallPath, testContext, testTool } from "../call_path.ts";
import { toolError } from "../tool_error.ts";

const request = (args: unknown = { text: "a" }) => ({ method: "mcp.tools.call", tool: "test.tool", args });

Deno.test("a tool that changes something elsewhere runs only once its intent is durable, under the id of its record", async () => {
  const order: string[] = [];
  const intents: AuditIntent[] = [];
  const tool = testTool(({ text }) => {
    order.push("run");
    return Promise.resolve({ text });
  }, { effect: "outside" });
  const { call, records } = testCallPath([tool], {
    intents: {
      async intend(intent) {
        await Promise.resolve();
        order.push("intent");
        intents.push(intent);
      },
    },
  });
  await call(request({ text: "password=hunter2hunter2" }), testContext());
  assert.deepEqual(order, ["intent", "run"]);
  const [intent] = intents;
  const [record] = records;
  assert.equal(intent?.eventId, record?.eventId);
  assert.equal(intent?.params, record?.params);
  assert.equal(intent?.paramsSha256, record?.paramsSha256);
  assert(!intent?.params.includes("hunter2"), "the secret is in the intent");
});

Deno.test("without a durable intent it does not run, and the refusal is on record", async () => {
  let ran = false;
  const tool = testTool(() => {
    ran = true;
    return Promise.resolve({});
  }, { effect: "outside" });
  const { call, records } = testCallPath([tool], {
    intents: { intend: () => Promise.reject(new StorageError("away")) },
  });
  const error = await toolError("audit_unavailable", () => call(request(), testContext()));
  assert.equal(error.data["executed"], false);
  assert.equal(ran, false);
  assert.equal(records[0]?.outcome, "denied");
});

Deno.test("while records are spooled it does not run, even where changes of our own stores do", async () => {
  for (const effect of ["own", "outside"] as const) {
    let ran = false;
    const tool = testTool(() => {
      ran = true;
      return Promise.resolve({});
    }, { effect });
    const { call, audit } = testCallPath([tool], { spoolsChanges: true });
    audit.state = "spooling";
    const answer = call(request(), testContext());
    if (effect === "own") await answer;
    else await toolError("audit_unavailable", () => answer);
    assert.equal(ran, effect === "own");
  }
});

Deno.test("tools that read, or change our own stores, leave no intent", async () => {
  for (const effect of ["read", "own"] as const) {
    // Its log of intents rejects whatever comes.
    const { call } = testCallPath([testTool(() => Promise.resolve({}), { effect })]);
    await call(request(), testContext());
  }
});
