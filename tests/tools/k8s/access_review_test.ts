import assert from "node:assert/strict";
import { parseArguments } from "../../../tools/arguments.ts";
import { ToolError } from "../../../tools/error.ts";
import { type KubernetesClusterOptions, openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { k8sListPods } from "../../../tools/k8s/list_pods.ts";
import { clusterLogs } from "../../../tools/logs/cluster_logs.ts";
import { logsSearch } from "../../../tools/logs/search.ts";
import { type Grant, SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import type { Fault } from "../../services/kubernetes/faults.ts";
import { recordedText } from "../../services/kubernetes/recorded.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { MapCache } from "../prom/map_cache.ts";
import { call, callBy } from "./call.ts";
import { rejectsWith } from "./cluster.ts";

const LAB = { namespace: "mcp-lab", limit: 100 };
const SHOP = { namespace: "shop", limit: 100 };
const SHOP_PODS: Grant = { to: SERVICE_ACCOUNT, namespace: "shop", verbs: ["list"], resources: ["pods"] };

/** Ready to ask: the time of a review is not spent on loading the Kubernetes library. */
async function open(api: KubernetesApi, options: KubernetesClusterOptions = {}) {
  const source = { kind: "url", url: api.url, token: api.token, ca: api.certificates.authority } as const;
  const cluster = openKubernetesCluster(source, options);
  await cluster.warm();
  return cluster;
}

function reviewed(api: KubernetesApi) {
  return api.reviews.map(({ reviewed, url }) => reviewed ?? url.pathname.split("/").at(-1));
}

Deno.test("a right is reviewed before its first use in a namespace, and then no more for five minutes", async () => {
  await using api = await startKubernetesApi();
  api.grant(SHOP_PODS);
  let nowMs = 0;
  await using cluster = await open(api, { elapsed: () => nowMs });
  for (const request of [LAB, LAB, SHOP, LAB]) await cluster.listPods(request, call());
  const [lab, shop] = [LAB, SHOP].map(({ namespace }) => ({ verb: "list", resource: "pods", namespace }));
  assert.deepEqual(reviewed(api), [lab, shop]);
  nowMs = 299_999;
  await cluster.listPods(LAB, call());
  assert.equal(api.reviews.length, 2);
  nowMs = 300_000;
  await cluster.listPods(LAB, call());
  assert.deepEqual(reviewed(api), [lab, shop, lab]);
  assert.equal(api.requests.length, 6);
});

Deno.test("requests at once share one review", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  await Promise.all(Array.from({ length: 50 }, () => cluster.listPods(LAB, call())));
  assert.deepEqual([api.reviews.length, api.requests.length], [1, 50]);
});

Deno.test("a right that the server's account lacks is said in words, and its use is not attempted", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  await rejectsWith(
    cluster.listPods(SHOP, call()),
    "forbidden",
    `"${SERVICE_ACCOUNT}" may not list pods in namespace "shop"`,
    'Ask a cluster administrator for a Role that allows verb "list" on resource "pods" in namespace "shop", as ' +
      'Role mcp-reader in k8s/examples/read-namespace.yaml does, and a RoleBinding of it to service account "mcp-server" of namespace ' +
      '"mcp-lab"',
  );
  assert.equal(api.requests.length, 0);
  assert.deepEqual(reviewed(api), [{ verb: "list", resource: "pods", namespace: "shop" }, "selfsubjectreviews"]);
});

Deno.test("an account whose name the cluster does not tell is the server's", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  api.interfereWithReviews(({ reviewed }) => reviewed ? undefined : failure(404, "404 page not found"));
  await rejectsWith(
    cluster.listPods(SHOP, call()),
    "forbidden",
    'This server\'s account may not list pods in namespace "shop"',
    /, and a RoleBinding of it to this server's account$/,
  );
});

Deno.test("what the cluster says of a denial is passed on, shortened", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  const reason = `Not on a Sunday ${"!".repeat(1000)}`;
  api.interfereWithReviews(({ reviewed }) => reviewed && answerOf({ allowed: false, denied: true, reason }));
  const message = new RegExp(`may not list pods in namespace "mcp-lab": Not on a Sunday !{284}$`);
  await rejectsWith(cluster.listPods(LAB, call()), "forbidden", message, /mcp-reader/);
});

Deno.test("a denial is kept for 30 s, so that a right that was given works soon", async () => {
  await using api = await startKubernetesApi();
  let nowMs = 0;
  await using cluster = await open(api, { elapsed: () => nowMs });
  const refused = () => rejectsWith(cluster.listPods(SHOP, call()), "forbidden", /may not list pods/, /./);
  await refused();
  api.grant(SHOP_PODS);
  nowMs = 29_999;
  await refused();
  assert.equal(api.reviews.length, 2);
  nowMs = 30_000;
  assert.equal((await cluster.listPods(SHOP, call())).pods.length, 3);
});

Deno.test("a right that was taken is noticed at its next use, and said in the review's words from then on", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  await cluster.listPods(LAB, call());
  api.revoke(SERVICE_ACCOUNT);
  const words = `"${SERVICE_ACCOUNT}" may not list pods in namespace "mcp-lab"`;
  await rejectsWith(cluster.listPods(LAB, call()), "forbidden", words, /mcp-reader/);
  assert.deepEqual([api.reviews.length, api.requests.length], [1, 2]);
  await rejectsWith(cluster.listPods(LAB, call()), "forbidden", words, /mcp-reader/);
  assert.equal(api.requests.length, 2);
});

const ABSENT: readonly (readonly [what: string, fault: Fault])[] = [
  ["is forbidden", failure(403, recordedText("errors/403-anonymous.json"))],
  ["is not there", failure(404, recordedText("errors/404-unknown-path.json"))],
  ["fails", failure(500, "oops")],
  ["is too many", failure(429, "slow down")],
  ["wants other credentials", failure(401, recordedText("errors/401-bad-token.json"))],
  ["is a redirect", failure(302, "")],
  ["never comes", { kind: "hang" }],
  ["breaks off", { kind: "reset", afterBytes: 10 }],
  ["does not end", { kind: "stall", afterBytes: 10 }],
  ["is dropped", { kind: "drop" }],
  ["is no JSON", failure(201, "<html>")],
  ["is something else", failure(201, '{"kind":"Status","status":"Success"}')],
  ["is too large", failure(201, `{"kind":"SelfSubjectAccessReview","x":"${"x".repeat(70_000)}"}`)],
  ["was not made by all authorizers", answerOf({ allowed: false, evaluationError: "webhook: timeout" })],
];

Deno.test("where the review cannot be had, the request itself tells", async (t) => {
  await using api = await startKubernetesApi();
  for (const [what, fault] of ABSENT) {
    await t.step(`it ${what}`, async () => {
      await using cluster = await open(api, { requestTimeoutMs: 1_000 });
      api.interfereWithReviews(() => fault);
      assert.equal((await cluster.listPods(LAB, call())).pods.length, 47);
      const refused = `"${SERVICE_ACCOUNT}" may not list pods in namespace "shop"`;
      await rejectsWith(cluster.listPods(SHOP, call()), "forbidden", refused, /mcp-reader/);
      const before = api.reviews.length;
      await cluster.listPods(LAB, call());
      assert.equal(api.reviews.length, before, "it is not asked for again at once");
    });
  }
});

Deno.test("a review that hangs holds a call up for less than a request may take, and one caller's leaving is its own", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  const arrived = Promise.withResolvers<void>();
  api.interfereWithReviews(() => {
    arrived.resolve();
    return { kind: "hang" };
  });
  const startedMs = performance.now();
  const leaving = new AbortController();
  const reason = new ToolError("cancelled", "The caller went away");
  const left = assert.rejects(cluster.listPods(LAB, call(leaving.signal)), (error) => error === reason);
  const staying = cluster.listPods(LAB, call());
  await arrived.promise;
  leaving.abort(reason);
  await left;
  assert.equal(api.requests.length, 0, "the other still waits");
  assert.equal((await staying).pods.length, 47);
  assert(performance.now() - startedMs < 8_000, "less than a request may take");
  assert.deepEqual([api.reviews.length, api.requests.length], [1, 1]);
  await assert.rejects(cluster.listPods(LAB, call(AbortSignal.abort(reason))), (error) => error === reason);
});

Deno.test("closing the cluster drops a review that runs", async () => {
  await using api = await startKubernetesApi();
  const cluster = await open(api);
  const arrived = Promise.withResolvers<void>();
  api.interfereWithReviews(() => {
    arrived.resolve();
    return { kind: "hang" };
  });
  const listing = rejectsWith(cluster.listPods(LAB, call()), "unavailable", /is closed$/, /./);
  await arrived.promise;
  await cluster[Symbol.asyncDispose]();
  await listing;
  assert.equal(await api.reviews[0]?.ended, "dropped");
});

Deno.test("a cached answer waits for no review", async () => {
  await using api = await startKubernetesApi();
  const cache = new MapCache();
  await using first = await open(api);
  const args = { namespace: "mcp-lab" };
  const listing = k8sListPods(first, cache);
  const pods = await listing.run(parseArguments(listing, args), call());
  api.interfereWithReviews(() => ({ kind: "hang" }));
  await using second = await open(api);
  const cached = k8sListPods(second, cache);
  assert.deepEqual(await cached.run(parseArguments(cached, args), call()), pods);
  assert.deepEqual([api.reviews.length, api.requests.length], [1, 1]);
});

Deno.test("logs.search asks once for its two rights, however many logs it reads, and keeps both", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  const tool = logsSearch(clusterLogs(cluster));
  const search = () => tool.run(parseArguments(tool, { namespace: "mcp-lab", limit: 1 }), call());
  await search();
  const rights = [
    { verb: "list", resource: "pods", namespace: "mcp-lab" },
    { verb: "get", resource: "pods/log", namespace: "mcp-lab" },
  ];
  assert.deepEqual(reviewed(api), rights);
  await search();
  assert.deepEqual(reviewed(api), rights);
});

Deno.test("logs.search of who may list pods and not read their logs is refused in the review's words", async () => {
  await using api = await startKubernetesApi();
  api.grant(SHOP_PODS);
  await using cluster = await open(api);
  const tool = logsSearch(clusterLogs(cluster));
  await rejectsWith(
    tool.run(parseArguments(tool, { namespace: "shop" }), call()),
    "forbidden",
    `"${SERVICE_ACCOUNT}" may not get pods/log in namespace "shop"`,
    /verb "get" on resource "pods\/log" in namespace "shop", as Role mcp-reader in k8s\/examples\/read-namespace.yaml does/,
  );
  assert.deepEqual(api.requests.map(({ url }) => url.pathname), ["/api/v1/namespaces/shop/pods"]);
});

Deno.test("a right for some pods by name is used for them", async () => {
  await using api = await startKubernetesApi();
  const names = ["redis-mcp-0"];
  api.revoke(SERVICE_ACCOUNT);
  api.grant({ to: SERVICE_ACCOUNT, namespace: "mcp-lab", verbs: ["list"], resources: ["pods"], names });
  api.grant({ to: SERVICE_ACCOUNT, namespace: "mcp-lab", verbs: ["get"], resources: ["pods/log"], names });
  await using cluster = await open(api);
  const tool = logsSearch(clusterLogs(cluster));
  const search = (pod: string) => tool.run(parseArguments(tool, { namespace: "mcp-lab", pod }), call());
  assert((await search("redis-mcp-0")).returned > 0);
  await rejectsWith(search("postgres-mcp-0"), "forbidden", /may not list pods in namespace "mcp-lab"$/, /./);
});

Deno.test("each identity has its own reviews", async () => {
  await using api = await startKubernetesApi();
  const impersonate = ["users", "groups", "userextras/mcp-record-id.authentication.k8s.io"];
  api.grant({ to: SERVICE_ACCOUNT, verbs: ["impersonate"], resources: impersonate });
  api.grant({ to: "alice", namespace: "mcp-lab", verbs: ["list"], resources: ["pods"] });
  await using cluster = await open(api, { impersonate: { prefix: "" } });
  const list = (name: string, groups: string[] = []) => cluster.listPods(LAB, callBy(name, groups));
  for (let i = 0; i < 2; i++) {
    await list("alice");
    await rejectsWith(list("bob"), "forbidden", '"bob" may not list pods in namespace "mcp-lab"', /user "bob"$/);
    await list("alice", ["sre"]);
  }
  assert.deepEqual(api.reviews.map(({ headers }) => [headers["impersonate-user"], headers["impersonate-group"]]), [
    [["alice"], undefined],
    [["bob"], undefined],
    [["alice"], ["sre"]],
  ]);
});

function failure(status: number, body: string): Fault {
  const contentType = body.startsWith("{") ? "application/json" : "text/plain";
  return { kind: "answer", answer: { status, contentType, body } };
}

function answerOf(status: Record<string, unknown>): Fault {
  const review = { kind: "SelfSubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec: {} };
  return failure(201, JSON.stringify({ ...review, status }));
}
