import assert from "node:assert/strict";
import { hideInJsonBlocks } from "../../../tools/logs/json_blocks.ts";

const AT = "2026-11-22T10:16:08.881109301Z";

const LOGS: readonly (readonly [name: string, lines: readonly string[], expected: readonly string[]])[] = [
  [
    "under a secret's name",
    ["a", "{", '  "password": {', '    "inner": "made-up"', "  },", '  "n": 1.0', "}", "b"],
    ["a", "{", '  "password": {', '    "inner": "[REDACTED]"', "  },", '  "n": 1.0', "}", "b"],
  ],
  [
    "beside a secret's name, after other words",
    ["env: [", "\t{", '\t\t"name": "DB_PASSWORD",', '\t\t"value": "made-up"', "\t}", "]"],
    ["env: [", "\t{", '\t\t"name": "DB_PASSWORD",', '\t\t"value": "[REDACTED]"', "\t}", "]"],
  ],
  [
    "which is printed otherwise, and goes as a whole",
    ["{", '  "tokens": [', '    "a", "b"', "  ]", "}"],
    ["[REDACTED]", "[REDACTED]", "[REDACTED]", "[REDACTED]", "[REDACTED]"],
  ],
  [
    "but not without one, however it is printed",
    ["{", '   "a" : [1.0,', "2]", "}"],
    ["{", '   "a" : [1.0,', "2]", "}"],
  ],
  ["but not where it ends in other words", ["{", '  "a": [', "INFO stopped"], ["{", '  "a": [', "INFO stopped"]],
];

Deno.test("of JSON over several lines of a log the secrets are taken out", async (t) => {
  for (const [name, lines, expected] of LOGS) {
    await t.step(name, () => {
      const timed = (list: readonly string[]) => list.map((line) => `${AT} ${line}`);
      assert.deepEqual(hideInJsonBlocks(timed(lines)), timed(expected));
      assert.deepEqual(hideInJsonBlocks(lines), expected);
    });
  }
});

Deno.test("JSON over several lines takes linear time, whoever wrote it", async (t) => {
  const logs: Readonly<Record<string, readonly string[]>> = {
    "that only opens": Array<string>(200_000).fill("{"),
    "that opens and breaks off": Array.from({ length: 200_000 }, (_, line) => line % 2 === 0 ? "[" : "words"),
    "that nests": [...Array<string>(900).fill('{ "a": ['), ...Array<string>(900).fill("] }")],
    "of one secret each": Array.from({ length: 100_000 }, (_, line) => ["{", '"token": "a"', "}"][line % 3] ?? ""),
    "in long lines": Array<string>(40).fill(`${"[ ".repeat(25_000)}[`),
    "of white space": Array<string>(40).fill(`{${" ".repeat(50_000)}x`),
  };
  for (const [name, lines] of Object.entries(logs)) {
    await t.step(name, () => {
      const start = performance.now();
      hideInJsonBlocks(lines);
      assert(performance.now() - start < 3_000);
    });
  }
});
