import assert from "node:assert/strict";
import { z } from "zod";
import { ctxGet } from "../../tools/ctx/get.ts";
import { contextKeys } from "../../tools/ctx/keys.ts";
import { ctxSet } from "../../tools/ctx/set.ts";
import { describeTool } from "../../tools/describe.ts";
import { anyJson } from "../../tools/schema.ts";
import { testTool } from "./call_path.ts";

const keys = contextKeys("shared");
const unused = () => Promise.reject(new Error("Not called: describing a tool runs nothing"));

Deno.test("describeTool prints the guide's listing of ctx.get", () => {
  assert.deepEqual(describeTool(ctxGet({ get: unused }, keys)), {
    name: "ctx.get",
    description: "Get context value",
    parameters: { key: { type: "string", required: true } },
  });
});

Deno.test("describeTool prints the guide's listing of ctx.set", () => {
  assert.deepEqual(
    describeTool(ctxSet({ get: unused, set: unused, delete: unused }, { publish: unused }, { keys, ttlSeconds: 3600 })),
    {
      name: "ctx.set",
      description: "Set context value",
      parameters: { key: { type: "string", required: true }, value: { type: "any", required: true } },
    },
  );
});

const parameters: readonly (readonly [what: string, schema: z.ZodType, parameter: unknown])[] = [
  ["a string", z.string(), { type: "string", required: true }],
  ["a string with rules", z.string().min(1).max(9).regex(/^a/).describe("A"), { type: "string", required: true }],
  ["an optional string", z.string().optional(), { type: "string" }],
  ["an integer with a default", z.int().min(1).max(1000).default(100), { type: "integer", default: 100 }],
  ["a number", z.number(), { type: "number", required: true }],
  ["a flag that is off by default", z.boolean().default(false), { type: "boolean", default: false }],
  ["an option", z.enum(["a", "b"]), { type: "string", required: true }],
  ["a list with a default", z.array(z.string()).default([]), { type: "array", default: [] }],
  ["an object", z.strictObject({ a: z.string() }), { type: "object", required: true }],
  ["any JSON", anyJson, { type: "any", required: true }],
  ["any JSON, refined", anyJson.refine((value) => value !== undefined), { type: "any", required: true }],
  ["one of two types", z.union([z.string(), z.int()]), { type: "any", required: true }],
  ["a string or null", z.string().nullable(), { type: "any", required: true }],
  ["what JSON schema has no word for", z.custom<Date>(), { type: "any", required: true }],
];

for (const [what, schema, parameter] of parameters) {
  Deno.test(`describeTool prints ${what}`, () => {
    const tool = testTool(unused, { input: z.strictObject({ parameter: schema }) });
    const listing = describeTool(tool);
    assert.deepEqual(listing.parameters, { parameter });
    // What is listed goes out as JSON: no member that is undefined.
    assert.deepEqual(JSON.parse(JSON.stringify(listing)), listing);
  });
}

Deno.test("describeTool keeps the order of the schema", () => {
  const input = z.strictObject({ zebra: z.string(), ant: z.string().optional(), mole: z.string() });
  assert.deepEqual(Object.keys(describeTool(testTool(unused, { input })).parameters), ["zebra", "ant", "mole"]);
});

Deno.test("describeTool prints no parameters where there are none", () => {
  assert.deepEqual(describeTool(testTool(unused, { input: z.strictObject({}) })).parameters, {});
});
