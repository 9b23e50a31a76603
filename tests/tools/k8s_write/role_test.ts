import assert from "node:assert/strict";
import { z } from "zod";
import { type Grant, SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { readManifest } from "../../k8s/objects.ts";
import { openWrites } from "./writes.ts";

const roleSchema = z.object({
  kind: z.enum(["Role", "ClusterRole"]),
  metadata: z.object({ namespace: z.string().optional() }),
  rules: z.array(z.strictObject({
    apiGroups: z.tuple([z.string()]),
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
  })),
});

/** One right a grant, so that each can be left out. */
async function exampleGrants(): Promise<Grant[]> {
  const roles = (await readManifest("k8s/examples/toolset-k8s-write-role.yaml"))
    .flatMap((object) => roleSchema.safeParse(object).data ?? []);
  return roles.flatMap(({ metadata: { namespace }, rules }) =>
    rules.flatMap(({ apiGroups: [group], resources, verbs }) =>
      resources.flatMap((resource) =>
        verbs.map((verb): Grant => ({
          to: SERVICE_ACCOUNT,
          verbs: [verb],
          resources: [group === "" ? resource : `${resource}.${group}`],
          ...(namespace !== undefined && { namespace }),
        }))
      )
    )
  );
}

Deno.test("the example's roles have each right that toolset k8s-write needs, and none besides", async () => {
  await using api = await startKubernetesApi();
  const plain = { namespace: "shop", uid: "u", resourceVersion: "1" };
  for (const kind of ["statefulsets", "daemonsets", "replicasets"]) {
    api.put(`${kind}.apps`, { metadata: { ...plain, name: kind }, spec: { replicas: 1 }, status: {} });
  }
  const works = (granted: readonly Grant[]) => {
    api.revoke(SERVICE_ACCOUNT);
    api.grant(...granted);
    return useTools(api).then(() => true, () => false);
  };
  const grants = await exampleGrants();
  assert(grants.length > 0);
  assert.equal(await works(grants), true);
  for (const grant of grants) {
    assert.equal(await works(grants.filter((one) => one !== grant)), false, JSON.stringify(grant));
  }
});

/** Every tool for every kind, dry: a dry run needs the rights of the change. */
async function useTools(api: KubernetesApi): Promise<void> {
  await using writes = await openWrites(api);
  const named = [["deployment", "cart"], ["statefulset", "statefulsets"]] as const;
  for (const [kind, name] of [...named, ["daemonset", "daemonsets"]]) {
    await writes.run("k8s.rollout_restart", { namespace: "shop", kind, name });
  }
  for (const [kind, name] of [...named, ["replicaset", "replicasets"]]) {
    await writes.run("k8s.scale", { namespace: "shop", kind, name, replicas: 2 });
  }
  await writes.run("k8s.cordon", { node: "node1" });
  await writes.run("k8s.uncordon", { node: "node1" });
}
