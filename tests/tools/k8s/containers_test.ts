import assert from "node:assert/strict";
import type { ContainerList } from "../../../tools/k8s/cluster.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { call } from "./call.ts";
import { openByKubeconfig } from "./cluster.ts";

Deno.test("containers of a namespace are found with their roles", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const list = await cluster.findContainers({ namespace: "mcp-lab", podsMax: 100 }, call());
  assert.deepEqual([list.pods.length, list.more, list.warnings], [47, false, []]);
  assert.equal(printed(list, "redis-mcp-0"), "redis:main");
  assert.equal(printed(list, "multi-ready"), "app:main helper:main debugger:ephemeral");
  assert.equal(printed(list, "native-sidecar"), "setup:init proxy:sidecar app:main");
  assert.equal(printed(list, "init-crashloop"), "migrate:init main:main");
  assert.equal(api.requests.length, 1);
});

Deno.test("one pod by its name costs one request for one pod", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api, { user: "token" });
  const list = await cluster.findContainers({ namespace: "mcp-lab", pod: "redis-mcp-0", podsMax: 100 }, call());
  assert.deepEqual(list.pods, [{ pod: "redis-mcp-0", containers: [{ name: "redis", role: "main" }] }]);
  assert.deepEqual(api.requests.map(({ url }) => url.searchParams.get("fieldSelector")), [
    "metadata.name=redis-mcp-0",
  ]);
});

Deno.test("pods by the beginning of their names are found on whichever page they are", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const list = await cluster.findContainers({ namespace: "crowd", pod: "worker-49*", podsMax: 1000 }, call());
  assert.deepEqual([list.pods.length, list.more], [100, false]);
  assert.equal(list.pods[0]?.pod, "worker-4900");
  assert.equal(api.requests.length, 20);
});

Deno.test("a search for containers ends with the pods that are wanted, and says that there are more", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const list = await cluster.findContainers({ namespace: "crowd", podsMax: 100 }, call());
  assert.deepEqual([list.pods.length, list.more], [100, true]);
  assert.equal(api.requests.length, 1);
  const few = await cluster.findContainers({ namespace: "mcp-lab", podsMax: 47 }, call());
  assert.deepEqual([few.pods.length, few.more], [47, false]);
  const fewer = await cluster.findContainers({ namespace: "mcp-lab", podsMax: 46 }, call());
  assert.deepEqual([fewer.pods.length, fewer.more], [46, true]);
});

Deno.test("an empty namespace has no containers", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const list = await cluster.findContainers({ namespace: "empty", podsMax: 100 }, call());
  assert.deepEqual(list, { pods: [], more: false, warnings: [] });
});

function printed(list: ContainerList, pod: string): string | undefined {
  const found = list.pods.find((candidate) => candidate.pod === pod);
  return found?.containers.map(({ name, role }) => `${name}:${role}`).join(" ");
}
