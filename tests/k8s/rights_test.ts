import assert from "node:assert/strict";
import { z } from "zod";
import { parseArguments } from "../../tools/arguments.ts";
import { openKubernetesCluster } from "../../tools/k8s/kubernetes_cluster.ts";
import { clusterLogs } from "../../tools/logs/cluster_logs.ts";
import { logsSearch } from "../../tools/logs/search.ts";
import { type Grant, SERVICE_ACCOUNT } from "../services/kubernetes/access.ts";
import { type KubernetesApi, startKubernetesApi } from "../services/kubernetes.ts";
import { ROOT } from "../services/server.ts";
import { call } from "../tools/k8s/call.ts";
import { find, kustomize, parseObjects, readManifest } from "./objects.ts";

const roleSchema = z.object({
  rules: z.array(z.object({
    apiGroups: z.tuple([z.literal("")]),
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
  })),
});

const lab = await kustomize("k8s");

Deno.test("the server's account has each right that the tools need, and none besides", async () => {
  const { rules } = roleSchema.parse(find(lab, "Role", "mcp-reader"));
  const grants = rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) =>
      verbs.map((verb): Grant => ({
        to: SERVICE_ACCOUNT,
        verbs: [verb],
        resources: [resource],
        namespace: "mcp-lab",
      }))
    )
  );
  await using api = await startKubernetesApi();
  const fails = async (granted: readonly Grant[]): Promise<boolean> => {
    api.revoke(SERVICE_ACCOUNT);
    api.grant(...granted);
    return await useTools(api).then(() => false, () => true);
  };
  assert.equal(await fails(grants), false);
  for (const grant of grants) {
    assert.equal(await fails(grants.filter((one) => one !== grant)), true, JSON.stringify(grant));
  }
});

/** Every call of the default tools that asks the cluster. */
async function useTools(api: KubernetesApi): Promise<void> {
  const { url, token, certificates } = api;
  await using cluster = openKubernetesCluster({ kind: "url", url, token, ca: certificates.authority });
  await cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call());
  const tool = logsSearch(clusterLogs(cluster));
  const { returned } = await tool.run(parseArguments(tool, { namespace: "mcp-lab", pod: "redis-mcp-0" }), call());
  assert(returned > 0);
}

Deno.test("the roles of the manifests and the examples are those that docs/kubernetes.md shows and tests try", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/kubernetes.md`);
  const shown = [...text.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, block = ""]) => parseObjects(block));
  const written = [
    ...lab,
    ...await readManifest("k8s/examples/namespace-names.yaml"),
    ...await readManifest("k8s/examples/impersonate.yaml"),
  ];
  assert.equal(shown.length, 7);
  for (const object of shown) assert.deepEqual(find(written, object.kind, object.metadata.name), object);
});

Deno.test("the example for one more namespace gives there what the lab's account has in its own", async () => {
  const inNamespace = (namespace: string) => (object: { metadata: { name: string } }) => ({
    ...object,
    metadata: { ...object.metadata, namespace },
  });
  const kinds = ["Role", "RoleBinding"];
  assert.deepEqual(
    await readManifest("k8s/examples/read-namespace.yaml"),
    kinds.map((kind) => find(lab, kind, "mcp-reader")).map(inNamespace("shop")),
  );
});

Deno.test("no role of any build reaches Secrets, runs something in a pod, or changes anything", async () => {
  for (const objects of [lab, await kustomize("k8s/overlays/production")]) {
    assert.deepEqual(objects.filter(({ kind }) => kind.startsWith("ClusterRole")), []);
    for (const role of objects.filter(({ kind }) => kind === "Role")) {
      assert.deepEqual(roleSchema.parse(role).rules, [
        { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
        { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
      ]);
    }
  }
});
