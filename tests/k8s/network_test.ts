import assert from "node:assert/strict";
import { z } from "zod";
import { type KubernetesObject, kustomize, labelsSchema } from "./objects.ts";
import { workloads } from "./pods.ts";

const selectorSchema = z.strictObject({ matchLabels: labelsSchema.optional() });
const peerSchema = z.strictObject({
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
});
const portsSchema = z.array(z.strictObject({ protocol: z.string(), port: z.number() })).min(1);
const policySchema = z.strictObject({
  podSelector: selectorSchema,
  policyTypes: z.array(z.string()),
  ingress: z.array(z.strictObject({ from: z.array(peerSchema).min(1), ports: portsSchema })).default([]),
  egress: z.array(z.strictObject({ to: z.array(peerSchema).min(1), ports: portsSchema })).default([]),
});
type Peer = z.output<typeof peerSchema>;

const words = (labels: Record<string, string> = {}) =>
  Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(",");

/** Who a rule means, as it is written: labels of pods, of namespaces, or addresses. */
function peerName({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  if (ipBlock) return [ipBlock.cidr, ...ipBlock.except ?? []].join(" but ");
  const pods = words(podSelector?.matchLabels);
  return namespaceSelector ? `${words(namespaceSelector.matchLabels)}/${pods || "*"}` : pods;
}

/** All that the policies of a build let through, sorted: `in from → to:port`, `out from → to:port`. */
function allowed(objects: readonly KubernetesObject[]): readonly string[] {
  const edges = objects.filter(({ kind }) => kind === "NetworkPolicy").flatMap(({ spec }) => {
    const { podSelector, ingress, egress } = policySchema.parse(spec);
    const pod = words(podSelector.matchLabels);
    return [
      ...ingress.flatMap(({ from, ports }) =>
        from.flatMap((peer) => ports.map(({ protocol, port }) => `in ${peerName(peer)} → ${pod}:${protocol} ${port}`))
      ),
      ...egress.flatMap(({ to, ports }) =>
        to.flatMap((peer) => ports.map(({ protocol, port }) => `out ${pod} → ${peerName(peer)}:${protocol} ${port}`))
      ),
    ];
  });
  return edges.sort();
}

const lab = await kustomize("k8s");
const production = await kustomize("k8s/overlays/production");
const DNS = "kubernetes.io/metadata.name=kube-system/k8s-app=kube-dns";
const SERVER = [
  "in mcp-client=true → app=mcp-server:TCP 9000",
  "in mcp-client=true/* → app=mcp-server:TCP 9000",
  "out app=mcp-server → 0.0.0.0/0 but 169.254.0.0/16:TCP 443",
  "out app=mcp-server → 0.0.0.0/0 but 169.254.0.0/16:TCP 6443",
  `out app=mcp-server → ${DNS}:TCP 53`,
  `out app=mcp-server → ${DNS}:UDP 53`,
];

Deno.test("every pod of a namespace is denied everything both ways that no rule lets through", () => {
  for (const objects of [lab, production]) {
    const denies = objects.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => policySchema.parse(spec))
      .filter(({ podSelector }) => podSelector.matchLabels === undefined);
    assert.deepEqual(denies, [{ podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] }]);
  }
});

Deno.test("in the lab just these pass", () => {
  assert.deepEqual(
    allowed(lab),
    [
      ...SERVER,
      "in app=prometheus → app=mcp-server:TCP 9000",
      "out app=prometheus → app=mcp-server:TCP 9000",
      "in app=mcp-server → app=postgres-mcp:TCP 5432",
      "out app=mcp-server → app=postgres-mcp:TCP 5432",
      "in app=mcp-server → app=prometheus:TCP 9090",
      "out app=mcp-server → app=prometheus:TCP 9090",
      "in app=mcp-server → app=redis-mcp:TCP 6379",
      "out app=mcp-server → app=redis-mcp:TCP 6379",
      `out app=prometheus → ${DNS}:TCP 53`,
      `out app=prometheus → ${DNS}:UDP 53`,
    ].sort(),
  );
});

Deno.test("in production just these pass, the stores' addresses being for you to fill in", () => {
  const prometheus = "kubernetes.io/metadata.name=monitoring/app.kubernetes.io/name=prometheus";
  assert.deepEqual(
    allowed(production),
    [
      ...SERVER,
      "out app=mcp-server → 192.0.2.10/32:TCP 6379",
      "out app=mcp-server → 192.0.2.20/32:TCP 5432",
      `out app=mcp-server → ${prometheus}:TCP 9090`,
    ].sort(),
  );
});

Deno.test("a rule's pods are there, its ports are theirs, and what one side may send the other may take", () => {
  const made = workloads(lab);
  const edges = allowed(lab);
  for (const edge of edges) {
    const [, direction, from, to, port] = /^(in|out) (.+) → (.+):TCP (\d+)$/.exec(edge) ?? [];
    if (!from?.startsWith("app=") || !to?.startsWith("app=")) continue;
    const target = made.find(({ template }) => words(template.metadata.labels) === to);
    const ports = target?.containers.flatMap((container) => container.ports.map(({ containerPort }) => containerPort));
    assert(ports?.includes(Number(port)), edge);
    assert(made.some(({ template }) => words(template.metadata.labels) === from), edge);
    assert(edges.includes(edge.replace(/^\w+/, direction === "in" ? "out" : "in")), `the other side of ${edge}`);
  }
});
