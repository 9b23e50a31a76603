import assert from "node:assert/strict";
import { parseTimestamp, printTimestamp } from "../../../storage/audit/columns.ts";

Deno.test("a time has one form: every other is no time, so that no edit of it passes for the same", () => {
  const text = "2024-01-15 10:35:23.456";
  assert.equal(parseTimestamp(text), Date.UTC(2024, 0, 15, 10, 35, 23, 456));
  assert.equal(printTimestamp(parseTimestamp(text)), text);
  const others = [
    "2024-01-15T10:35:23.456",
    "2024-01-15 10:35:23.4560",
    "2024-01-15 10:35:23.456Z",
    "2024-01-15 10:35:23",
    "2024-01-15 24:00:00.000",
    "2024-02-30 10:35:23.456",
    " 2024-01-15 10:35:23.456",
    "infinity",
    "",
  ];
  for (const other of others) assert.equal(parseTimestamp(other), NaN, other);
});
