import assert from "node:assert/strict";
import { chooseToolsets, TOOLSET_WORDS, TOOLSETS } from "../../tools/toolsets.ts";

for (
  const { words, toolsets } of [
    { words: [], toolsets: ["core"] },
    { words: ["core"], toolsets: ["core"] },
    { words: ["k8s-write", "ctx"], toolsets: ["core", "ctx", "k8s-write"] },
    { words: ["all"], toolsets: ["core", "ctx", "k8s", "prom", "logs", "runbook", "audit"] },
    {
      words: ["all", "runbook-run"],
      toolsets: ["core", "ctx", "k8s", "prom", "logs", "runbook", "runbook-run", "audit"],
    },
  ]
) {
  Deno.test(`TOOLSETS "${words.join(",")}" turns on ${toolsets.join(", ")}`, () => {
    assert.deepEqual([...chooseToolsets(words)], toolsets);
  });
}

Deno.test("every toolset can be named", () => {
  assert.deepEqual(TOOLSET_WORDS, [...Object.keys(TOOLSETS), "all"]);
});
