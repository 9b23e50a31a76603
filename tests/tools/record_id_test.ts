import assert from "node:assert/strict";
import { testCallPath, testContext, testTool } from "./call_path.ts";

Deno.test("a tool is told the id of its call's record, so that other systems' records can be joined with it", async () => {
  const told: string[] = [];
  const tool = testTool((_, { recordId }) => {
    told.push(recordId);
    return Promise.resolve({});
  });
  const { call, records } = testCallPath([tool]);
  for (let i = 0; i < 2; i++) await call({ method: "test.tool", tool: "test.tool", args: {} }, testContext());
  assert.deepEqual(told, records.map(({ eventId }) => eventId));
  assert.equal(new Set(told).size, 2);
});
