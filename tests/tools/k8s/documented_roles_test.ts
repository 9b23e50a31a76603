import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { parseArguments } from "../../../tools/arguments.ts";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { clusterLogs } from "../../../tools/logs/cluster_logs.ts";
import { logsSearch } from "../../../tools/logs/search.ts";
import { type Grant, SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { ROOT } from "../../services/server.ts";
import { call, callBy } from "./call.ts";
import { rejectsWith } from "./cluster.ts";

const metadata = z.object({ name: z.string(), namespace: z.string().optional() });
const role = z.object({
  kind: z.enum(["Role", "ClusterRole"]),
  metadata,
  rules: z.array(z.strictObject({
    apiGroups: z.tuple([z.string()]),
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
    resourceNames: z.array(z.string()).optional(),
  })),
});
const binding = z.object({
  kind: z.enum(["RoleBinding", "ClusterRoleBinding"]),
  metadata,
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: z.tuple([z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })]),
});

Deno.test("the Roles that the documents show are enough for the server's account, and for nothing else", async () => {
  await using api = await startKubernetesApi();
  api.revoke(SERVICE_ACCOUNT);
  api.grant(...documentedGrants("mcp-reader", "mcp-namespaces"));
  await using cluster = openKubernetesCluster(sourceOf(api));
  assert.equal((await cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call())).pods.length, 47);
  const tool = logsSearch(clusterLogs(cluster));
  assert((await tool.run(parseArguments(tool, { namespace: "mcp-lab", pod: "redis-mcp-0" }), call())).returned > 0);
  await rejectsWith(cluster.listPods({ namespace: "shop", limit: 1 }, call()), "forbidden", /may not list pods/, /./);
});

Deno.test("the Roles that the documents show let callers be impersonated whom they name, and nobody else", async () => {
  await using api = await startKubernetesApi();
  api.revoke(SERVICE_ACCOUNT);
  api.grant(...documentedGrants("mcp-impersonator", "mcp-reader-sre"));
  await using cluster = openKubernetesCluster(sourceOf(api), { impersonate: { prefix: "mcp:" } });
  const list = (name: string, groups: string[]) =>
    cluster.listPods({ namespace: "mcp-lab", limit: 100 }, callBy(name, groups));
  assert.equal((await list("alice", ["sre"])).pods.length, 47);
  await rejectsWith(list("bob", []), "forbidden", /^"mcp:bob" may not list pods in namespace "mcp-lab"$/, /mcp-reader/);
  await rejectsWith(list("mallory", ["sre"]), "forbidden", /may not impersonate users/, /mcp-impersonator/);
  await rejectsWith(list("alice", ["admins"]), "forbidden", /may not impersonate groups/, /mcp-impersonator/);
});

/** What the bindings of these names in docs/kubernetes.md allow. */
function documentedGrants(...names: string[]): Grant[] {
  const text = Deno.readTextFileSync(`${ROOT}docs/kubernetes.md`);
  const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = ""]) => block);
  const objects: unknown[] = blocks.flatMap((block) => parseAllDocuments(block)).map((one) => one.toJS());
  const roles = objects.flatMap((object) => role.safeParse(object).data ?? []);
  const bindings = objects.flatMap((object) => binding.safeParse(object).data ?? []);
  assert.equal(roles.length + bindings.length, objects.length, "every object is a role or a binding");
  return names.flatMap((name) => {
    const bound = bindings.find((candidate) => candidate.metadata.name === name);
    const rules = roles.find(({ kind, metadata }) =>
      kind === bound?.roleRef.kind && metadata.name === bound.roleRef.name
    );
    assert(bound && rules, `a binding ${name} and its role`);
    const [subject] = bound.subjects;
    const to = subject.kind === "ServiceAccount"
      ? `system:serviceaccount:${subject.namespace}:${subject.name}`
      : subject.name;
    const { namespace } = bound.metadata;
    return rules.rules.map(({ apiGroups: [group], resources, verbs, resourceNames }): Grant => ({
      to,
      verbs,
      resources: resources.map((resource) => group ? `${resource}.${group}` : resource),
      ...(namespace !== undefined && { namespace }),
      ...(resourceNames !== undefined && { names: resourceNames }),
    }));
  });
}

function sourceOf(api: KubernetesApi) {
  return { kind: "url", url: api.url, token: api.token, ca: api.certificates.authority } as const;
}
