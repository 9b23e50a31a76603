import assert from "node:assert/strict";
import { callByOddNames, callContext, callWithArguments, sendMalformed } from "./secrets/calls.ts";
import { showCredentials } from "./secrets/credentials.ts";
import { askOverHttp } from "./secrets/http.ts";
import { meetErrors, queryPrometheus, readLogs } from "./secrets/outside.ts";
import { readRunbooks } from "./secrets/runbooks.ts";
import { failToStart } from "./secrets/starts.ts";
import { callInAnOutage, exportAudit, readLeft } from "./secrets/stores.ts";
import { openWorld, type World } from "./secrets/world.ts";

/** The ways by which secrets go in, and then those by which they could come out. */
const WAYS: readonly ((world: World) => Promise<void>)[] = [
  callContext,
  callWithArguments,
  callByOddNames,
  sendMalformed,
  readLogs,
  meetErrors,
  queryPrometheus,
  readRunbooks,
  askOverHttp,
  callInAnOutage,
  exportAudit,
  failToStart,
  readLeft,
];

Deno.test("of over a hundred planted secrets none comes out but in the results of ctx.*", async () => {
  await using world = await openWorld();
  const { planted, own, sinks } = world;
  assert(planted.length >= 100 && new Set(planted.map(({ kind }) => kind)).size >= 20);
  for (const way of WAYS) await way(world);
  assert.deepEqual(sinks.leaks([...planted, ...own]), []);
  // They were there: each of these tells that something was taken out.
  const expected = ["public.audit_logs", "audit:spool", "audit export --format csv", "settings that are refused"];
  for (const sink of expected) assert.match(sinks.textOf(sink), /\[REDACTED\]/, sink);
});

Deno.test("of the credentials that callers show, right and wrong, none comes out", async () => {
  const { planted, sinks } = await showCredentials();
  assert.deepEqual(sinks.leaks(planted), []);
});
