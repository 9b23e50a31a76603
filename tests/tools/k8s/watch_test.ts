import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArguments } from "../../../tools/arguments.ts";
import { k8sListPods } from "../../../tools/k8s/list_pods.ts";
import { type KubernetesClusterOptions, openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { podEventReader } from "../../../tools/k8s/watch/pod_events.ts";
import { SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { recordedText } from "../../services/kubernetes/recorded.ts";
import { startServer } from "../../services/server.ts";
import { openSocket } from "../../services/socket.ts";
import { call, callBy } from "./call.ts";
import { rejectsWith } from "./cluster.ts";

const LAB = "mcp-lab";
const TIMING = { backoffMsMin: 10, backoffMsMax: 20, brokenMsMax: 60_000 };
const NO_CACHE = {
  get: () => Promise.resolve(undefined),
  set: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** A cluster as the service account, whose pods are watched, and the tool over it. */
function openWatched(api: KubernetesApi, options: KubernetesClusterOptions = {}) {
  const source = { kind: "url", url: api.url, token: api.token, ca: api.certificates.authority } as const;
  const cluster = openKubernetesCluster(source, { watch: "every", watchTiming: TIMING, ...options });
  const tool = k8sListPods(cluster, NO_CACHE);
  return {
    cluster,
    list: (namespace = LAB, by = call()) => tool.run(parseArguments(tool, { namespace }), by),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

type Watched = ReturnType<typeof openWatched>;
type Listed = Awaited<ReturnType<Watched["list"]>>;

const isWatched = ({ warnings = [] }: Listed) => warnings.some((warning) => warning.startsWith("From a watch"));

/** Lists until the answer is as it should be. @throws after 20 s, with the last answer */
async function listed(watched: Watched, fits: (page: Listed) => boolean, namespace = LAB): Promise<Listed> {
  const deadlineMs = performance.now() + 20_000;
  for (;;) {
    const page = await watched.list(namespace);
    if (fits(page)) return page;
    assert(performance.now() < deadlineMs, JSON.stringify(page));
    await sleep(5);
  }
}

async function becomes(expected: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!expected()) {
    assert(performance.now() < deadlineMs, String(expected));
    await sleep(5);
  }
}

function pod(name: string, phase: string, namespace = LAB) {
  const containerStatuses = [{ ready: phase === "Running", restartCount: 0 }];
  return {
    ...{ kind: "Pod", apiVersion: "v1", metadata: { name, namespace } },
    ...{ spec: { containers: [{ name: "main" }] }, status: { phase, containerStatuses } },
  };
}

const statusOf = (page: Listed, name: string) => page.pods.find((one) => one.name === name)?.status;
const lists = (api: KubernetesApi) => api.requests.filter(({ url }) => !url.searchParams.has("watch")).length;

Deno.test("the lines of a recorded watch are read as they came, and one that is too old is gone", () => {
  const linesOf = (file: string) => recordedText(`watch/${file}`).trim().split("\n");
  assert.deepEqual(linesOf("pods-shop-table.ndjson").map(podEventReader()), [
    {
      kind: "put",
      pods: [{ name: "cart-849d95f46-g7hp8", ready: "0/1", status: "CrashLoopBackOff" }],
      version: "1804",
    },
    { kind: "put", pods: [{ name: "storefront-76cd6f9d57-4k47k", ready: "1/1", status: "Running" }], version: "1188" },
    { kind: "put", pods: [{ name: "storefront-76cd6f9d57-67gqn", ready: "1/1", status: "Running" }], version: "1113" },
  ]);
  assert.deepEqual(linesOf("410-too-old.ndjson").map(podEventReader()), [{ kind: "gone" }]);
});

Deno.test("a pod that is added, changed or removed is seen without another list", async (t) => {
  await using api = await startKubernetesApi();
  await using watched = openWatched(api);
  const first = await watched.list();
  assert(!isWatched(first), "the first answer is the cluster's");
  const second = await listed(watched, isWatched);
  assert.deepEqual(second.pods, first.pods);
  assert.match(second.warnings?.[0] ?? "", /^From a watch of the cluster, last heard \d s ago$/);
  const before = lists(api);
  await t.step("added", async () => {
    api.put("pods", pod("a-new-one", "Pending"));
    const page = await listed(watched, (page) => statusOf(page, "a-new-one") === "Pending");
    assert.deepEqual(page.pods.map(({ name }) => name), page.pods.map(({ name }) => name).toSorted());
  });
  await t.step("changed", async () => {
    api.put("pods", pod("a-new-one", "Running"));
    await listed(watched, (page) => statusOf(page, "a-new-one") === "Running");
  });
  await t.step("of another namespace", async () => {
    api.put("pods", pod("elsewhere", "Running", "shop"));
    api.watches.bookmark();
    assert.equal(statusOf(await watched.list(), "elsewhere"), undefined);
  });
  await t.step("removed", async () => {
    api.removePod(LAB, "a-new-one");
    await listed(watched, (page) => statusOf(page, "a-new-one") === undefined);
  });
  await t.step("after a break, with what came meanwhile", async () => {
    for (const end of ["drop", "end"] as const) {
      api.watches[end]();
      api.put("pods", pod(`after-${end}`, "Running"));
      await listed(watched, (page) => isWatched(page) && statusOf(page, `after-${end}`) === "Running");
    }
  });
  assert.equal(lists(api), before);
  const [state] = watched.cluster.watches();
  assert.deepEqual([state?.namespace, state?.lists, state?.pods], [LAB, 1, first.pods.length + 2]);
});

Deno.test("a watch whose version is not known any more begins with a list again", async () => {
  await using api = await startKubernetesApi();
  await using watched = openWatched(api);
  await watched.list();
  await listed(watched, isWatched);
  for (const lists of [2, 3]) {
    api.watches.forget();
    api.put("pods", pod(`of-list-${lists}`, "Running"));
    await listed(watched, (page) => isWatched(page) && statusOf(page, `of-list-${lists}`) === "Running");
    assert.equal(watched.cluster.watches()[0]?.lists, lists);
  }
});

Deno.test("a watch that stays broken answers for a while and says so, and then the cluster is asked", async () => {
  await using api = await startKubernetesApi();
  let nowMs = 0;
  const elapsed = () => nowMs;
  await using watched = openWatched(api, { elapsed, watchTiming: { ...TIMING, brokenMsMax: 10_000 } });
  await watched.list();
  await listed(watched, isWatched);
  await becomes(() => api.watches.open === 1);
  api.interfere(({ url }) => url.searchParams.has("watch") ? { kind: "drop" } : undefined);
  api.watches.drop();
  await becomes(() => watched.cluster.watches()[0]?.connected === false);
  nowMs = 9_000;
  const page = await watched.list();
  assert.equal(page.warnings?.[0], "From a watch of the cluster, which is broken now, last heard 9 s ago");
  nowMs = 11_000;
  const before = lists(api);
  assert(!isWatched(await watched.list()));
  assert.equal(lists(api), before + 1);
  api.interfere();
  await listed(watched, isWatched);
});

Deno.test("a watch that says nothing for too long is begun anew, and bookmarks count", async () => {
  await using api = await startKubernetesApi();
  await using watched = openWatched(api, { watchTiming: { ...TIMING, silenceMsMax: 300 } });
  await watched.list();
  await listed(watched, isWatched);
  await becomes(() => api.watches.open === 1);
  const begun = () => api.requests.filter(({ url }) => url.searchParams.has("watch"));
  const { length } = begun();
  for (let told = 0; told < 8; told++) {
    api.watches.bookmark();
    await sleep(60);
  }
  assert.equal(begun().length, length, "bookmarks keep it");
  await becomes(() => begun().length > length);
  const [versions, marked] = [begun().map(({ url }) => Number(url.searchParams.get("resourceVersion"))), 8];
  assert.equal((versions.at(-1) ?? 0) - (versions[0] ?? 0), marked, "it goes on from the last bookmark");
});

Deno.test("nobody is shown from a watch what the account may not see", async (t) => {
  await using api = await startKubernetesApi();
  const list = { to: SERVICE_ACCOUNT, verbs: ["list"], resources: ["pods"] };
  await t.step("it may list and not watch: the cluster answers", async () => {
    api.grant({ ...list, namespace: "shop" });
    const warnings: string[] = [];
    await using watched = openWatched(api, { warn: (message) => warnings.push(message) });
    for (const _ of [1, 2, 3]) assert(!isWatched(await watched.list("shop")));
    await becomes(() => warnings.length > 0);
    assert.deepEqual(warnings, [
      'The pods of namespace "shop" are not watched, and are listed instead: ' +
      '"system:serviceaccount:mcp-lab:mcp-server" may not watch pods in namespace "shop"; ' +
      "Role mcp-pod-watcher in k8s/examples/watch-pods.yaml allows it",
    ]);
    assert.equal(api.requests.filter(({ url }) => url.searchParams.has("watch")).length, 0);
  });
  await t.step("it may not list any more: refused, though the watch goes on", async () => {
    let nowMs = 0;
    await using watched = openWatched(api, { elapsed: () => nowMs });
    await watched.list();
    await listed(watched, isWatched);
    api.revoke(SERVICE_ACCOUNT);
    nowMs = 300_001; // As long as the cluster's allowance is believed.
    api.watches.bookmark();
    await rejectsWith(watched.list(), "forbidden", /may not list pods in namespace "mcp-lab"/, /mcp-reader/);
  });
  await t.step("it may not watch any more: what the watch knew is forgotten when it ends", async () => {
    api.grant({ ...list, verbs: ["list", "watch"], namespace: LAB });
    await using watched = openWatched(api);
    await watched.list();
    await listed(watched, isWatched);
    api.revoke(SERVICE_ACCOUNT);
    api.watches.end();
    await becomes(() => watched.cluster.watches()[0]?.pods === 0);
  });
  await t.step("callers are impersonated: nothing is watched", async () => {
    api.grant({ to: SERVICE_ACCOUNT, verbs: ["impersonate"], resources: ["users"] });
    api.grant({
      ...{ to: SERVICE_ACCOUNT, verbs: ["impersonate"] },
      resources: ["userextras/mcp-record-id.authentication.k8s.io"],
    });
    api.grant({ to: "mcp:alice", verbs: ["list", "watch"], resources: ["pods"] });
    await using watched = openWatched(api, { impersonate: { prefix: "mcp:" } });
    for (const _ of [1, 2]) assert(!isWatched(await watched.list(LAB, callBy("alice"))));
    assert.deepEqual(watched.cluster.watches(), []);
    await rejectsWith(watched.list(LAB, callBy("bob")), "forbidden", /"mcp:bob" may not list/, /./);
  });
});

Deno.test("only namespaces that were named are watched, and only while somebody asks", async () => {
  await using api = await startKubernetesApi();
  let nowMs = 0;
  const watchTiming = { ...TIMING, idleMsMax: 40 };
  await using watched = openWatched(api, { watch: [LAB], watchTiming, elapsed: () => nowMs });
  api.grant({ to: SERVICE_ACCOUNT, verbs: ["list", "watch"], resources: ["pods"], namespace: "shop" });
  for (const _ of [1, 2]) assert(!isWatched(await watched.list("shop")));
  await watched.list();
  await listed(watched, isWatched);
  nowMs = 41;
  await becomes(() => watched.cluster.watches().length === 0 && api.watches.open === 0);
});

Deno.test("a watch ends with its cluster, whatever it is doing", async (t) => {
  await using api = await startKubernetesApi();
  await t.step("told of changes", async () => {
    const watched = openWatched(api);
    await watched.list();
    await becomes(() => api.watches.open === 1);
    await watched[Symbol.asyncDispose]();
    await becomes(() => api.watches.open === 0);
  });
  for (const kind of ["hang", "drop"] as const) {
    await t.step(kind === "hang" ? "waiting for its beginning" : "pausing", async () => {
      const watched = openWatched(api, { watchTiming: { ...TIMING, backoffMsMin: 60_000, backoffMsMax: 60_000 } });
      api.interfere(({ url }) => url.searchParams.has("watch") ? { kind } : undefined);
      const before = api.requests.length;
      await watched.list();
      await becomes(() => api.requests.slice(before).some(({ url }) => url.searchParams.has("watch")));
      await watched[Symbol.asyncDispose]();
      api.interfere();
    });
  }
});

Deno.test("a list of 5,000 pods is ten requests; with the watch 100 lists are 21", async () => {
  await using api = await startKubernetesApi();
  api.grant({ to: SERVICE_ACCOUNT, verbs: ["list", "watch"], resources: ["pods"] });
  const requestsOf = async (watched: Watched, lists: number) => {
    const before = api.requests.length;
    for (let listing = 0; listing < lists; listing++) {
      const page = await watched.list("crowd");
      assert.equal(page.truncated, true);
      assert.match(page.warnings?.at(-1) ?? "", /of 5000 pods/);
    }
    return api.requests.length - before;
  };
  {
    await using direct = openWatched(api, { watch: [] });
    assert.equal(await requestsOf(direct, 10), 100);
  }
  await using watched = openWatched(api);
  const before = api.requests.length;
  await requestsOf(watched, 1);
  await becomes(() => watched.cluster.watches()[0]?.connected === true);
  assert.equal(api.requests.length - before, 21, "a list, the watch's own, and the watch");
  assert.equal(await requestsOf(watched, 99), 0);
});

Deno.test("a server watches where KUBE_WATCH_CACHE says so, tells it in its metrics, and ends it as it stops", async () => {
  await using api = await startKubernetesApi();
  {
    await using server = await startServer({
      ...{ KUBE_API_URL: api.url, KUBE_TOKEN: api.token, KUBE_CA: api.certificates.authority, KUBE_WATCH_CACHE: LAB },
    });
    await using socket = await openSocket(server.socketUrl);
    const pods = async () => (await socket.call("k8s.list_pods", { namespace: LAB })).result;
    const { pods: { length } } = await pods();
    await becomes(() => api.watches.open === 1);
    const { warnings } = await pods();
    assert.match(warnings[0], /^From a watch of the cluster, last heard \d s ago$/);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const [name, value] of [["pods", length], ["connected", 1], ["lists_total", 1]]) {
      assert(metrics.includes(`mcp_k8s_watch_${name}{namespace="${LAB}"} ${value}\n`), metrics);
    }
  }
  await becomes(() => api.watches.open === 0);
});
