import assert from "node:assert/strict";
import { describeOfficially } from "../../../server/mcp/describe.ts";
import { listedTools } from "../../../tools/listed_tools.ts";

const READS = { readOnlyHint: true, openWorldHint: true };
const READS_OWN = { readOnlyHint: true, openWorldHint: false };
const REPLACES = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false };

/** What clients show of each tool, and ask their user by. */
const LISTED = [
  ["ctx_get", "Get context value", READS_OWN, ["key"], ["key", "value"]],
  ["ctx_set", "Set context value", REPLACES, ["key", "value"], ["success", "key", "value"]],
  ["k8s_list_pods", "List Kubernetes pods", READS, ["namespace"], ["pods"]],
  ["prom_query_simple", "Execute Prometheus query", READS, ["query"], ["metric", "values"]],
  ["logs_search", "Search logs", READS, ["namespace"], ["logs", "matched", "returned", "truncated"]],
  ["runbook_preview", "Preview runbook", READS_OWN, ["runbook_id"], [
    "id",
    "title",
    "summary",
    "severity",
    "steps",
    "links",
  ]],
];

Deno.test("each tool is listed with its title, its hints, what it needs and what it always gives", async () => {
  const listed = (await listedTools(["core"])).filter(({ name }) => name !== "mcp.tools.list").map(describeOfficially);
  const seen = listed.map(({ name, title, annotations, inputSchema, outputSchema }) => [
    ...[name, title, annotations],
    ...[inputSchema.required, outputSchema?.["required"]],
  ]);
  assert.deepEqual(seen, LISTED);
});

Deno.test("each argument of a tool says what it is, and none is taken that is not listed", async () => {
  for (const tool of await listedTools(["core"])) {
    const { description, inputSchema, outputSchema } = describeOfficially(tool);
    assert(description, tool.name);
    assert.deepEqual([inputSchema.type, outputSchema?.type], ["object", "object"], tool.name);
    assert.equal(inputSchema["additionalProperties"], false, tool.name);
    for (const [name, property] of Object.entries(inputSchema.properties ?? {})) {
      const { description } = property as { readonly description?: string }; // A schema is an object here.
      assert(description, `${tool.name}: ${name}`);
    }
  }
});
