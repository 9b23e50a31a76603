import assert from "node:assert/strict";
import { isOfficialPost } from "../../../server/mcp/classify.ts";

const request = (method: string) => JSON.stringify({ jsonrpc: "2.0", id: 1, method });

const CASES: readonly (readonly [what: string, headers: Record<string, string>, body: string, official: boolean])[] = [
  ["initialize", {}, request("initialize"), true],
  ["a notification", {}, request("notifications/initialized"), true],
  ["tools/list", {}, request("tools/list"), true],
  ["tools/call with spaces", {}, '{ "id": 1, "method" :\n"tools/call" }', true],
  ["server/discover", {}, request("server/discover"), true],
  ["a method whose slash is escaped", {}, '{"id":1,"method":"tools\\/call"}', true],
  ["any method with the version's header", { "mcp-protocol-version": "2025-11-25" }, request("foo"), true],
  ["a batch with the version's header", { "mcp-protocol-version": "2025-11-25" }, `[${request("ctx.get")}]`, true],
  ["an answer in a session", { "mcp-session-id": "s" }, '{"jsonrpc":"2.0","id":1,"result":{}}', true],
  ["mcp.tools.list", {}, request("mcp.tools.list"), false],
  ["mcp.tools.call", {}, request("mcp.tools.call"), false],
  ["a tool's name", {}, request("ctx.get"), false],
  ["an unknown method", {}, request("ctx.gett"), false],
  ["a method that begins alike", {}, request("pingpong"), false],
  ["what is no JSON", {}, "{", false],
  ["what is no JSON and has such a method", {}, '{"method":"ping"', false],
  ["a house call that quotes one", {}, '{"method":"ctx.set","params":{"value":{"method":"tools/call"}}}', false],
  ["a batch of notifications", {}, `[${request("notifications/initialized")}]`, false],
  ["a house batch", {}, `[${request("ctx.get")}]`, false],
];

for (const [what, headers, body, official] of CASES) {
  Deno.test(`${what} is ${official ? "official" : "the house dialect"}`, () => {
    assert.equal(isOfficialPost(new Headers(headers), body), official);
  });
}
