import assert from "node:assert/strict";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { recordedJson, recordedText } from "../../services/kubernetes/recorded.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";
import { type AskedToolset, toolsetOf } from "./toolset.ts";

/** A test with the toolset over the recorded cluster, as its admin. */
function testAsked(name: string, fn: (asked: AskedToolset, api: KubernetesApi) => Promise<void>): void {
  Deno.test(name, async () => {
    await using api = await startKubernetesApi();
    await using cluster = await openByKubeconfig(api);
    await fn(toolsetOf(cluster), api);
  });
}

testAsked("k8s.list prints what kubectl prints, those in trouble first", async ({ ask }) => {
  const { result, text } = await ask("k8s.list", { kind: "pods", namespace: "mcp-lab" });
  assert.deepEqual(result.columns, ["Name", "Ready", "Status", "Restarts", "Age"]);
  const printed = recordedText("oracle/get-pods.txt").trimEnd().split("\n").slice(1).map((line) => line.split(/ {2,}/));
  const byName = (rows: string[][]) => rows.map(([name, ready, status]) => [name, ready, status].join()).sort();
  assert.deepEqual(byName(result.rows), byName(printed));
  const first = result.rows.findIndex(([, ready, status]: string[]) => status === "Running" && ready === "1/1");
  assert(
    result.rows.slice(first).every(([, ready, status]: string[]) =>
      status === "Completed" || (status === "Running" && ready?.split("/")[0] === ready?.split("/")[1])
    ),
  );
  assert.deepEqual([result.returned, result.total, result.next], [47, 47, undefined]);
  assert.match(text, /^NAME\tREADY\tSTATUS\tRESTARTS\tAGE\nconfig-error\t0\/1\tCreateContainerConfigError\t/);
});

testAsked("k8s.list finds a kind by kind, plural, singular and short name, and with its group", async ({ ask }) => {
  for (const kind of ["Deployment", "deployments", "deployment", "deploy", "DEPLOY", "deployments.apps"]) {
    const { result } = await ask("k8s.list", { kind });
    assert.deepEqual(result.rows.map((row: string[]) => row.slice(0, 3)), [
      ["shop", "cart", "0/1"],
      ["mcp-lab", "mcp-server", "3/3"],
      ["shop", "storefront", "2/2"],
    ], kind);
    assert.deepEqual(result.columns.slice(0, 2), ["Namespace", "Name"]);
  }
  const wrong = await rejectsWith(
    ask("k8s.list", { kind: "deploymnts" }),
    "not_found",
    /kind "deploymnts"/,
    /deployments/,
  );
  assert.deepEqual(wrong.data, { near: ["deployments"] });
  await rejectsWith(ask("k8s.list", { kind: "deploy", group: "batch" }), "not_found", /of group "batch"/, /apps\/v1/);
});

testAsked("k8s.list asks which kinds there are once for calls at once", async ({ ask }, api) => {
  await Promise.all(Array.from({ length: 5 }, () => ask("k8s.list", { kind: "nodes" })));
  assert.equal(api.requests.filter(({ url }) => url.pathname === "/apis").length, 1);
  assert.equal(api.requests.filter(({ url }) => url.pathname === "/api/v1/nodes").length, 1);
});

testAsked("k8s.list narrows by labels and fields", async ({ ask }) => {
  const labelled = await ask("k8s.list", {
    kind: "po",
    namespace: "mcp-lab",
    labels: "app.kubernetes.io/name=mcp-server",
  });
  assert.equal(labelled.result.total, 3);
  const failed = await ask("k8s.list", { kind: "po", namespace: "mcp-lab", fields: "status.phase=Failed" });
  assert(failed.result.total > 0 && failed.result.total < 47);
});

testAsked(
  "k8s.list refuses a namespace for what is in none, and names the near ones of a missing one",
  async ({ ask }) => {
    await rejectsWith(ask("k8s.list", { kind: "nodes", namespace: "shop" }), "invalid_params", /are in none/, /Leave/);
    await rejectsWith(ask("k8s.list", { kind: "po", namespace: "shopp" }), "not_found", /"shopp"/, /shop/);
    await rejectsWith(ask("k8s.get", { kind: "po", name: "x" }), "invalid_params", /without a namespace/, /namespace/);
    await rejectsWith(
      ask("k8s.get", { kind: "node", name: "node1", namespace: "shop" }),
      "invalid_params",
      /in none/,
      /./,
    );
  },
);

testAsked(
  "k8s.get leaves out what the API fills in, gives a part by its path, and all of it on request",
  async ({ ask }) => {
    const of = { kind: "pod", namespace: "mcp-lab", name: "crashloop" };
    const slim = (await ask("k8s.get", of)).result.object;
    const full = (await ask("k8s.get", { ...of, full: true })).result.object;
    assert.equal(slim.spec.containers[0].terminationMessagePath, undefined);
    assert.equal(slim.spec.volumes, undefined);
    assert.equal(full.spec.containers[0].terminationMessagePath, "/dev/termination-log");
    assert.equal(full.spec.volumes.length, 1);
    assert(JSON.stringify(slim).length < JSON.stringify(full).length / 2);
    const part = await ask("k8s.get", { ...of, path: "status.containerStatuses[0].state.waiting.reason" });
    assert.equal(part.result.object, "CrashLoopBackOff");
    assert.equal((await ask("k8s.get", { ...of, path: 'metadata["labels"].app' })).result.object, "crashloop");
    assert.equal((await ask("k8s.get", { ...of, path: "metadata.uid" })).result.object, full.metadata.uid);
    await rejectsWith(ask("k8s.get", { ...of, path: "spec.nope" }), "not_found", /"spec.nope"/, /containers/);
    await rejectsWith(
      ask("k8s.get", { ...of, name: "crashlop" }),
      "not_found",
      /pod "crashlop" in namespace/,
      /crashloop/,
    );
  },
);

testAsked("no managed fields and no copy of the manifest are shown", async ({ ask }, api) => {
  api.put("pods", recordedJson("pods/single-with-managed-fields.json"));
  const { name } = recordedJson("pods/single-with-managed-fields.json").metadata;
  for (const args of [{ kind: "pod", name }, { kind: "deploy", name: "mcp-server" }]) {
    for (const full of [true, false]) {
      const { text } = await ask("k8s.get", { ...args, namespace: "mcp-lab", full });
      assert.doesNotMatch(text, /managedFields|last-applied/);
    }
  }
});

testAsked("k8s.events gives the newest first, equal ones once with their counts", async ({ ask }, api) => {
  const { result } = await ask("k8s.events", { namespace: "mcp-lab", limit: 500 });
  const times = result.events.map(({ last }: { last: string }) => last);
  assert.deepEqual(times, times.toSorted().reverse());
  const crashing = (await ask("k8s.events", { namespace: "mcp-lab", name: "crashloop", object_kind: "Pod" })).result;
  assert.deepEqual(crashing.events.map((one: { reason: string; count: number }) => [one.reason, one.count]), [
    ["Pulled", 7],
    ["Created", 7],
    ["Started", 7],
    ["BackOff", 26],
    ["Scheduled", 1],
  ]);
  const [model] = recordedJson("events/for-one-pod.json").items;
  const again = {
    ...model,
    metadata: { ...model.metadata, name: "again" },
    reason: "BackOff",
    count: 5,
    type: "Warning",
  };
  const twin = { ...again, metadata: { ...again.metadata, name: "again-2" }, count: 6 };
  api.put("events", again, twin);
  const warnings = await ask("k8s.events", { namespace: "mcp-lab", type: "Warning", reason: "BackOff", limit: 500 });
  assert(warnings.result.events.some(({ count }: { count: number }) => count === 11));
  assert(warnings.result.events.every(({ type }: { type: string }) => type === "Warning"));
});

testAsked("k8s.describe_pod says what is wrong, since when, and who made the pod", async ({ ask }) => {
  const crashing = (await ask("k8s.describe_pod", { namespace: "mcp-lab", pod: "crashloop" })).result;
  const [container] = crashing.containers;
  assert.match(container.state, /^waiting CrashLoopBackOff: back-off 5m0s/);
  assert.match(container.last, /^terminated with exit code 1 \(Error\) at 2026-11-22T10:21:40Z/);
  assert.deepEqual([container.restarts, container.ready], [6, false]);
  assert.match(crashing.conditions[0], /^Ready=False ContainersNotReady/);
  assert.equal(crashing.events.length, 5);
  const owned = (await ask("k8s.describe_pod", { namespace: "mcp-lab", pod: "mcp-server-79b7cc4d58-6qnbt" })).result;
  assert.deepEqual(owned.owners, ["ReplicaSet/mcp-server-79b7cc4d58", "Deployment/mcp-server"]);
  assert.deepEqual(owned.containers[0].limits, "memory 128Mi");
  assert.match(owned.containers[0].readiness, /^exec true every 10 s/);
  const sidecar = (await ask("k8s.describe_pod", { namespace: "mcp-lab", pod: "native-sidecar" })).result;
  const roles = sidecar.containers.map(({ name, role }: { name: string; role: string }) => [name, role]);
  assert.deepEqual(roles, [["setup", "init"], ["proxy", "sidecar"], ["app", "main"]]);
});

testAsked("k8s.workloads puts those with a problem first and says what it is", async ({ ask }) => {
  const { workloads } = (await ask("k8s.workloads", { namespace: "mcp-lab" })).result;
  const [first, ...others] = workloads;
  assert.deepEqual([first.kind, first.name, first.desired, first.ready], ["Job", "migrate-failed", 1, 0]);
  assert.match(first.problem, /BackoffLimitExceeded/);
  assert(others.every(({ problem }: { problem?: string }) => problem === undefined));
  assert.deepEqual(others.map(({ name }: { name: string }) => name).sort(), [
    "mcp-server",
    "migrate-ok",
    "postgres-mcp",
    "redis-mcp",
  ]);
  const shop = (await ask("k8s.workloads", { namespace: "shop" })).result.workloads;
  assert.deepEqual(shop.map(({ name }: { name: string }) => name), ["cart", "storefront"]);
});

testAsked(
  "k8s.workloads doubts the namespace only where it has none at all, and tells what it may not list",
  async (_, api) => {
    const to = "system:serviceaccount:mcp-lab:mcp-server";
    const resources = ["deployments.apps", "statefulsets.apps", "daemonsets.apps"];
    for (const namespace of ["shop", "empty"]) api.grant({ to, verbs: ["list"], resources, namespace });
    await using cluster = await openByKubeconfig(api, { user: "token" });
    const { ask } = toolsetOf(cluster);
    const shop = (await ask("k8s.workloads", { namespace: "shop" })).result;
    assert.equal(shop.total, 2);
    assert.deepEqual(shop.warnings.length, 1);
    assert.match(shop.warnings[0], /^Not listed: .* may not list jobs.batch in namespace "shop"/);
    const empty = (await ask("k8s.workloads", { namespace: "empty" })).result;
    assert.match(empty.warnings[0], /whether namespace "empty" exists is not known/);
    await rejectsWith(ask("k8s.workloads", { namespace: "default" }), "forbidden", /may not list/, /./);
  },
);

testAsked("k8s.rollout tells how far it is and what was before", async ({ ask }, api) => {
  const done = (await ask("k8s.rollout", { namespace: "mcp-lab", name: "mcp-server" })).result;
  assert.equal(done.status, "complete");
  assert.deepEqual(done.history, [{
    revision: 1,
    name: "mcp-server-79b7cc4d58",
    created: "2026-11-22T10:16:07Z",
    images: ["busybox:latest"],
    pods: 3,
  }]);
  const [deployment] = recordedJson("workloads/deployments.json").items;
  const late = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" };
  const states: readonly (readonly [status: string, spec: object, state: object])[] = [
    ["stuck", {}, { updatedReplicas: 1, conditions: [late] }],
    ["progressing", {}, { updatedReplicas: 1 }],
    ["progressing", { replicas: 5 }, {}],
    ["paused", { paused: true }, {}],
  ];
  for (const [expected, spec, status] of states) {
    const changed = {
      ...{ kind: "Deployment", apiVersion: "apps/v1", ...deployment },
      spec: { ...deployment.spec, ...spec },
      status: { ...deployment.status, ...status },
    };
    api.put("deployments.apps", changed);
    const { result } = await ask("k8s.rollout", { namespace: "mcp-lab", name: "mcp-server" });
    assert.equal(result.status, expected);
    assert.equal(result.problem === undefined, false, `${expected} has a reason`);
  }
});

testAsked("k8s.nodes tells pressure, taints, and what is requested of what there is", async ({ ask }) => {
  const { nodes } = (await ask("k8s.nodes", {})).result;
  assert.deepEqual(nodes.map(({ name, ready }: { name: string; ready: boolean }) => [name, ready]), [
    ["node2", false],
    ["node1", true],
  ]);
  const [bad, good] = nodes;
  assert(bad.problems.some((problem: string) => problem.startsWith("Ready=Unknown NodeStatusUnknown")));
  assert.deepEqual(bad.taints, [
    "node.kubernetes.io/unreachable:NoSchedule",
    "node.kubernetes.io/unreachable:NoExecute",
  ]);
  assert.deepEqual([good.problems, good.cpu_m, good.cpu_requested_m, good.pods], [undefined, 2000, 30, 110]);
});

testAsked("k8s.can_i asks the cluster anew, for whom it is asked as", async (_, api) => {
  await using cluster = await openByKubeconfig(api, { user: "token" });
  const { ask } = toolsetOf(cluster);
  const denied = { verb: "patch", kind: "deploy", namespace: "mcp-lab" };
  assert.deepEqual((await ask("k8s.can_i", denied)).result, {
    verdict: "denied",
    who: "system:serviceaccount:mcp-lab:mcp-server",
    right: "patch deployments.apps in namespace mcp-lab",
  });
  api.grant({
    to: "system:serviceaccount:mcp-lab:mcp-server",
    verbs: ["patch"],
    resources: ["deployments.apps"],
    namespace: "mcp-lab",
  });
  assert.equal((await ask("k8s.can_i", denied)).result.verdict, "allowed");
  const log = await ask("k8s.can_i", { verb: "get", kind: "po", subresource: "log", namespace: "mcp-lab" });
  assert.deepEqual([log.result.verdict, log.result.right], ["allowed", "get pods/log in namespace mcp-lab"]);
});
