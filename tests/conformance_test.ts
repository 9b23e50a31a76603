import assert from "node:assert/strict";
import { startOne, startThree, startWithoutDirect } from "./conformance/deployments.ts";
import { EXPECTED, REVISIONS } from "./conformance/expected.ts";
import { scoreOf } from "./conformance/scoreboard.ts";
import { runSuite } from "./conformance/suite.ts";

/** How many of the suite's messages qualify for the direct way, at least: what it asks may change with its version. */
const DIRECT_MIN = 25;

const DEPLOYMENTS = [
  ["one replica", startOne, DIRECT_MIN],
  ["one replica where the SDK answers all", startWithoutDirect, 0],
  ["three replicas without stickiness", startThree, DIRECT_MIN],
] as const;

for (const [where, start, directMin] of DEPLOYMENTS) {
  Deno.test(`the official conformance suite passes on ${where}`, async (t) => {
    await using deployment = await start();
    // The later revision comes first: each of its calls can then be told in the figures of a server that is new.
    for (const revision of REVISIONS.toReversed()) {
      await t.step(`for ${revision}`, async () => {
        assert.deepEqual(scoreOf(revision, await runSuite(deployment.url, revision)).departures, []);
      });
      if (start !== startOne || revision !== "2026-07-28") continue;
      await t.step("what it calls takes the call path, and an answer of its client is a call of its own", async () => {
        const metrics = await (await fetch(new URL("/metrics", deployment.url))).text();
        const callsOf = (tool: string) =>
          Number(new RegExp(`^mcp_tool_calls_total\\{tool="${tool}",outcome="ok"\\} (\\d+)$`, "m").exec(metrics)?.[1]);
        assert.equal(callsOf("test_image_content"), 1);
        assert.equal(callsOf("test_input_required_result_multi_round"), 3);
      });
    }
    const { direct, sdk } = await deployment.ways();
    assert(directMin === 0 ? direct === 0 : direct >= directMin, `${direct} were answered directly, ${sdk} by the SDK`);
    const faults = deployment.output().split("\n").filter((line) => /^(?:ERROR|WARN)/.test(line));
    assert.deepEqual(faults, [], "a client's mistake is no fault of the server");
  });
}

Deno.test("a scenario that fails, was not run, or passes beyond what is expected departs from the scoreboard", () => {
  const { scored, unscored } = EXPECTED["2025-11-25"];
  const [failing = "", missing, ...rest] = [...scored, ...unscored];
  const { line, departures } = scoreOf("2025-11-25", [
    ...rest.map((scenario) => ({ scenario, passed: true, complaints: [] })),
    { scenario: failing, passed: false, complaints: ["a check: its reason"] },
    { scenario: "tasks-lifecycle", passed: true, complaints: [] },
  ]);
  assert.equal(line, "2025-11-25: 28/30 scored, 3/3 unscored");
  assert.deepEqual(departures, [
    `${failing} fails: a check: its reason`,
    `${missing} fails: it was not run`,
    "tasks-lifecycle passes and is not among those that are expected to",
  ]);
});
