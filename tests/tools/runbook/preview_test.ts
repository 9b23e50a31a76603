import assert from "node:assert/strict";
import { parseArguments } from "../../../tools/arguments.ts";
import { describeTool } from "../../../tools/describe.ts";
import { ToolError } from "../../../tools/error.ts";
import type { Runbook } from "../../../tools/runbook/runbook.ts";
import { runbookPreview } from "../../../tools/runbook/preview.ts";

const shown = {
  id: "disk-full",
  title: "Disk is full",
  summary: "Writes fail.",
  severity: "critical",
  steps: [{ number: 1, title: "Look", text: "[command 1]", commands: ["df -h"] }],
  links: [{ title: "df", url: "https://example.org/df" }],
} as const;
const runbook: Runbook = { ...shown, alerts: ["DiskFull"] };

const call = {
  principal: { name: "default", authMethod: "none", roles: [] },
  signal: new AbortController().signal,
  notify: () => {},
  recordId: "record-1",
} as const;

Deno.test("runbook.preview is listed as the guide prints it", () => {
  assert.deepEqual(describeTool(runbookPreview({ read: () => Promise.resolve(runbook) })), {
    name: "runbook.preview",
    description: "Preview runbook",
    parameters: { runbook_id: { type: "string", required: true } },
  });
});

Deno.test("runbook.preview gives the runbook in its output schema's shape", async () => {
  const tool = runbookPreview({ read: (id) => Promise.resolve({ ...runbook, id }) });
  const result = await tool.run({ runbook_id: "disk-full" }, call);
  assert.deepEqual(result, shown);
  assert.deepEqual(tool.output.parse(result), result);
});

Deno.test("runbook.preview takes one runbook_id and nothing else", async (t) => {
  const tool = runbookPreview({ read: () => Promise.resolve(runbook) });
  const table: readonly (readonly [args: unknown, words: RegExp])[] = [
    [{}, /runbook_id: expected string, but got nothing/],
    [{ runbook_id: 7 }, /runbook_id: expected string, but got 7/],
    [{ runbook_id: "a", execute: true }, /execute: no such parameter/],
  ];
  for (const [args, words] of table) {
    await t.step(JSON.stringify(args), () => {
      assert.throws(
        () => parseArguments(tool, args),
        (error) => error instanceof ToolError && error.kind === "invalid_params" && words.test(error.message),
      );
    });
  }
});
