import assert from "node:assert/strict";
import { UnderWay } from "../../../storage/under_way.ts";
import { testCallPath, testContext, testTool } from "../call_path.ts";

Deno.test("what a tool is given has no getter of its own, which would keep all of a call until a full collection", async () => {
  const given: object[] = [];
  const tool = testTool((_, call) => {
    given.push(call);
    assert.equal(call.signal, call.signal);
    assert(call.callTool !== undefined && !call.signal.aborted);
    return Promise.resolve({});
  });
  await testCallPath([tool]).call({ method: "test.tool", tool: "test.tool", args: {} }, testContext());
  const own = Object.values(Object.getOwnPropertyDescriptors(given[0] ?? assert.fail("The tool did not run")));
  assert(own.every(({ get }) => get === undefined));
});

Deno.test("what is under way is told in its order, whichever ends first, and what has ended refers to nothing", () => {
  const list = new UnderWay<string>();
  const [first, second, third] = [list.begin("first"), list.begin("second"), list.begin("third")];
  const told = () => {
    const values = [];
    for (let place = list.first; place; place = place.after) values.push(place.value);
    return values;
  };
  list.end(second);
  list.end(second);
  assert.deepEqual(told(), ["first", "third"]);
  list.end(first);
  list.begin("fourth");
  assert.deepEqual(told(), ["third", "fourth"]);
  list.end(third);
  assert.deepEqual(told(), ["fourth"]);
  for (const place of [first, second, third]) assert.deepEqual(Object.values(place), [undefined, undefined, undefined]);
});
