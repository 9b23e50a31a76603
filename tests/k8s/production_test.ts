import assert from "node:assert/strict";
import { z } from "zod";
import { settingsSchema } from "../../server/settings_schema.ts";
import { ROOT } from "../services/server.ts";
import { find, kustomize, labelsSchema, readManifest } from "./objects.ts";
import { workloads } from "./pods.ts";

const production = await kustomize("k8s/overlays/production");
const [server] = workloads(production);
const valueOf = (name: string) => server?.containers[0]?.env.find((entry) => entry.name === name);

Deno.test("production asks callers who they are, and has no door of the lab", () => {
  assert.equal(valueOf("AUTH_MODE")?.value, "oidc");
  assert.equal(valueOf("LAB_ENDPOINTS")?.value, "false");
});

Deno.test("production's stores, and its keys, come from one Secret", () => {
  for (const name of ["REDIS_URL", "DATABASE_URL", "SESSION_KEY", "AUDIT_SIGNING_KEY"]) {
    assert.deepEqual(valueOf(name)?.valueFrom?.secretKeyRef, { name: "mcp-server", key: name });
  }
});

Deno.test("production's image is of one version, at a place that nobody can have until it is filled in", () => {
  assert.deepEqual(server?.containers.map(({ image }) => image), ["registry.invalid/fill-in/mcp-server:1.0.0"]);
});

Deno.test("the autoscaler says how many replicas there are, and each counts with the most of them", () => {
  const { scaleTargetRef, minReplicas, maxReplicas } = z.looseObject({
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    minReplicas: z.number(),
    maxReplicas: z.number(),
  }).parse(find(production, "HorizontalPodAutoscaler", "mcp-server")["spec"]);
  assert.equal(`${scaleTargetRef.kind}/${scaleTargetRef.name}`, server?.is);
  assert.equal(server?.replicas, undefined);
  assert(minReplicas >= 3);
  assert.equal(valueOf("REPLICAS")?.value, String(maxReplicas));
});

Deno.test("a node that is drained takes one replica, and nodes and zones share them", () => {
  const budget = z.looseObject({
    maxUnavailable: z.literal(1),
    selector: z.looseObject({ matchLabels: labelsSchema }),
  }).parse(find(production, "PodDisruptionBudget", "mcp-server")["spec"]);
  assert.deepEqual(budget.selector.matchLabels, server?.template.metadata.labels);
  const spread = z.array(
    z.looseObject({ topologyKey: z.string(), labelSelector: z.looseObject({ matchLabels: labelsSchema }) }),
  )
    .parse(server?.template.spec["topologySpreadConstraints"]);
  assert.deepEqual(spread.map(({ topologyKey }) => topologyKey), [
    "topology.kubernetes.io/zone",
    "kubernetes.io/hostname",
  ]);
  for (const { labelSelector } of spread) assert.deepEqual(labelSelector.matchLabels, server?.template.metadata.labels);
});

Deno.test("the ServiceMonitor finds the Service that shows each replica, by a port of it", () => {
  const monitor = z.looseObject({
    selector: z.looseObject({ matchLabels: labelsSchema }),
    endpoints: z.array(z.looseObject({ port: z.string(), path: z.literal("/metrics") })),
  }).parse(find(production, "ServiceMonitor", "mcp-server")["spec"]);
  const found = production.filter(({ kind, metadata }) =>
    kind === "Service" &&
    Object.entries(monitor.selector.matchLabels).every(([key, label]) => metadata.labels?.[key] === label)
  );
  assert.deepEqual(found.map(({ metadata }) => metadata.name), ["mcp-server-replicas"]);
  assert.deepEqual(monitor.endpoints.map(({ port }) => port), ["http"]);
});

Deno.test("docs/deploy-kubernetes.md names every place that is to be filled in", async () => {
  const folder = `${ROOT}k8s/overlays/production`;
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  const marked = files.filter((name) => Deno.readTextFileSync(`${folder}/${name}`).includes("FILL IN:"));
  const text = await Deno.readTextFile(`${ROOT}docs/deploy-kubernetes.md`);
  assert.deepEqual(marked, ["kustomization.yaml", "settings.env", "stores.yaml"]);
  for (const name of marked) assert(text.includes(`\`k8s/overlays/production/${name}\``), name);
  for (const [, name = ""] of (await Deno.readTextFile(`${folder}/settings.env`)).matchAll(/^(\w+)=$/gm)) {
    assert(Object.hasOwn(settingsSchema.shape, name) && text.includes(`\`${name}\``), name);
  }
});

Deno.test("the Ingress leads to the server's doors for the outside alone, and holds sockets and messages", async () => {
  const [ingress] = await readManifest("k8s/examples/ingress.yaml");
  assert(ingress);
  const { rules } = z.looseObject({
    rules: z.array(z.looseObject({
      http: z.looseObject({
        paths: z.array(z.looseObject({
          path: z.string(),
          backend: z.strictObject({
            service: z.strictObject({ name: z.string(), port: z.strictObject({ name: z.string() }) }),
          }),
        })),
      }),
    })),
  }).parse(ingress["spec"]);
  const paths = rules.flatMap(({ http }) => http.paths);
  assert.deepEqual(paths.map(({ path }) => path), [
    "/mcp",
    "/ws-ticket",
    "/dashboard",
    "/.well-known/oauth-protected-resource",
    "/health",
  ]);
  for (const { backend } of paths) assert.deepEqual(backend.service, { name: "mcp-server", port: { name: "http" } });
  assert.equal(ingress.metadata.namespace, "mcp");
  const annotations = labelsSchema.parse(ingress.metadata["annotations"]);
  const annotation = (name: string) => annotations[`nginx.ingress.kubernetes.io/${name}`] ?? "";
  const defaults = settingsSchema.parse({});
  for (const name of ["proxy-read-timeout", "proxy-send-timeout"]) {
    // A ping comes each half of it, and a call may take so long.
    assert(Number(annotation(name)) > Math.max(defaults.IDLE_SECONDS, defaults.TOOL_TIMEOUT_MS / 1000), name);
  }
  const [, megabytes] = /^(\d+)m$/.exec(annotation("proxy-body-size")) ?? [];
  assert(Number(megabytes) * 1_048_576 > defaults.MESSAGE_BYTES_MAX);
});
