import assert from "node:assert/strict";
import { z } from "zod";
import { createParamHeaderCheck } from "../../../server/mcp/param_headers.ts";
import { createToolNames } from "../../../server/mcp/tool_names.ts";
import { testTool } from "../../tools/call_path.ts";

const tools = [
  testTool(() => Promise.resolve({}), {
    name: "test.route",
    input: z.strictObject({
      region: z.string().optional().meta({ "x-mcp-header": "Region" }),
      shard: z.number().optional().meta({ "x-mcp-header": "Shard" }),
      other: z.string().optional(),
    }),
  }),
];
const check = createParamHeaderCheck(tools, createToolNames(tools));
const encoded = (text: string) => `=?base64?${btoa(text)}?=`;

const CASES: readonly (readonly [
  what: string,
  args: Record<string, unknown>,
  headers: Record<string, string>,
  refused: RegExp | undefined,
])[] = [
  ["the same text", { region: "eu" }, { "mcp-param-region": "eu" }, undefined],
  ["no argument, and a header", {}, { "mcp-param-region": "eu" }, undefined],
  ["an argument of none of the types that headers carry", { region: ["eu"] }, {}, undefined],
  ["an argument that is no member of its own", JSON.parse('{"__proto__":{"region":"eu"}}'), {}, undefined],
  ["an argument that needs no header", { other: "eu" }, {}, undefined],
  ["an encoded text", { region: "Zürich" }, { "mcp-param-region": "=?base64?WsO8cmljaA==?=" }, undefined],
  ["what only looks encoded at its start", { region: "=?base64?eu" }, { "mcp-param-region": "=?base64?eu" }, undefined],
  ["the same number in other digits", { shard: 42 }, { "mcp-param-shard": "42.0" }, undefined],
  ["no header", { region: "eu" }, {}, /argument "region" in the header Mcp-Param-Region/],
  ["another text", { region: "eu" }, { "mcp-param-region": "us" }, /Mcp-Param-Region and the argument "region" differ/],
  ["another encoded text", { region: "eu" }, { "mcp-param-region": encoded("us") }, /differ/],
  ["another number", { shard: 42 }, { "mcp-param-shard": "43" }, /differ/],
  ["nothing for a number", { shard: 0 }, { "mcp-param-shard": "" }, /differ/],
  ["base64 without its padding", { region: "a" }, { "mcp-param-region": "=?base64?YQ?=" }, /padded base64/],
  ["what is no base64", { region: "a" }, { "mcp-param-region": "=?base64?Y!!Q==?=" }, /padded base64/],
  ["what is no UTF-8", { region: "a" }, { "mcp-param-region": "=?base64?/w==?=" }, /UTF-8/],
];

Deno.test.each(CASES)("headers beside arguments: %s", (_, args, headers, refused) => {
  for (const name of ["test_route", "test.route"]) {
    const message = check(name, args, new Headers(headers));
    if (refused) assert.match(message ?? "", refused);
    else assert.equal(message, undefined);
  }
});
