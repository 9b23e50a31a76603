import assert from "node:assert/strict";
import { openAuthorizer } from "../../../tools/authorizer.ts";
import { openRunbookLibrary } from "../../../tools/runbook/library.ts";
import { runbookList } from "../../../tools/runbook/list.ts";
import { runbookPreview } from "../../../tools/runbook/preview.ts";
import { runbookSearch } from "../../../tools/runbook/search.ts";
import { shapedText } from "../../../tools/shape.ts";
import { ROOT } from "../../services/server.ts";
import { testCallPath, testContext } from "../call_path.ts";
import { toolError } from "../tool_error.ts";

async function open(files: Readonly<Record<string, string>>, folder = "", allowed = (_id: string) => true) {
  const path = folder || await Deno.makeTempDir({ prefix: "runbooks-" });
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${path}/${name}.md`, text);
  }
  const library = openRunbookLibrary(path);
  const authorizer = {
    ...openAuthorizer,
    authorize: (request: Parameters<typeof openAuthorizer.authorize>[0]) =>
      allowed(String(request.args?.["runbook_id"]))
        ? openAuthorizer.authorize(request)
        : { allowed: false as const, rule: "r", reason: "no" },
  };
  const finding = { library, authorizer, preview: () => runbookPreview(library) };
  const { call } = testCallPath([runbookList(finding), runbookSearch(finding), runbookPreview(library)]);
  return {
    async run(tool: string, args: Record<string, unknown> = {}) {
      return JSON.parse((await call({ method: "tools/call", tool, args }, testContext())).text);
    },
    [Symbol.asyncDispose]: () => folder ? Promise.resolve() : Deno.remove(path, { recursive: true }),
  };
}

const page = (severity: string, more = "") => `---\ntitle: T\nseverity: ${severity}\n${more}---\n\n## Step\n\nDo it\n`;
// deno-lint-ignore no-explicit-any -- a result of JSON.parse
const ids = ({ runbooks }: any) => runbooks.map(({ id }: { id: string }) => id);

Deno.test("runbooks are listed the urgent ones first, page by page", async () => {
  await using found = await open({ a: page("info"), b: page("critical"), c: "## S\n", d: page("warning"), e: "x" });
  const { run } = found;
  const first = await run("runbook.list", { limit: 3 });
  assert.deepEqual([ids(first), first.returned, first.total], [["b", "d", "a"], 3, 4]);
  assert.deepEqual(first.warnings, ["1 cannot be read: e"]);
  assert.deepEqual(ids(await run("runbook.list", { cursor: first.next })), ["c"]);
  assert.deepEqual(ids(await run("runbook.list", { severity: "warning" })), ["d"]);
});

Deno.test("a runbook is found by all words of a search, wherever they stand, and by its alert", async (t) => {
  await using found = await open({}, `${ROOT}runbooks`);
  const { run } = found;
  const table: readonly (readonly [args: Record<string, unknown>, id: string])[] = [
    [{ query: "CRASH looping" }, "pod-crash-looping"],
    [{ query: "OOMKilled probe" }, "pod-crash-looping"],
    [{ alert: "kubepodcrashlooping" }, "pod-crash-looping"],
    [{ query: "rollout history --previous" }, "pod-crash-looping"],
  ];
  for (const [args, id] of table) {
    await t.step(JSON.stringify(args), async () => assert(ids(await run("runbook.search", args)).includes(id)));
  }
  const near = await run("runbook.search", { alert: "KubePodCrashLoping" });
  assert.deepEqual([near.total, near.warnings], [0, [
    "No runbook is for this alert; there are some for KubePodCrashLooping",
  ]]);
  await toolError("invalid_params", () => run("runbook.search"));
});

Deno.test("what a caller may not preview it does not find", async () => {
  await using found = await open({ a: page("info"), b: page("info") }, "", (id) => id !== "a");
  const { run } = found;
  assert.deepEqual(ids(await run("runbook.list")), ["b"]);
  assert.deepEqual(ids(await run("runbook.search", { query: "do" })), ["b"]);
});

Deno.test("a folder of prometheus-operator/runbooks' layout works whole", async () => {
  const text = (alert: string) =>
    `---\ntitle: Of ${alert}\nweight: 20\n---\n\n# ${alert}\n\n## Meaning\n\nIt is bad.\n\n<details>\nx\n</details>\n\n` +
    "## Impact\n\nUsers notice.\n\n## Diagnosis\n\n```shell\n$ kubectl get pods -n shop\n```\n\n## Mitigation\n\nMend it.\n";
  await using found = await open({
    "content/runbooks/kubernetes/KubePodCrashLooping": text("KubePodCrashLooping"),
    "content/runbooks/etcd/etcdNoLeader": text("etcdNoLeader"),
    "content/runbooks/general/Watchdog": text("Watchdog"),
    "content/runbooks/node/Watchdog": text("Watchdog"),
    "content/runbooks/kubernetes/_index": "---\ntitle: Kubernetes\n---\n",
    "content/_index": "---\ntitle: Home\n---\n",
    "README": "## Not a runbook\n",
  });
  const { run } = found;
  const list = await run("runbook.list");
  assert.deepEqual(ids(list), ["etcdnoleader", "kubepodcrashlooping"]);
  assert.deepEqual(list.warnings, ["1 cannot be read: watchdog"]);
  await toolError("tool_failed", () => run("runbook.preview", { runbook_id: "watchdog" }));
  assert.deepEqual(ids(await run("runbook.search", { alert: "KubePodCrashLooping" })), ["kubepodcrashlooping"]);
  const { title, summary, steps } = await run("runbook.preview", { runbook_id: "kubepodcrashlooping" });
  assert.deepEqual([title, summary], ["Of KubePodCrashLooping", "It is bad. Users notice."]);
  assert.deepEqual(
    steps.map(({ title, commands }: { title: string; commands: string[] }) => [title, commands]),
    [["Diagnosis", ["kubectl get pods -n shop"]], ["Mitigation", []]],
  );
});

Deno.test("a list of 400 runbooks costs under 2,000 tokens, and says how to get the rest", async () => {
  const summary = `summary: ${"word ".repeat(100)}\n`;
  await using found = await open(
    Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`r-${index}`, page("info", summary)])),
  );
  const { run } = found;
  const result = await run("runbook.list");
  assert(shapedText(JSON.stringify(result)).tokens < 2_000);
  assert(result.returned < 400 && result.total === 400 && result.next !== undefined);
});
