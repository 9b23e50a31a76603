import assert from "node:assert/strict";
import type { ToolsetOptions } from "../../../tools/catalogue.ts";
import { inClusters } from "../../../tools/k8s/in_clusters.ts";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { clusterTools } from "../../../tools/k8s/toolset.ts";
import { clusterWriteTools } from "../../../tools/k8s/write/toolset.ts";
import { SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { writeContexts } from "../../services/kubernetes/contexts.ts";
import { testCallPath, testContext } from "../call_path.ts";
import { authorizerOf, CLUSTERS, principal } from "../policy/policies.ts";
import { toolError } from "../tool_error.ts";

Deno.test("whoever has all of one cluster and a namespace of another has of the other that namespace alone", async (t) => {
  await using api = await startKubernetesApi();
  api.grant({ to: SERVICE_ACCOUNT, verbs: ["list"], resources: ["pods", "namespaces", "nodes"] });
  const folder = await Deno.makeTempDir({ prefix: "cluster-rights-" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  // One API is enough to see what is asked of it at all.
  const paths = await writeContexts(folder, Object.fromEntries(CLUSTERS.names.map((name) => [name, api])));
  const byName = new Map(
    CLUSTERS.names.map((context) =>
      [context, stack.use(openKubernetesCluster({ kind: "kubeconfig", paths, context }))] as const
    ),
  );
  const roles = {
    plain: { tools: ["*"] },
    prodLab: { tools: ["*"], clusters: ["prod-eu"], namespaces: ["mcp-lab"] },
  };
  const authorizer = await authorizerOf({ roles }, CLUSTERS);
  const parts = { authorizer, clock: { now: () => 0 }, cache: {} };
  const tools = inClusters(
    { ...CLUSTERS, byName },
    parts as unknown as ToolsetOptions, // What the toolsets take of the options.
    (parts) => [...clusterTools(parts), ...clusterWriteTools(parts)],
  );
  const { call } = testCallPath(tools, {
    authorizer,
    intents: { intend: () => Promise.resolve() },
    resultBytesMax: 100_000,
  });
  const ask = async (tool: string, args: Record<string, unknown>) => {
    const context = testContext({ principal: principal(["plain", "prodLab"]) });
    return JSON.parse((await call({ method: "tools/call", tool, args }, context)).text);
  };
  const prod = { cluster: "prod-eu" };

  await t.step("lists", async () => {
    assert.equal((await ask("k8s.list", { kind: "pods", namespace: "mcp-lab", ...prod })).cluster, "prod-eu");
    const { data } = await toolError("forbidden", () => ask("k8s.list", { kind: "pods", namespace: "shop", ...prod }));
    assert.equal(data.rule, "prodLab.namespaces");
    assert.equal((await ask("k8s.list", { kind: "pods", namespace: "shop" })).cluster, "test");
  });

  await t.step("names of namespaces", async () => {
    const names = async (args: Record<string, unknown>) =>
      (await ask("k8s.namespaces", args)).namespaces.map(({ name }: { name: string }) => name);
    assert.ok((await names({})).length > 1);
    assert.deepEqual(await names(prod), ["mcp-lab"]);
  });

  await t.step("nodes, which are of every namespace", async () => {
    const asked = () => api.requests.filter(({ url }) => url.pathname.startsWith("/api/v1/nodes")).length;
    assert.ok((await ask("k8s.nodes", {})).nodes.length > 0);
    const before = asked();
    for (const [tool, args] of [["k8s.nodes", {}], ["k8s.cordon", { node: "node-1" }]] as const) {
      const { data } = await toolError("forbidden", () => ask(tool, { ...args, ...prod }));
      assert.equal(data.rule, "namespaces", tool);
    }
    assert.equal(asked(), before);
  });
});
