import assert from "node:assert/strict";
import { ROOT } from "../services/server.ts";
import { type KubernetesObject, kustomize, nameOf, readManifest } from "./objects.ts";
import { schemaErrors, unknownFields } from "./schema.ts";

const lab = await kustomize("k8s");
const production = await kustomize("k8s/overlays/production");

async function examples(): Promise<readonly KubernetesObject[]> {
  const files = Array.from(Deno.readDirSync(`${ROOT}k8s/examples`), ({ name }) => `k8s/examples/${name}`);
  return (await Promise.all(files.map(readManifest))).flat();
}

Deno.test("what `kubectl apply -f` makes of each file of the guide is what the guide prints, and what belongs to it", async () => {
  const files: Readonly<Record<string, readonly string[]>> = {
    namespace: ["Namespace/mcp-lab", "ServiceAccount/mcp-server", "Role/mcp-reader", "RoleBinding/mcp-reader"],
    redis: ["StatefulSet/redis-mcp", "Service/redis-mcp", "ConfigMap/redis-config"],
    postgres: ["StatefulSet/postgres-mcp", "Service/postgres-mcp", "ConfigMap/postgres-init"],
    prometheus: ["Deployment/prometheus", "Service/prometheus", "ConfigMap/prometheus-config"],
    "mcp-deployment": ["Deployment/mcp-server"],
    "mcp-service": ["Service/mcp-server", "Service/mcp-server-replicas"],
  };
  for (const [file, expected] of Object.entries(files)) {
    const objects = await readManifest(`k8s/${file}.yaml`);
    assert.deepEqual(objects.map(nameOf), expected, file);
    for (const { kind, metadata } of objects) {
      assert.equal(metadata.namespace, kind === "Namespace" ? undefined : "mcp-lab", `${kind} of ${file}`);
    }
    // And `kubectl apply -k k8s/` makes the same.
    for (const object of objects) assert.deepEqual(lab.find((built) => nameOf(built) === nameOf(object)), object);
  }
});

Deno.test("production has what it adds, and no store, no Prometheus and nothing of the lab's namespace", () => {
  const names = production.map((object) => nameOf(object).replace(/-[a-z0-9]{10}$/, "")).sort();
  assert.deepEqual(names, [
    "ConfigMap/mcp-settings",
    "Deployment/mcp-server",
    "HorizontalPodAutoscaler/mcp-server",
    "Namespace/mcp",
    "NetworkPolicy/default-deny",
    "NetworkPolicy/mcp-server",
    "NetworkPolicy/mcp-server-stores",
    "PodDisruptionBudget/mcp-server",
    "Role/mcp-reader",
    "RoleBinding/mcp-reader",
    "Service/mcp-server",
    "Service/mcp-server-replicas",
    "ServiceAccount/mcp-server",
    "ServiceMonitor/mcp-server",
  ]);
  assert(!JSON.stringify(production).includes("mcp-lab"));
});

Deno.test("every object keeps to Kubernetes' schemas, and has no field that does not exist", async () => {
  const all = [...lab, ...production, ...await examples()];
  assert.deepEqual(await schemaErrors(all), []);
  assert.equal(await unknownFields(all), "");
});

Deno.test("the schemas see a wrong type, a field that is missing, and a misspelt one", async () => {
  const port = (fields: Record<string, unknown>): KubernetesObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "a" },
    spec: { ports: [{ port: 1, ...fields }] },
  });
  assert.deepEqual(await schemaErrors([port({})]), []);
  assert.equal((await schemaErrors([port({ port: "9000" })])).length, 1);
  assert.equal((await schemaErrors([port({ port: undefined })])).length, 1);
  assert.match(await unknownFields([port({ targetport: 1 })]), /targetport/);
});
