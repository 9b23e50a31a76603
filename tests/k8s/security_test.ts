import assert from "node:assert/strict";
import { ROOT } from "../services/server.ts";
import { find, kustomize, nameOf } from "./objects.ts";
import { type Workload, workloads } from "./pods.ts";
import { brokenRules } from "./restricted.ts";

const lab = await kustomize("k8s");
const production = await kustomize("k8s/overlays/production");
const all = [...workloads(lab), ...workloads(production)];

Deno.test("both namespaces refuse pods that are not restricted", () => {
  for (const [objects, name] of [[lab, "mcp-lab"], [production, "mcp"]] as const) {
    assert.equal(
      find(objects, "Namespace", name).metadata.labels?.["pod-security.kubernetes.io/enforce"],
      "restricted",
    );
  }
});

Deno.test("every pod is restricted", () => {
  assert.deepEqual(all.map(({ is }) => is), [
    "Deployment/mcp-server",
    "Deployment/prometheus",
    "StatefulSet/postgres-mcp",
    "StatefulSet/redis-mcp",
    "Deployment/mcp-server",
  ]);
  assert.deepEqual(all.flatMap(brokenRules), []);
});

Deno.test("a pod that breaks a rule is found, an init container's too", () => {
  const [workload] = all;
  assert(workload);
  const { template } = workload;
  const [container] = workload.containers;
  assert(container);
  const withPod = (change: object): Workload => ({
    ...workload,
    template: { ...template, spec: { ...template.spec, ...change } },
  });
  const cases: readonly (readonly [Workload, RegExp])[] = [
    [withPod({ hostPID: true }), /namespace of its node/],
    [withPod({ volumes: [{ name: "host", hostPath: { path: "/" } }] }), /volume host is hostPath/],
    [withPod({ securityContext: {} }), /may run as root/],
    [withPod({ securityContext: { ...template.spec.securityContext, runAsUser: 0 } }), /runs as root/],
    [{ ...workload, containers: [container, { ...container, name: "init", securityContext: {} }] }, /init keeps cap/],
  ];
  for (const [broken, message] of cases) assert.match(brokenRules(broken).join("\n"), message);
});

Deno.test("no container writes to its image, and every one has requests and limits", () => {
  for (const { is, containers } of all) {
    for (const { name, securityContext, resources } of containers) {
      assert.equal(securityContext?.readOnlyRootFilesystem, true, `${is} ${name}`);
      for (const kind of ["requests", "limits"] as const) {
        assert.deepEqual(Object.keys(resources?.[kind] ?? {}).sort(), ["cpu", "memory"], `${is} ${name} ${kind}`);
      }
    }
  }
});

Deno.test("an image has a version; only the lab's own is latest, and nothing is pulled that is there", () => {
  for (const workload of all) {
    for (const { image, imagePullPolicy } of workload.containers) {
      assert.equal(imagePullPolicy, "IfNotPresent");
      if (image === "mcp-server:latest") continue;
      assert.match(image, /:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/, workload.is);
    }
  }
  const [server] = workloads(production);
  assert(!server?.containers.some(({ image }) => image.endsWith(":latest")));
});

Deno.test("only the server's pods hold a token for the cluster, and under the account that may read", () => {
  for (const { is, template: { spec } } of all) {
    const isServer = is === "Deployment/mcp-server";
    assert.equal(spec.automountServiceAccountToken, isServer, is);
    assert.equal(spec.serviceAccountName, isServer ? "mcp-server" : undefined, is);
  }
});

Deno.test("no secret is in the repository: no Secret, and no value where a password, key or token belongs", async () => {
  for (const object of [...lab, ...production]) assert.notEqual(object.kind, "Secret", nameOf(object));
  for (const { containers } of all) {
    for (const { name, value } of containers.flatMap(({ env }) => env)) {
      if (/PASSWORD|AUTH$|KEY$|TOKEN|SECRET|REDIS_URL|DATABASE_URL/.test(name)) assert.equal(value, undefined, name);
    }
  }
  // URLs with a password, long random words, blocks of PEM, in whatever file.
  const secret = /:\/\/[^\s/:@]*:[^\s@$]+@|\b[0-9a-f]{40,}\b|\b[A-Za-z0-9+/]{43}=|-----BEGIN|mcp_[a-z0-9]{16}_/;
  const files = ["postgres://aiagent:hunter2@postgres-mcp/x", "a".repeat(64), `${"Ab1".repeat(14)}c=`];
  for (const sample of files) assert.match(sample, secret);
  for await (const path of manifests(`${ROOT}k8s`)) assert.doesNotMatch(await Deno.readTextFile(path), secret, path);
});

async function* manifests(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) yield* manifests(`${folder}/${name}`);
    else if (isFile) yield `${folder}/${name}`;
  }
}
