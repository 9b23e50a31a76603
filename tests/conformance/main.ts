/** Runs the official conformance suite for both eras, on one replica and on three, and prints the scoreboard. */
import { startOne, startThree } from "./deployments.ts";
import { REVISIONS } from "./expected.ts";
import { scoreOf } from "./scoreboard.ts";
import { runSuite } from "./suite.ts";

let departed = false;
for (const start of [startOne, startThree]) {
  await using deployment = await start();
  for (const revision of REVISIONS) {
    const { line, departures } = scoreOf(revision, await runSuite(deployment.url, revision));
    // deno-lint-ignore no-console -- It is a program's output.
    console.log(`${deployment.name} · ${line}${departures.map((departure) => `\n  ${departure}`).join("")}`);
    departed ||= departures.length > 0;
  }
}
Deno.exit(departed ? 1 : 0);
