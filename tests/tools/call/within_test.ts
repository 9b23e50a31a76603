import assert from "node:assert/strict";
import { ToolError } from "../../../tools/error.ts";
import { testCallPath, testContext, testTool } from "../call_path.ts";
import { toolError } from "../tool_error.ts";

const inner = testTool(({ text }) => Promise.resolve({ text, secret: "postgres://u:hunter2@db/x" }), {
  name: "test.inner",
});

Deno.test("a tool's call of another is a call of its own: recorded, redacted, and naming the outer call's record", async () => {
  const outer = testTool(async (_, { callTool }) => JSON.parse(await callTool?.("test.inner", { text: "a" }) ?? ""));
  const { call, records, taken } = testCallPath([outer, inner]);
  const { text } = await call({ method: "tools/call", tool: "test.tool", args: {} }, testContext());
  assert(!text.includes("hunter2"));
  assert.deepEqual(records.map(({ toolName, method, principal }) => [toolName, method, principal]), [
    ["test.inner", "test.tool", "default"],
    ["test.tool", "tools/call", "default"],
  ]);
  assert.deepEqual(JSON.parse(records[0]?.params ?? ""), { text: "a", _meta: { calledBy: records[1]?.eventId } });
  assert.equal(JSON.parse(records[1]?.params ?? "").calledBy, undefined);
  assert(taken.some((bucket) => bucket.startsWith("test.inner:")), "the inner tool's own limit counts");
});

Deno.test("a tool can call no tool that its caller may not", async () => {
  const outer = testTool(async (_, { callTool }) => await callTool?.("test.inner", {}));
  const { call, records } = testCallPath([outer, inner], {
    authorizer: {
      authorize: ({ tool }) =>
        tool.name === "test.inner"
          ? { allowed: false, rule: "r", reason: "no" }
          : { allowed: true, rule: "r", limits: {} },
    },
  });
  await toolError("forbidden", () => call({ method: "tools/call", tool: "test.tool", args: {} }, testContext()));
  assert.deepEqual(records.map(({ outcome }) => outcome), ["denied", "denied"]);
});

Deno.test("a call from within ends with the call that made it", async () => {
  const gone = new AbortController();
  const waiting = testTool((_, { signal }) => {
    gone.abort(new ToolError("cancelled", "The caller went away"));
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }, { name: "test.inner" });
  const outer = testTool(async (_, { callTool }) => await callTool?.("test.inner", {}));
  const { call } = testCallPath([outer, waiting]);
  const context = testContext({ signal: gone.signal });
  await toolError("cancelled", () => call({ method: "tools/call", tool: "test.tool", args: {} }, context));
});
