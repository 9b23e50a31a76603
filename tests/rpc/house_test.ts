import assert from "node:assert/strict";
import { type HouseCall, houseMethods } from "../../rpc/house.ts";
import { parseSingle } from "./response.ts";
import { houseRouter, requestText } from "./routers.ts";

const tools = ["mcp.tools.list", "ctx.get"];

const calls: readonly (readonly [what: string, send: string, tool: unknown, args: unknown])[] = [
  ["args", requestText("mcp.tools.call", { name: "ctx.get", args: { key: "a" } }), "ctx.get", { key: "a" }],
  ["arguments", requestText("mcp.tools.call", { name: "ctx.get", arguments: { key: "a" } }), "ctx.get", { key: "a" }],
  ["args before arguments", requestText("mcp.tools.call", { name: "t", args: 1, arguments: 2 }), "t", 1],
  ["no arguments", requestText("mcp.tools.call", { name: "mcp.tools.list" }), "mcp.tools.list", undefined],
  ["a tool that there is not", requestText("mcp.tools.call", { name: "nope", args: [] }), "nope", []],
  ["a name that is no string", requestText("mcp.tools.call", { name: 5 }), 5, undefined],
  ["no params", requestText("mcp.tools.call"), undefined, undefined],
  ["params by position", requestText("mcp.tools.call", ["ctx.get", { key: "a" }]), undefined, undefined],
  ["a tool's name as the method", requestText("ctx.get", { key: "a" }), "ctx.get", { key: "a" }],
  ["a tool's name as the method, by position", requestText("ctx.get", ["a"]), "ctx.get", ["a"]],
  ["a tool's name as the method, without params", requestText("mcp.tools.list"), "mcp.tools.list", undefined],
];

for (const [what, send, tool, args] of calls) {
  Deno.test(`house methods hand over a call with ${what}`, async () => {
    const seen: HouseCall[] = [];
    const methods = houseMethods<void>(tools, (call) => {
      seen.push(call);
      return Promise.resolve("done");
    });
    const reply = await houseRouter(methods)(send);
    assert.deepEqual(parseSingle(reply?.text), { jsonrpc: "2.0", id: 1, result: "done" });
    assert.deepEqual(seen, [{ method: JSON.parse(send).method, id: 1, tool, args }]);
  });
}

for (const method of ["ctx.set", "mcp.tools", "mcp_tools_list", "tools/list", "tools/call", "constructor"]) {
  Deno.test(`house methods know no ${method}`, async () => {
    const reply = await houseRouter(houseMethods<void>(tools, () => Promise.resolve(1)))(requestText(method));
    assert.equal(reply?.errorCode, -32601);
  });
}

Deno.test("house methods pass the context on", async () => {
  const seen: unknown[] = [];
  const methods = houseMethods<string>(["t"], (_, context) => Promise.resolve(seen.push(context)));
  const request = { method: "t", id: 1, params: undefined };
  await methods["t"]?.(request, "direct");
  await methods["mcp.tools.call"]?.(request, "named");
  assert.deepEqual(seen, ["direct", "named"]);
});
