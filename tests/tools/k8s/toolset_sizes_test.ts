import assert from "node:assert/strict";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { type Recorded, recordedJson } from "../../services/kubernetes/recorded.ts";
import { openByKubeconfig } from "./cluster.ts";
import { toolsetOf } from "./toolset.ts";

const TOKENS_MAX = 2_000;
const LONG = "the quick brown fox jumps over the lazy dog ".repeat(40);
const many = (count: number, of: (index: number) => Recorded) => Array.from({ length: count }, (_, index) => of(index));

/** A pod of forty containers, each with long texts. */
const HUGE_POD: Recorded = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: {
    name: "huge",
    namespace: "shop",
    labels: Object.fromEntries(many(60, (n) => [`label-${n}`, "x".repeat(60)])),
    annotations: Object.fromEntries(many(60, (n) => [`annotation-${n}`, LONG])),
  },
  spec: {
    containers: many(
      40,
      (n) => ({ name: `container-${n}`, image: `registry.example/${n}:${"a".repeat(100)}`, args: [LONG] }),
    ),
  },
  status: {
    phase: "Running",
    message: LONG,
    conditions: many(5, (n) => ({ type: `Condition${n}`, status: "False", reason: "Reason", message: LONG })),
    containerStatuses: many(40, (n) => ({
      ...{ name: `container-${n}`, ready: false, restartCount: n },
      state: { waiting: { reason: "CrashLoopBackOff", message: LONG } },
    })),
  },
};
const [deployment] = recordedJson("workloads/deployments.json").items;
const [node] = recordedJson("workloads/nodes.json").items;
const [event] = recordedJson("events/for-one-pod.json").items;

Deno.test("no default answer of the toolset costs 2,000 tokens, however large the cluster", async (t) => {
  await using api = await startKubernetesApi();
  api.put("pods", HUGE_POD);
  api.put("configmaps", {
    ...{ kind: "ConfigMap", apiVersion: "v1", metadata: { name: "huge", namespace: "shop" } },
    data: Object.fromEntries(many(300, (n) => [`file-${n}`, LONG])),
  });
  api.put(
    "events",
    ...many(3_000, (n) => ({
      ...event,
      metadata: { name: `event-${n}`, namespace: "crowd" },
      involvedObject: { kind: "Pod", namespace: "crowd", name: `worker-${n}` },
      message: `${n} ${LONG}`,
    })),
  );
  api.put(
    "events",
    ...many(300, (n) => ({
      ...event,
      metadata: { name: `huge-${n}`, namespace: "shop" },
      involvedObject: { kind: "Pod", namespace: "shop", name: "huge" },
      message: `${n} ${LONG}`,
    })),
  );
  api.put(
    "deployments.apps",
    ...many(1_000, (n) => ({
      ...{ kind: "Deployment", apiVersion: "apps/v1", ...deployment },
      metadata: { name: `web-${n}`, namespace: "crowd", generation: 1 },
      status: { conditions: [{ type: "Available", status: "False", reason: "Bad", message: LONG }] },
    })),
  );
  api.put(
    "replicasets.apps",
    ...many(60, (n) => ({
      ...{ kind: "ReplicaSet", apiVersion: "apps/v1" },
      metadata: {
        ...{ name: `web-0-${n}`, namespace: "crowd", labels: deployment.spec.selector.matchLabels },
        annotations: { "deployment.kubernetes.io/revision": String(n), "kubernetes.io/change-cause": LONG },
        ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web-0" }],
      },
      spec: { template: { spec: { containers: many(20, () => ({ image: `registry.example/${"a".repeat(120)}` })) } } },
    })),
  );
  api.put(
    "nodes",
    ...many(1_000, (n) => ({
      ...{ kind: "Node", apiVersion: "v1", ...node },
      metadata: { name: `many-${n}` },
      spec: { taints: many(30, (k) => ({ key: `taint-${k}`, value: "x".repeat(60), effect: "NoSchedule" })) },
      status: { ...node.status, conditions: many(8, (k) => ({ type: `Bad${k}`, status: "True", message: LONG })) },
    })),
  );
  api.put(
    "namespaces",
    ...many(1_000, (n) => ({ kind: "Namespace", apiVersion: "v1", metadata: { name: `ns-${n}` } })),
  );
  api.put(
    "pods.metrics.k8s.io",
    ...many(5_000, (n) => ({
      ...{ kind: "PodMetrics", apiVersion: "metrics.k8s.io/v1beta1" },
      metadata: { name: `worker-${String(n).padStart(4, "0")}`, namespace: "crowd" },
      containers: [{ name: "redis", usage: { cpu: `${n}m`, memory: `${n}Mi` } }],
    })),
  );
  await using cluster = await openByKubeconfig(api);
  const { ask, tools } = toolsetOf(cluster);
  const calls: readonly (readonly [name: string, args: Readonly<Record<string, unknown>>])[] = [
    ["k8s.list", { kind: "pods" }],
    ["k8s.list", { kind: "pods", namespace: "crowd" }],
    ["k8s.list", { kind: "events" }],
    ["k8s.get", { kind: "pod", namespace: "shop", name: "huge" }],
    ["k8s.get", { kind: "pod", namespace: "shop", name: "huge", path: "spec.containers" }],
    ["k8s.get", { kind: "cm", namespace: "shop", name: "huge" }],
    ["k8s.events", {}],
    ["k8s.events", { namespace: "crowd" }],
    ["k8s.describe_pod", { namespace: "shop", pod: "huge" }],
    ["k8s.workloads", { namespace: "crowd" }],
    ["k8s.rollout", { namespace: "crowd", name: "web-0" }],
    ["k8s.resource_usage", { namespace: "crowd" }],
    ["k8s.nodes", {}],
    ["k8s.namespaces", {}],
    ["k8s.can_i", { verb: "get", kind: "pods" }],
  ];
  for (const [name, args] of calls) {
    await t.step(`${name} ${JSON.stringify(args)}`, async () => {
      const { tokens, result } = await ask(name, args);
      assert(tokens < TOKENS_MAX, `${tokens} tokens`);
      if (result.total === undefined || result.total === result.returned) return;
      assert(result.returned > 0 && result.next !== undefined, `${result.returned} of ${result.total}`);
      // The rest is given, too.
      const { result: second } = await ask(name, { ...args, cursor: result.next });
      assert.notDeepEqual(second, result);
      assert.equal(second.total, result.total);
    });
  }
  assert.deepEqual(new Set(calls.map(([name]) => name)), new Set(tools.map(({ name }) => name)), "every tool");
});
