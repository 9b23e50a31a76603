/** A question, and how it is put to either server. */
export interface Question {
  readonly words: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The other server's call that is answered with the same; none where it has none. */
  readonly peer?: { readonly tool: string; readonly args: Readonly<Record<string, unknown>> };
}

const LAB = { namespace: "mcp-lab" };
const CROWD = { namespace: "crowd" };

/** Asked of the recorded cluster, and of a namespace `crowd` of 5,000 generated pods beside it. */
export const QUESTIONS: readonly Question[] = [
  {
    words: "Pods of a namespace, 47",
    tool: "k8s.list_pods",
    args: LAB,
    peer: { tool: "pods_list_in_namespace", args: LAB },
  },
  {
    words: "Pods of a namespace, 5,000",
    tool: "k8s.list_pods",
    args: CROWD,
    peer: { tool: "pods_list_in_namespace", args: CROWD },
  },
  // The other server, with the same kubeconfig, lists those of the context's namespace only: that says less.
  { words: "Pods of all namespaces, over 5,000", tool: "k8s.list", args: { kind: "pods" } },
  {
    words: "Deployments of a namespace",
    tool: "k8s.list",
    args: { kind: "deployments", ...LAB },
    peer: { tool: "resources_list", args: { apiVersion: "apps/v1", kind: "Deployment", ...LAB } },
  },
  {
    words: "Services of a namespace",
    tool: "k8s.list",
    args: { kind: "services", ...LAB },
    peer: { tool: "resources_list", args: { apiVersion: "v1", kind: "Service", ...LAB } },
  },
  {
    words: "Nodes",
    tool: "k8s.list",
    args: { kind: "nodes" },
    peer: { tool: "resources_list", args: { apiVersion: "v1", kind: "Node" } },
  },
  { words: "Namespaces", tool: "k8s.namespaces", args: {}, peer: { tool: "namespaces_list", args: {} } },
  {
    words: "One pod",
    tool: "k8s.get",
    args: { kind: "pod", name: "crashloop", ...LAB },
    peer: { tool: "pods_get", args: { name: "crashloop", ...LAB } },
  },
  {
    words: "One deployment",
    tool: "k8s.get",
    args: { kind: "deployment", name: "mcp-server", ...LAB },
    peer: { tool: "resources_get", args: { apiVersion: "apps/v1", kind: "Deployment", name: "mcp-server", ...LAB } },
  },
  {
    words: "One node",
    tool: "k8s.get",
    args: { kind: "node", name: "node1" },
    peer: { tool: "resources_get", args: { apiVersion: "v1", kind: "Node", name: "node1" } },
  },
  { words: "Events of a namespace", tool: "k8s.events", args: LAB, peer: { tool: "events_list", args: LAB } },
  {
    words: "Events of one pod",
    tool: "k8s.events",
    args: { name: "crashloop", ...LAB },
    peer: { tool: "events_list", args: { fieldSelector: "involvedObject.name=crashloop", ...LAB } },
  },
  { words: "What is wrong with a pod", tool: "k8s.describe_pod", args: { pod: "crashloop", ...LAB } },
  { words: "What is wrong with the workloads", tool: "k8s.workloads", args: LAB },
  { words: "How far a rollout is", tool: "k8s.rollout", args: { name: "mcp-server", ...LAB } },
  { words: "Usage of 5,000 pods", tool: "k8s.resource_usage", args: CROWD },
  { words: "Nodes, their pressure and how full they are", tool: "k8s.nodes", args: {} },
  {
    words: "Whether the cluster allows something",
    tool: "k8s.can_i",
    args: { verb: "patch", kind: "deployments", ...LAB },
  },
];
