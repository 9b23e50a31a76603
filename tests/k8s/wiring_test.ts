import assert from "node:assert/strict";
import { z } from "zod";
import { settingsSchema } from "../../server/settings_schema.ts";
import { testBeside } from "../services/beside.ts";
import { startServer } from "../services/server.ts";
import { find, type KubernetesObject, kustomize, labelsSchema, nameOf } from "./objects.ts";
import { probesOf, type Workload, workloads } from "./pods.ts";

const READY_MS_MAX = 15_000;

const lab = await kustomize("k8s");
const production = await kustomize("k8s/overlays/production");
const builds = [lab, production];

const serviceSchema = z.looseObject({
  selector: labelsSchema,
  clusterIP: z.string().optional(),
  ports: z.array(z.looseObject({ name: z.string(), port: z.number(), targetPort: z.union([z.string(), z.number()]) })),
});

function servicesOf(objects: readonly KubernetesObject[]) {
  return objects.filter(({ kind }) => kind === "Service")
    .map((object) => ({ is: nameOf(object), metadata: object.metadata, ...serviceSchema.parse(object["spec"]) }));
}

const covers = (selector: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

function server(objects: readonly KubernetesObject[]): Workload {
  const found = workloads(objects).find(({ is }) => is === "Deployment/mcp-server");
  assert(found);
  return found;
}

Deno.test("a workload selects its own pods and no other's", () => {
  for (const objects of builds) {
    const made = workloads(objects);
    for (const { is, selector } of made) {
      const selected = made.filter(({ template }) => covers(selector.matchLabels, template.metadata.labels));
      assert.deepEqual(selected.map((workload) => workload.is), [is]);
    }
  }
});

Deno.test("a Service selects one workload's pods, and its ports are theirs", () => {
  for (const objects of builds) {
    for (const { is, selector, ports } of servicesOf(objects)) {
      const [workload, ...others] = workloads(objects)
        .filter(({ template }) => covers(selector, template.metadata.labels));
      assert(workload && others.length === 0, is);
      const offered = workload.containers.flatMap((container) => container.ports);
      for (const { port, targetPort } of ports) {
        const target = offered.find(({ name }) => name === targetPort);
        assert.equal(target?.containerPort, port, `${is} ${port}`);
      }
    }
  }
});

Deno.test("a StatefulSet's Service is there and gives its pods names", () => {
  for (const { is, serviceName } of workloads(lab).filter(({ is }) => is.startsWith("StatefulSet/"))) {
    assert.equal(servicesOf(lab).find(({ metadata }) => metadata.name === serviceName)?.clusterIP, "None", is);
  }
});

Deno.test("what a pod mounts or reads is there, and its probes name its ports", () => {
  for (const objects of builds) {
    const configMaps = new Set(objects.filter(({ kind }) => kind === "ConfigMap").map(({ metadata }) => metadata.name));
    for (const { is, template, volumeClaimTemplates, containers } of workloads(objects)) {
      const volumes = [...template.spec.volumes, ...volumeClaimTemplates.map(({ metadata }) => metadata)];
      for (const { configMap } of template.spec.volumes) {
        if (configMap === undefined) continue;
        assert(configMaps.has(z.looseObject({ name: z.string() }).parse(configMap).name), `${is} ConfigMap`);
      }
      for (const container of containers) {
        for (const { name } of container.volumeMounts) assert(volumes.some((volume) => volume.name === name), name);
        for (const { configMapRef } of container.envFrom) assert(configMaps.has(configMapRef?.name ?? ""), is);
        for (const [probe, { httpGet, tcpSocket }] of probesOf(container)) {
          const port = (httpGet ?? tcpSocket)?.port;
          if (port !== undefined) assert(container.ports.some(({ name }) => name === port), `${is} ${probe}`);
        }
      }
    }
  }
});

Deno.test("every environment variable of the server is a setting", () => {
  for (const objects of builds) {
    const [container] = server(objects).containers;
    const fromConfigMap = objects.filter(({ kind, metadata }) =>
      kind === "ConfigMap" && container?.envFrom.some(({ configMapRef }) => configMapRef?.name === metadata.name)
    ).flatMap(({ data }) => Object.keys(z.record(z.string(), z.string()).parse(data)));
    const names = [...container?.env.map(({ name }) => name) ?? [], ...fromConfigMap];
    assert(names.length > 8);
    assert.deepEqual(names.filter((name) => !Object.hasOwn(settingsSchema.shape, name)), []);
    assert.equal(new Set(names).size, names.length, "None is given twice");
  }
});

Deno.test("the server's pods end after preStop and the drain, and none goes before another is ready", () => {
  for (const objects of builds) {
    const { strategy, template: { spec }, containers: [container] } = server(objects);
    assert.deepEqual(strategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    const [sleep, seconds] = container?.lifecycle?.preStop?.exec?.command ?? [];
    assert.equal(sleep, "sleep");
    const drainMs = Number(container?.env.find(({ name }) => name === "DRAIN_MS")?.value);
    assert(Number(seconds) >= 5 && drainMs === 45_000);
    assert((spec.terminationGracePeriodSeconds ?? 30) >= Number(seconds) + drainMs / 1000 + 5);
  }
});

Deno.test("the lab has three replicas, and each knows of three", () => {
  const { replicas, containers: [container] } = server(lab);
  assert.equal(replicas, 3);
  assert.equal(container?.env.find(({ name }) => name === "REPLICAS")?.value, "3");
  assert.equal(
    container?.env.find(({ name }) => name === "REPLICA")?.valueFrom?.fieldRef?.fieldPath,
    "metadata.name",
  );
});

Deno.test("Redis keeps an append-only file and evicts nothing, in less memory than its container may have", () => {
  const { "redis.conf": config } = z.record(z.string(), z.string()).parse(
    find(lab, "ConfigMap", "redis-config")["data"],
  );
  assert.match(config ?? "", /^appendonly yes$/m);
  assert.match(config ?? "", /^maxmemory-policy noeviction$/m);
  const megabytes = Number(/^maxmemory (\d+)mb$/m.exec(config ?? "")?.[1]);
  const redis = workloads(lab).find(({ is }) => is === "StatefulSet/redis-mcp");
  const limit = /^(\d+)Mi$/.exec(String(redis?.containers[0]?.resources?.limits["memory"]))?.[1];
  assert(megabytes > 0 && Number(limit) > 2 * megabytes);
});

/** At its start a server waits some seconds for its stores before it says that it is ready, and no longer. */
async function becomesReady(url: string, name: string): Promise<void> {
  const deadline = performance.now() + READY_MS_MAX;
  while (true) {
    const response = await fetch(url);
    await response.body?.cancel();
    if (response.ok) return;
    assert(name === "readinessProbe" && performance.now() < deadline, `${name}: ${response.status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

testBeside("the server's probes are routes that answer, also with no store to be had", async () => {
  // Nothing listens there: a probe that asked for a store would say so.
  await using running = await startServer({
    REDIS_URL: "redis://127.0.0.1:1",
    DATABASE_URL: "postgres://aiagent:none@127.0.0.1:1/mcpaudit",
  });
  for (const objects of builds) {
    const [container] = server(objects).containers;
    assert(container);
    const probes = probesOf(container);
    assert.deepEqual(probes.map(([name, { httpGet }]) => [name, httpGet?.path]), [
      ["startupProbe", "/live"],
      ["readinessProbe", "/ready"],
      ["livenessProbe", "/live"],
    ]);
    for (const [name, { httpGet }] of probes) await becomesReady(`${running.url}${httpGet?.path}`, name);
  }
  const health = await fetch(`${running.url}/health`);
  assert.equal(health.status, 503, "It does say that no store can be used");
  await health.body?.cancel();
});
