import assert from "node:assert/strict";
import fc from "fast-check";
import { isPinned, lasting } from "../../../tools/runbook/plan/pin.ts";
import { resolveCommand } from "../../../tools/runbook/plan/resolve.ts";
import { wordsOf } from "../../../tools/runbook/plan/words.ts";

const CALLS: readonly (readonly [command: string, tool: string, args: Record<string, unknown>])[] = [
  ["kubectl get pods -n shop", "k8s.list_pods", { namespace: "shop" }],
  ["kubectl get po --namespace=shop -o wide --sort-by=.metadata.name", "k8s.list_pods", { namespace: "shop" }],
  ["kubectl get pods -n shop -l 'app=web,tier!=db'", "k8s.list", {
    ...{ kind: "pods", namespace: "shop", labels: "app=web,tier!=db" },
  }],
  ["kubectl get pods -A --field-selector=status.phase=Pending", "k8s.list", {
    ...{ kind: "pods", fields: "status.phase=Pending" },
  }],
  ["kubectl get pod web-0 -n shop -o jsonpath='{.spec}'", "k8s.get", { kind: "pod", name: "web-0", namespace: "shop" }],
  ["kubectl get events -n shop --sort-by=.lastTimestamp", "k8s.events", { namespace: "shop" }],
  ["kubectl get nodes", "k8s.list", { kind: "nodes" }],
  ["kubectl describe pod web-0 -n shop", "k8s.describe_pod", { namespace: "shop", pod: "web-0" }],
  ["kubectl describe node node1", "k8s.get", { kind: "node", name: "node1" }],
  ["kubectl logs web-0 -n shop --all-containers --previous --tail=100 --since 5m", "logs.search", {
    ...{ namespace: "shop", pod: "web-0", limit: 100, since_seconds: 300, previous: true },
  }],
  ["kubectl top pods -n shop", "k8s.resource_usage", { namespace: "shop" }],
  ["kubectl rollout status deployment/web -n shop --timeout=5m", "k8s.rollout", {
    ...{ namespace: "shop", kind: "deployment", name: "web" },
  }],
  ["kubectl rollout restart \\\n  sts web -n shop", "k8s.rollout_restart", {
    ...{ namespace: "shop", kind: "statefulset", name: "web" },
  }],
  ["kubectl scale --replicas=0 deploy/web -n shop", "k8s.scale", {
    ...{ namespace: "shop", kind: "deployment", name: "web", replicas: 0 },
  }],
  ["kubectl cordon node1", "k8s.cordon", { node: "node1" }],
  ["kubectl --context prod get pods -n shop", "k8s.list_pods", { namespace: "shop", cluster: "prod" }],
  ["kubectl scale deploy/web --replicas=2 -n shop --context=prod", "k8s.scale", {
    ...{ namespace: "shop", kind: "deployment", name: "web", replicas: 2, cluster: "prod" },
  }],
];

for (const [command, tool, args] of CALLS) {
  Deno.test(`"${command}" is ${tool}`, () => {
    const resolution = resolveCommand(command);
    assert(!("reason" in resolution), JSON.stringify(resolution));
    assert.deepEqual(resolution[0], { tool, args });
  });
}

const NO_CALLS = [
  "kubectl get pods -n shop | grep web",
  "kubectl get pods -n shop; reboot",
  "kubectl get pods -n shop && reboot",
  "kubectl get pods -n shop\nreboot",
  "kubectl get pods -n $(cat x)",
  'kubectl get pods -n "$NS"',
  "kubectl get pods -n `x`",
  "kubectl get pods -n <namespace>",
  "kubectl get pods -n shop > /etc/passwd",
  "kubectl get pods -n 'shop",
  "kubectl get pods",
  "kubectl get pods -n shop -w",
  "kubectl get pods,secrets -n shop",
  "kubectl get pods a b -n shop",
  "kubectl --context a --context b get pods -n shop",
  "kubectl delete pod web-0 -n shop",
  "kubectl exec web-0 -n shop -- sh",
  "kubectl rollout undo deployment/web -n shop",
  "kubectl rollout history deployment/web -n shop --revision=2",
  "kubectl rollout restart deployment -n shop",
  "kubectl rollout restart deployment/web -n shop -l app=x",
  "kubectl scale deployment/web -n shop --replicas=3 --current-replicas=2",
  "kubectl scale deployment/web -n shop --replicas=3 -l app=x",
  "kubectl scale deployment/web -n shop --replicas=-1",
  "kubectl scale deployment/web -n shop -n other --replicas=1",
  "kubectl cordon node1 node2",
  "kubectl cordon -l role=web",
  "kubectl __proto__ constructor",
  "sudo kubectl get pods -n shop",
  "",
];

for (const command of NO_CALLS) {
  Deno.test(`${JSON.stringify(command)} stays text for a person`, () => {
    assert("reason" in resolveCommand(command));
  });
}

Deno.test("words that were quoted come out as they went in", () => {
  const quote = (word: string) => `'${word}'`;
  const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("'") && !text.includes("\\"));
  fc.assert(fc.property(fc.array(word, { maxLength: 20 }), (words) => {
    assert.deepEqual(wordsOf(words.map(quote).join(" ")), words);
  }));
});

Deno.test("any text is a call, or stays text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    resolveCommand(text);
    resolveCommand(`kubectl ${text}`);
  }));
});

Deno.test("what only time changes is no part of what a plan depends on", () => {
  const table: readonly (readonly [before: unknown, after: unknown, isSame: boolean])[] = [
    [{ columns: ["Name", "Age"], rows: [["a", "1m"]] }, { columns: ["Name", "Age"], rows: [["a", "2m"]] }, true],
    [{ columns: ["Name", "Age"], rows: [["a", "1m"]] }, { columns: ["Name", "Age"], rows: [["b", "1m"]] }, false],
    [{ columns: ["Name"], rows: [["a"]], cluster: "a" }, { columns: ["Name"], rows: [["a"]], cluster: "b" }, false],
    [
      { result: [{ metric: { a: "b" }, value: [1, "2"] }] },
      { result: [{ metric: { a: "b" }, value: [9, "2"] }] },
      true,
    ],
    [
      { result: [{ metric: { a: "b" }, value: [1, "2"] }] },
      { result: [{ metric: { a: "b" }, value: [1, "3"] }] },
      false,
    ],
    [{ pods: [{ name: "a" }], warnings: ["x"] }, { pods: [{ name: "a" }] }, true],
    [{ age_seconds: 1, status: "x" }, { age_seconds: 2, status: "x" }, true],
    [{ status: "x" }, { status: "y" }, false],
  ];
  for (const [before, after, isSame] of table) {
    assert.equal(JSON.stringify(lasting(before)) === JSON.stringify(lasting(after)), isSame, JSON.stringify(before));
  }
  assert.deepEqual(
    [["logs.search", {}], ["k8s.list_pods", {}], ["prom.query_simple", { query: "rate(x[5m])" }], [
      "prom.query_simple",
      {
        query: "up == 0",
      },
    ]].map(([tool, args]) => isPinned(String(tool), Object(args))),
    [false, true, false, true],
  );
});
