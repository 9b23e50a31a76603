import assert from "node:assert/strict";
import { z } from "zod";
import { openAuthorizer } from "../../../tools/authorizer.ts";
import type { ToolsetOptions } from "../../../tools/catalogue.ts";
import { ToolError } from "../../../tools/error.ts";
import type { Cluster } from "../../../tools/k8s/cluster.ts";
import { k8sListPods } from "../../../tools/k8s/list_pods.ts";
import { SHIPPED_ROLES } from "../../../tools/k8s/shipped_roles.ts";
import { clusterWriteTools } from "../../../tools/k8s/write/toolset.ts";
import { clusterLogs } from "../../../tools/logs/cluster_logs.ts";
import { logsSearch } from "../../../tools/logs/search.ts";
import { readManifest } from "../../k8s/objects.ts";
import { type Grant, SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { ROOT } from "../../services/server.ts";
import { MapCache } from "../prom/map_cache.ts";
import { openByKubeconfig } from "./cluster.ts";
import { type AskedToolset, toolsetOf } from "./toolset.ts";

const SHOP = { namespace: "shop" };
const READER = "Role mcp-reader in k8s/examples/read-namespace.yaml";
const TOOLSET = "Role mcp-toolset-k8s in k8s/examples/toolset-k8s-role.yaml";
const WRITER = "Role mcp-writer in k8s/examples/toolset-k8s-write-role.yaml";
const CLUSTER = "ClusterRole mcp-toolset-k8s-cluster in k8s/examples/toolset-k8s-role.yaml";
const CORDONER = "ClusterRole mcp-node-cordoner in k8s/examples/toolset-k8s-write-role.yaml";
const NAMES = "ClusterRole mcp-namespaces in k8s/examples/namespace-names.yaml";

/** A tool, the roles that its refusals name until it answers in full, and what the first refusal is about. */
const CALLS: readonly (readonly [
  tool: string,
  args: Readonly<Record<string, unknown>>,
  roles: readonly string[],
  first: string,
])[] = [
  ["k8s.list_pods", SHOP, [READER], 'list pods in namespace "shop"'],
  ["k8s.list_pods", { namespace: "empty" }, [READER, NAMES], 'list pods in namespace "empty"'],
  ["logs.search", SHOP, [READER], 'list pods in namespace "shop"'],
  ["k8s.list", { kind: "pods", ...SHOP }, [READER], 'list pods in namespace "shop"'],
  ["k8s.list", { kind: "pods" }, [CLUSTER], "list pods in the whole cluster"],
  ["k8s.list", { kind: "deploy", ...SHOP }, [TOOLSET], 'list deployments.apps in namespace "shop"'],
  ["k8s.get", { kind: "deploy", name: "cart", ...SHOP }, [TOOLSET], 'get deployments.apps in namespace "shop"'],
  ["k8s.describe_pod", { pod: "POD", ...SHOP }, [TOOLSET], 'get pods in namespace "shop"'],
  ["k8s.events", SHOP, [TOOLSET, NAMES], 'list events in namespace "shop"'],
  ["k8s.workloads", SHOP, [TOOLSET], 'list deployments.apps in namespace "shop"'],
  ["k8s.rollout", { name: "cart", ...SHOP }, [TOOLSET], 'get deployments.apps in namespace "shop"'],
  // It asks for both at once.
  ["k8s.resource_usage", SHOP, [READER, TOOLSET], ""],
  ["k8s.nodes", {}, [CLUSTER], "list nodes in the whole cluster"],
  ["k8s.namespaces", {}, [NAMES], "list namespaces in the whole cluster"],
  ["k8s.can_i", { verb: "get", kind: "pods", ...SHOP }, [], ""],
  [
    "k8s.rollout_restart",
    { kind: "deployment", name: "cart", ...SHOP },
    [TOOLSET, WRITER],
    'get deployments.apps in namespace "shop"',
  ],
  [
    "k8s.scale",
    { kind: "deployment", name: "cart", replicas: 2, ...SHOP },
    [WRITER],
    'get deployments/scale.apps in namespace "shop"',
  ],
  ["k8s.cordon", { node: "node1" }, [CLUSTER, CORDONER], "get nodes in the whole cluster"],
  ["k8s.uncordon", { node: "node1" }, [CLUSTER, CORDONER], "get nodes in the whole cluster"],
];

const roleSchema = z.object({
  kind: z.enum(["Role", "ClusterRole"]),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  rules: z.array(z.object({
    apiGroups: z.tuple([z.string()]),
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
  })),
});

/** The shipped roles by the words that a hint has for them. */
async function exampleRoles() {
  const roles = new Map<string, z.output<typeof roleSchema>>();
  for await (const { name } of Deno.readDir(`${ROOT}k8s/examples`)) {
    const file = `k8s/examples/${name}`;
    for (const object of await readManifest(file)) {
      const { data: role } = roleSchema.safeParse(object);
      if (role) roles.set(`${role.kind} ${role.metadata.name} in ${file}`, role);
    }
  }
  return roles;
}

const rightSchema = z.object({
  verb: z.string(),
  resource: z.string(),
  group: z.string(),
  namespace: z.string().optional(),
});

const ROLES = await exampleRoles();

Deno.test("the roles that refusals name allow what the examples' files say", () => {
  const rightsOf = (group: string, verbs: readonly string[], resources: readonly string[]) =>
    verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}.${group}`));
  const inFiles = [...ROLES].map(([words, { rules }]) => [
    words,
    rules.flatMap(({ apiGroups: [group], verbs, resources }) => rightsOf(group, verbs, resources)).sort(),
  ]);
  const named = SHIPPED_ROLES.map(({ kind, name, file, rules }) => [
    `${kind} ${name} in ${file}`,
    Object.entries(rules).flatMap(([group, all]) =>
      all.flatMap(([verbs, resources]) => rightsOf(group, verbs.split(" "), resources.split(" ")))
    ).sort(),
  ]);
  assert.deepEqual(Object.fromEntries(named), Object.fromEntries(inFiles));
});

for (const by of ["a review", "the API itself"] as const) {
  Deno.test(`what ${by} refuses is named, with the shipped role that allows it: then each tool answers`, async (t) => {
    await using api = await startKubernetesApi();
    if (by === "the API itself") {
      const answer = { status: 500, contentType: "text/plain", body: "No reviews here" };
      api.interfereWithReviews(({ reviewed }) => reviewed && { kind: "answer", answer });
    }
    api.put("pods.metrics.k8s.io", {
      ...{ kind: "PodMetrics", apiVersion: "metrics.k8s.io/v1beta1", metadata: { name: "cart", ...SHOP } },
      containers: [],
    });
    await using admin = await openByKubeconfig(api);
    const { tools, ask } = toolsOf(admin);
    const pod = (await ask("k8s.list_pods", SHOP)).result.pods[0].name;
    assert.deepEqual([...new Set(CALLS.map(([tool]) => tool))].sort(), tools.map(({ name }) => name).sort());
    for (const [tool, args, roles, first] of CALLS) {
      await t.step(`${tool} ${JSON.stringify(args)}`, async () => {
        const refusals = await followHints(api, (set) => set.ask(tool, "pod" in args ? { ...args, pod } : args));
        assert.deepEqual(refusals.map(({ role }) => role).sort(), roles.toSorted());
        const words = refusals[0]?.words ?? "";
        if (first !== "") assert(words.includes(`may not ${first}`), words);
      });
    }
  });
}

/** Asks until nothing is refused any more, each time with the role besides that the refusal named. */
async function followHints(api: KubernetesApi, ask: (tools: AskedToolset) => ReturnType<AskedToolset["ask"]>) {
  api.revoke(SERVICE_ACCOUNT);
  const refusals: { readonly role: string; readonly words: string }[] = [];
  for (;;) {
    // Anew each time: verdicts are kept for a while.
    await using cluster = await openByKubeconfig(api, { user: "token" });
    const refusal = await ask(toolsOf(cluster)).then(({ result }) => inWarnings(result.warnings), inError);
    if (!refusal) return refusals;
    assert(!refusals.some(({ role }) => role === refusal.role), `${refusal.role} does not allow it: ${refusal.words}`);
    refusals.push(refusal);
    const role = ROLES.get(refusal.role);
    assert(role, `no example has ${refusal.role}`);
    api.grant(...grantsOf(role, refusal.namespace));
  }
}

function inError(error: unknown) {
  assert(error instanceof ToolError && "right" in error.data, String(error));
  const { message: words, hint = "", data: { right, role } } = error;
  const { verb, resource, group, namespace } = rightSchema.parse(right);
  const what = `${resource}${group && `.${group}`}`;
  const where = namespace === undefined ? "in the whole cluster" : `in namespace "${namespace}"`;
  assert(words.includes(`may not ${verb} ${what} ${where}`), words);
  assert.match(hint, /RoleBinding of it to service account "mcp-server" of namespace "mcp-lab"/);
  assert(hint.includes(`verb "${verb}" on resource "${resource}"`) && hint.includes(`as ${role} does`), hint);
  return { role: String(role), words, namespace };
}

function inWarnings(warnings: readonly string[] = []) {
  const words = warnings.find((warning) => warning.includes("may not"));
  if (words === undefined) return undefined;
  const [, role] = /; ((?:Cluster)?Role .*) allows it$/.exec(words) ?? [];
  assert(role, words);
  return { role, words, namespace: undefined };
}

/** Every tool that asks a cluster. */
function toolsOf(cluster: Cluster): AskedToolset {
  // Toolset k8s-write takes nothing else.
  const options = { cluster, authorizer: openAuthorizer, clock: { now: Date.now } } as unknown as ToolsetOptions;
  const more = [
    k8sListPods(cluster, new MapCache()),
    logsSearch(clusterLogs(cluster)),
    ...clusterWriteTools(options),
  ];
  return toolsetOf(cluster, { more });
}

/** A Role is bound where it is lacked. */
function grantsOf({ kind, rules }: z.output<typeof roleSchema>, namespace: string | undefined): Grant[] {
  return rules.map(({ apiGroups: [group], resources, verbs }) => ({
    to: SERVICE_ACCOUNT,
    verbs,
    resources: resources.map((resource) => group ? `${resource}.${group}` : resource),
    ...(kind === "Role" && namespace !== undefined && { namespace }),
  }));
}
