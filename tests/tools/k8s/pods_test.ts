import assert from "node:assert/strict";
import type { PodSummary } from "../../../tools/k8s/cluster.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { recordedText } from "../../services/kubernetes/recorded.ts";
import { CROWD_PODS } from "../../services/kubernetes/world.ts";
import { call } from "./call.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";

/** Namespaces of the test API, and what kubectl printed for them. */
const ORACLES: readonly (readonly [namespace: string, file: string, rows: number])[] = [
  ["mcp-lab", "oracle/get-pods.txt", 47],
  ["patched", "oracle/patched-get-pods-wide.txt", 13],
];

Deno.test("pods have the name, ready and status that kubectl printed", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  for (const [namespace, file, rows] of ORACLES) {
    await t.step(`in ${namespace}, ${rows} rows`, async () => {
      const expected = printedPods(recordedText(file));
      assert.equal(expected.length, rows);
      const { pods, next, warnings } = await cluster.listPods({ namespace, limit: 500 }, call());
      assert.deepEqual(pods, expected);
      assert.deepEqual([next, warnings], [undefined, []]);
    });
  }
  await t.step("in shop, among those of all namespaces", async () => {
    const all = recordedText("oracle/get-pods-all-namespaces.txt").split("\n").filter((line) => /^shop /.test(line));
    const expected = printedPods(["NAME READY", ...all.map((line) => line.replace(/^shop +/, ""))].join("\n"));
    const { pods } = await cluster.listPods({ namespace: "shop", limit: 500 }, call());
    assert.deepEqual(pods, expected);
  });
});

Deno.test("pods are asked for as a Table without objects", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  await cluster.listPods({ namespace: "mcp-lab", limit: 3 }, call());
  const { url, accept } = api.requests[0] ?? {};
  assert.equal(url?.pathname, "/api/v1/namespaces/mcp-lab/pods");
  assert.equal(url?.search, "?limit=3&includeObject=None");
  assert.equal(accept, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
});

Deno.test("pages of a namespace of 5,000 pods give each pod once, in order", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const names: string[] = [];
  let continueToken: string | undefined;
  let pages = 0;
  do {
    const page = await cluster.listPods({ namespace: "crowd", limit: 450, continueToken }, call());
    names.push(...page.pods.map(({ name }) => name));
    assert.equal(page.remaining, page.next === undefined ? undefined : CROWD_PODS - names.length);
    continueToken = page.next;
    pages++;
  } while (continueToken !== undefined);
  assert.equal(pages, 12);
  assert.equal(api.reviews.length, 1);
  assert.equal(new Set(names).size, CROWD_PODS);
  assert.deepEqual(names, names.toSorted());
});

Deno.test("cells are found by the name of their column, wherever it stands", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const table = {
    kind: "Table",
    metadata: {},
    columnDefinitions: [{ name: "Status" }, { name: "New" }, { name: "Name" }, { name: "Ready" }],
    rows: [{ cells: ["Running", 7, "redis-0", "1/1"] }],
  };
  api.interfere(() => answer(200, JSON.stringify(table)));
  const { pods } = await cluster.listPods({ namespace: "mcp-lab", limit: 1 }, call());
  assert.deepEqual(pods, [{ name: "redis-0", status: "Running", ready: "1/1" }]);
});

Deno.test("an answer that is no table of pods is an error that says so", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const table = (columns: string[]) =>
    JSON.stringify({ kind: "Table", metadata: {}, columnDefinitions: columns.map((name) => ({ name })), rows: [] });
  const wrong: readonly (readonly [body: string, message: RegExp])[] = [
    ["<html>", /^Cannot read the Kubernetes API's answer: it is no JSON$/],
    ["", /it is no JSON$/],
    ["null", /answer: it: Invalid input/],
    ['{"kind":"PodList","metadata":{},"items":[]}', /answer: kind: /],
    [table(["Name", "Ready"]), /has no column "Status"$/],
  ];
  for (const [body, message] of wrong) {
    await t.step(body.slice(0, 40) || "nothing", async () => {
      api.interfere(() => answer(200, body));
      const listing = cluster.listPods({ namespace: "mcp-lab", limit: 1 }, call());
      await rejectsWith(listing, "tool_failed", message, /whether the configured URL is that of a Kubernetes API$/);
    });
  }
});

Deno.test("an answer beyond the bound is not read to its end", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const body = new Uint8Array(33_554_432 + 1_048_576).fill(0x20);
  const answer = { status: 200, contentType: "application/json", body };
  api.interfere(() => ({ kind: "stall", afterBytes: body.length - 1, answer }));
  await rejectsWith(
    cluster.listPods({ namespace: "mcp-lab", limit: 1 }, call()),
    "tool_failed",
    "The Kubernetes API's answer is larger than the 33554432 bytes that are read",
    "Ask for fewer: use a smaller limit",
  );
  assert.equal(await api.requests[0]?.ended, "dropped");
});

function answer(status: number, body: string) {
  return { kind: "answer", answer: { status, contentType: "application/json", body } } as const;
}

/** Name, status and ready from what `kubectl get pods` printed. */
function printedPods(text: string): PodSummary[] {
  return text.trimEnd().split("\n").slice(1).map((line) => {
    const [name = "", ready = "", status = ""] = line.split(/ {2,}|\s+/);
    return { name, status, ready };
  });
}
