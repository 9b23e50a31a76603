/**
 * Runs the official conformance suite for both eras, on one replica with the direct way and without it, and on three, and
 * prints the scoreboard.
 */
import { startOne, startThree, startWithoutDirect } from "./deployments.ts";
import { REVISIONS } from "./expected.ts";
import { scoreOf } from "./scoreboard.ts";
import { runSuite } from "./suite.ts";

let departed = false;
for (const start of [startOne, startWithoutDirect, startThree]) {
  await using deployment = await start();
  for (const revision of REVISIONS) {
    const { line, departures } = scoreOf(revision, await runSuite(deployment.url, revision));
    // deno-lint-ignore no-console -- It is a program's output.
    console.log(`${deployment.name} · ${line}${departures.map((departure) => `\n  ${departure}`).join("")}`);
    departed ||= departures.length > 0;
  }
  const { direct, sdk } = await deployment.ways();
  // deno-lint-ignore no-console -- As above.
  console.log(`${deployment.name} · ${direct} messages answered directly, ${sdk} by the SDK`);
}
Deno.exit(departed ? 1 : 0);
