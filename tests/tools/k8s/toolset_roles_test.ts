import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { type Grant, SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { ROOT } from "../../services/server.ts";
import { authorizerOf } from "../policy/policies.ts";
import { callBy } from "./call.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";
import { toolsetOf } from "./toolset.ts";

const objects = z.array(z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  rules: z.array(z.object({
    apiGroups: z.tuple([z.string()]),
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
  })).optional(),
}));

const SHOP = { namespace: "shop" };
/** Every tool of the toolset, as the Role of a namespace lets it be called. */
const CALLS: readonly (readonly [name: string, args: Readonly<Record<string, unknown>>])[] = [
  ["k8s.list", { kind: "pods", ...SHOP }],
  ["k8s.list", { kind: "configmaps", ...SHOP }],
  ["k8s.get", { kind: "deploy", name: "cart", ...SHOP }],
  ["k8s.events", SHOP],
  ["k8s.workloads", SHOP],
  ["k8s.rollout", { name: "cart", ...SHOP }],
  ["k8s.can_i", { verb: "get", kind: "pods", ...SHOP }],
];
/** And as that of the whole cluster does. */
const WIDE: readonly (readonly [name: string, args: Readonly<Record<string, unknown>>])[] = [
  ["k8s.nodes", {}],
  ["k8s.namespaces", {}],
  ["k8s.list", { kind: "pods" }],
  ["k8s.list", { kind: "nodes" }],
];

Deno.test("the Roles of the example are what the toolset needs: all its tools answer, Secrets are refused", async (t) => {
  await using api = await startKubernetesApi();
  api.put("configmaps", { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "cart", ...SHOP }, data: {} });
  api.put("secrets", { kind: "Secret", apiVersion: "v1", metadata: { name: "cart", ...SHOP }, data: {} });
  api.revoke(SERVICE_ACCOUNT);
  api.grant(...exampleGrants());
  await using cluster = await openByKubeconfig(api, { user: "token" });
  const { ask } = toolsetOf(cluster);
  const pod = (await ask("k8s.list", { kind: "pods", ...SHOP })).result.rows[0][0];
  for (const [name, args] of [...CALLS, ["k8s.describe_pod", { pod, ...SHOP }] as const, ...WIDE]) {
    await t.step(`${name} ${JSON.stringify(args)}`, async () => {
      const { result } = await ask(name, args);
      assert.doesNotMatch(JSON.stringify(result.warnings ?? []), /may not/, "nothing was refused on the way");
    });
  }
  for (const args of [{ kind: "secrets", ...SHOP }, { kind: "secrets" }]) {
    await rejectsWith(ask("k8s.list", args), "forbidden", /may not list secrets/, /Role that allows verb "list"/);
  }
  await rejectsWith(ask("k8s.get", { kind: "secret", name: "cart", ...SHOP }), "forbidden", /may not get secrets/, /./);
});

Deno.test("the example grants nothing that the toolset does not ask for", async () => {
  await using api = await startKubernetesApi();
  api.revoke(SERVICE_ACCOUNT);
  api.grant(...exampleGrants());
  api.put("configmaps", { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "cart", ...SHOP }, data: {} });
  api.put("pods.metrics.k8s.io", {
    ...{ kind: "PodMetrics", apiVersion: "metrics.k8s.io/v1beta1", metadata: { name: "cart", ...SHOP } },
    containers: [],
  });
  await using cluster = await openByKubeconfig(api, { user: "token" });
  const { ask } = toolsetOf(cluster);
  for (const [name, args] of [...CALLS, ["k8s.resource_usage", SHOP] as const, ...WIDE]) await ask(name, args);
  await ask("k8s.rollout", { kind: "daemonset", name: "none", ...SHOP }).catch(() => {});
  await ask("k8s.rollout", { kind: "statefulset", name: "none", ...SHOP }).catch(() => {});
  const asked = exercised(api);
  const listed = exampleGrants().flatMap(({ verbs, resources }) =>
    verbs.includes("list") ? resources.map((resource) => `list ${resource}`) : []
  );
  // Any kind may be listed, and rights for more kinds be given: these the toolset's own tools need.
  const own = listed.filter((right) => !/services|configmaps|controllerrevisions/.test(right));
  for (const right of own) assert(asked.has(right), `${right} is asked for, of ${[...asked].join(", ")}`);
});

Deno.test("a role of one namespace reaches no other, nor the whole cluster", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const authorizer = await authorizerOf({ roles: { viewer: { tools: ["k8s.*"], namespaces: ["shop"] } } });
  const { ask, tools } = toolsetOf(cluster, { authorizer });
  const call = callBy("alice");
  assert.deepEqual(
    (await ask("k8s.namespaces", {}, call)).result.namespaces.map(({ name }: { name: string }) => name),
    ["shop"],
  );
  await rejectsWith(ask("k8s.nodes", {}, call), "forbidden", /alice may not call k8s.nodes/, /every namespace/);
  // The others take a namespace, which the call path holds against the policy before they run.
  for (const tool of tools.filter(({ name }) => name !== "k8s.nodes" && name !== "k8s.namespaces")) {
    await t.step(tool.name, () => {
      const decide = (args: object) =>
        authorizer.authorize({ principal: call.principal, tool, args: { ...args } }).allowed;
      assert.deepEqual([decide(SHOP), decide({ namespace: "mcp-lab" }), decide({})], [true, false, false]);
    });
  }
});

/** What was asked for, as `verb resource.group`. */
function exercised({ requests }: KubernetesApi): Set<string> {
  const rights = requests.flatMap(({ url: { pathname } }) => {
    const [, group = "", plural, name] =
      /^\/api(?:s\/([^/]+))?\/[^/]+(?:\/namespaces\/[^/]+(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
    if (plural === undefined) return [];
    return [`${name === undefined ? "list" : "get"} ${plural}${group && `.${group}`}`];
  });
  return new Set(rights);
}

function exampleGrants(): Grant[] {
  const text = Deno.readTextFileSync(`${ROOT}k8s/examples/toolset-k8s-role.yaml`);
  return objects.parse(parseAllDocuments(text).map((one) => one.toJS())).flatMap(({ metadata, rules = [] }) =>
    rules.map(({ apiGroups: [group], resources, verbs }): Grant => ({
      to: SERVICE_ACCOUNT,
      verbs,
      resources: resources.map((resource) => group ? `${resource}.${group}` : resource),
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    }))
  );
}
