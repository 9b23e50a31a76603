import type { LackedRight } from "./forbidden.ts";

/** A Role or ClusterRole that is shipped as an example, by what it allows. */
export interface ShippedRole {
  readonly kind: "Role" | "ClusterRole";
  readonly name: string;
  /** Where the repository has it. */
  readonly file: string;
  /** By API group, the core one empty: verbs, and the resources that they are for. */
  readonly rules: Readonly<Record<string, readonly (readonly [verbs: string, resources: string])[]>>;
}

/** The roles of `k8s/examples`, the narrow ones first; a test holds them against the files. */
export const SHIPPED_ROLES: readonly ShippedRole[] = [
  {
    kind: "Role",
    name: "mcp-reader",
    file: "k8s/examples/read-namespace.yaml",
    rules: { "": [["list", "pods"], ["get", "pods/log"]] },
  },
  {
    kind: "Role",
    name: "mcp-toolset-k8s",
    file: "k8s/examples/toolset-k8s-role.yaml",
    rules: {
      "": [["get list", "pods events services configmaps"]],
      "apps": [["get list", "deployments statefulsets daemonsets replicasets controllerrevisions"]],
      "batch": [["get list", "jobs"]],
      "metrics.k8s.io": [["list", "pods"]],
    },
  },
  {
    kind: "Role",
    name: "mcp-writer",
    file: "k8s/examples/toolset-k8s-write-role.yaml",
    rules: {
      "apps": [
        ["get patch", "deployments statefulsets daemonsets"],
        ["get patch", "deployments/scale statefulsets/scale replicasets/scale"],
      ],
    },
  },
  {
    kind: "Role",
    name: "mcp-pod-watcher",
    file: "k8s/examples/watch-pods.yaml",
    rules: { "": [["watch", "pods"]] },
  },
  {
    kind: "ClusterRole",
    name: "mcp-namespaces",
    file: "k8s/examples/namespace-names.yaml",
    rules: { "": [["get list", "namespaces"]] },
  },
  {
    kind: "ClusterRole",
    name: "mcp-toolset-k8s-cluster",
    file: "k8s/examples/toolset-k8s-role.yaml",
    rules: { "": [["get list", "nodes namespaces"], ["list", "pods"]] },
  },
  {
    kind: "ClusterRole",
    name: "mcp-node-cordoner",
    file: "k8s/examples/toolset-k8s-write-role.yaml",
    rules: { "": [["get patch", "nodes"]] },
  },
  {
    kind: "ClusterRole",
    name: "mcp-impersonator",
    file: "k8s/examples/impersonate.yaml",
    rules: {
      "": [["impersonate", "users"], ["impersonate", "groups"]],
      "authentication.k8s.io": [["impersonate", "userextras/mcp-record-id"]],
    },
  },
];

/** The shipped role that allows something, one of the kind that it takes before others; `undefined` where none does. */
export function shippedRoleFor(
  { verb, resource, apiGroup, namespace }: Omit<LackedRight, "user" | "reason">,
): ShippedRole | undefined {
  const allowing = SHIPPED_ROLES.filter(({ rules }) =>
    rules[apiGroup]?.some(([verbs, resources]) =>
      verbs.split(" ").includes(verb) && resources.split(" ").includes(resource)
    )
  );
  const wanted = namespace === undefined ? "ClusterRole" : "Role";
  return allowing.find(({ kind }) => kind === wanted) ?? allowing[0];
}
