import assert from "node:assert/strict";
import type { Notice } from "../../../tools/call_context.ts";
import { ToolError } from "../../../tools/error.ts";
import type { LogAnswer, LogRequest } from "../../../tools/k8s/cluster.ts";
import { searchAll } from "../../../tools/logs/search_all.ts";
import { call } from "../k8s/call.ts";

const REQUEST = { namespace: "n", lines: 10, bytesMax: 1000, previous: false };
const FILTER = { matches: () => true, charsMax: Infinity };
const TARGETS = ["a", "b", "c"].map((pod) => ({ pod, container: "main" }));

Deno.test("logs that come within the time of a search are the answer, the others are named", async () => {
  const searched = await searchAll({ readLog: allBut("b", () => new Promise(() => {})) }, TARGETS, REQUEST, {
    filter: FILTER,
    limit: 10,
    call: call(),
    readMs: 50,
  });
  assert.deepEqual(searched.map(({ reading, scan }) => [reading.kind, scan?.matched]), [
    ["read", 1],
    ["refused", undefined],
    ["read", 1],
  ]);
  const { reading } = searched[1] ?? {};
  assert(reading?.kind === "refused");
  assert.equal(reading.error.message, "The log was not read within the 50 ms of a search");
});

Deno.test("logs that are all refused alike are one error, otherwise they are named", async (t) => {
  const search = (errors: readonly ToolError[]) => {
    const rest = [...errors];
    const readLog = () => Promise.reject(rest.shift());
    return searchAll({ readLog }, TARGETS, REQUEST, { filter: FILTER, limit: 10, call: call() });
  };
  const forbidden = new ToolError("forbidden", "No");
  const away = new ToolError("unavailable", "Away");
  await t.step("alike", async () => {
    await assert.rejects(search([forbidden, forbidden, forbidden]), (error) => error === forbidden);
  });
  await t.step("otherwise", async () => {
    const searched = await search([forbidden, away, forbidden]);
    assert.deepEqual(searched.map(({ reading }) => reading.kind), ["refused", "refused", "refused"]);
  });
});

Deno.test("a search whose caller goes away has no answer, whatever it has read", async () => {
  const caller = new AbortController();
  const reason = new ToolError("cancelled", "The caller went away");
  const readLog = allBut("c", () => {
    setTimeout(() => caller.abort(reason), 0); // The others have been read by then.
    return new Promise(() => {});
  });
  const search = searchAll({ readLog }, TARGETS, REQUEST, { filter: FILTER, limit: 10, call: call(caller.signal) });
  await assert.rejects(search, (error) => error === reason);
});

Deno.test("a search tells how far it is, also where a log cannot be read", async () => {
  const told: Notice[] = [];
  const readLog = allBut("b", () => Promise.reject(new ToolError("unavailable", "Away")));
  const telling = { ...call(), notify: (notice: Notice) => void told.push(notice) };
  await searchAll({ readLog }, TARGETS, REQUEST, { filter: FILTER, limit: 10, call: telling });
  assert.deepEqual(
    told,
    [1, 2, 3].map((progress) => ({
      progress,
      total: 3,
      message: `Searched ${progress} of 3 logs`,
    })),
  );
});

Deno.test("a search of no logs finds nothing", async () => {
  const readLog = () => Promise.reject(new Error("Not asked"));
  assert.deepEqual(await searchAll({ readLog }, [], REQUEST, { filter: FILTER, limit: 10, call: call() }), []);
});

function allBut(pod: string, other: () => Promise<LogAnswer>) {
  return (request: LogRequest): Promise<LogAnswer> =>
    request.pod === pod ? other() : Promise.resolve({ kind: "read", text: "x\n", cut: false });
}
