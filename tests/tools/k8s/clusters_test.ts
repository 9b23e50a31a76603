import assert from "node:assert/strict";
import { createApiKey } from "../../../server/auth/token/api_key.ts";
import type { AuditIntent } from "../../../storage/intent_log.ts";
import { openAuthorizer } from "../../../tools/authorizer.ts";
import type { ToolsetOptions } from "../../../tools/catalogue.ts";
import type { Cluster } from "../../../tools/k8s/cluster.ts";
import { chooseContexts } from "../../../tools/k8s/contexts.ts";
import { inClusters } from "../../../tools/k8s/in_clusters.ts";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { k8sListPods } from "../../../tools/k8s/list_pods.ts";
import { clusterNotConfigured } from "../../../tools/k8s/not_configured.ts";
import { clusterWriteTools } from "../../../tools/k8s/write/toolset.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { writeContexts } from "../../services/kubernetes/contexts.ts";
import { startServer } from "../../services/server.ts";
import { writeGrants } from "../k8s_write/writes.ts";
import { testCallPath, testContext } from "../call_path.ts";
import { MapCache } from "../prom/map_cache.ts";
import { toolError } from "../tool_error.ts";

const ACCOUNT = "system:serviceaccount:mcp-lab:mcp-server";
const LAB = { namespace: "mcp-lab" };

async function temporaryFolder() {
  const path = await Deno.makeTempDir({ prefix: "clusters-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const RUNBOOK = `---
title: Pods of two clusters
severity: info
---

## Look

\`\`\`sh
kubectl get pods -n mcp-lab
\`\`\`

## And there

\`\`\`sh
kubectl --context green get pod only-in-green -n mcp-lab
\`\`\`

## Elsewhere

\`\`\`sh
kubectl get pod only-in-green -n mcp-lab --context=red
\`\`\`
`;

/** Two clusters with namespaces of the same names, in which other pods are, and one kubeconfig of both. */
async function openTwo() {
  await using stack = new AsyncDisposableStack();
  const [blue, green] = [stack.use(await startKubernetesApi()), stack.use(await startKubernetesApi())];
  green.rotateToken();
  green.put("pods", {
    metadata: {
      name: "only-in-green",
      namespace: "mcp-lab",
      uid: "green-1",
      creationTimestamp: "2026-11-22T10:00:00Z",
    },
    spec: { containers: [{ name: "app", image: "app:1" }] },
    status: { phase: "Running" },
  });
  const { path } = stack.use(await temporaryFolder());
  const owned = stack.move();
  return {
    ...{ blue, green, folder: path, paths: await writeContexts(path, { blue, green }) },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

Deno.test("of several clusters each tool asks the one that is named, by its own credentials", async (t) => {
  await using two = await openTwo();
  const { blue, green, folder, paths } = two;
  const keys = { operator: createApiKey(), guest: createApiKey() };
  const tokens = Object.entries(keys).map(([name, { id, sha256 }]) => ({ id, name, sha256, roles: [name] }));
  await Deno.writeTextFile(`${folder}/tokens.json`, JSON.stringify({ tokens }));
  const doors = ["dashboard"];
  const roles = {
    operator: { tools: ["*"], clusters: ["*"], doors: [...doors, "audit"] },
    guest: { tools: ["*"], doors },
  };
  await Deno.writeTextFile(`${folder}/policy.json`, JSON.stringify({ roles }));
  await Deno.mkdir(`${folder}/runbooks`);
  await Deno.writeTextFile(`${folder}/runbooks/pods.md`, RUNBOOK);
  await using server = await startServer({
    ...{ KUBECONFIG: paths, KUBE_CONTEXTS: "all", TOOLSETS: "core,k8s,logs,runbook", DATA_DIR: folder },
    RUNBOOK_DIR: `${folder}/runbooks`,
    ...{ AUTH_MODE: "token", TOKENS_FILE: `${folder}/tokens.json`, POLICY_FILE: `${folder}/policy.json` },
  });
  const headers = (caller: keyof typeof keys) => ({ authorization: `Bearer ${keys[caller].key}` });
  const ask = async (method: string, params: object, caller: keyof typeof keys = "operator") => {
    const response = await fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers(caller) },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = await response.json();
    return { result, error };
  };
  const has = async (args: object) => {
    const { result } = await ask("k8s.list_pods", { ...LAB, limit: 500, ...args });
    const isGreen = result.pods.some(({ name }: { name: string }) => name === "only-in-green");
    return `${result.cluster} has ${result.pods.length}${isGreen ? ", one of them green's" : ""}`;
  };

  await t.step("tools that ask a cluster take its name, and no others", async () => {
    const { result } = await ask("mcp.tools.list", {});
    const taking = result.tools.filter(({ parameters }: { parameters: object }) => "cluster" in parameters);
    const names = taking.map(({ name }: { name: string }) => name);
    assert.equal(names.length, 14);
    assert.ok(names.every((name: string) => /^(?:k8s|logs)\./.test(name)), names.join(", "));
    assert.deepEqual(taking[0].parameters.cluster, { type: "string", default: "blue" });
  });

  await t.step("named, left out, from the cache and at the same time", async () => {
    const [inBlue, inGreen] = ["blue has 47", "green has 48, one of them green's"];
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all([{}, { cluster: "green" }, { cluster: "blue" }, { cluster: "green" }].map(has));
      assert.deepEqual(answers, [inBlue, inGreen, inBlue, inGreen]);
    }
    // Of its default size an answer is cached.
    const cached = async (cluster: string) => {
      const { result: { cluster: answered, ...pods } } = await ask("k8s.list_pods", { ...LAB, cluster });
      return `${answered}: ${JSON.stringify(pods)}`;
    };
    const first = [await cached("blue"), await cached("green")];
    const asked = [blue, green].map(({ requests }) => requests.length);
    assert.deepEqual([await cached("blue"), await cached("green")], first);
    assert.deepEqual([blue, green].map(({ requests }) => requests.length), asked);
    assert.deepEqual(first.map((answer) => answer.includes("only-in-green")), [false, true]);
  });

  await t.step("no cluster is shown another's credentials", () => {
    for (const { requests } of [blue, green]) {
      assert.ok(requests.length > 0);
      assert.deepEqual(requests.filter(({ identity }) => identity === undefined), []);
    }
  });

  await t.step("logs of a pod that both have", async () => {
    green.setLog("mcp-lab", "redis-mcp-0", "redis", [{ time: "2026-11-22T10:00:01.5Z", bytes: "seen in green" }]);
    const search = async (args: object) => {
      const { result } = await ask("logs.search", { ...LAB, pod: "redis-mcp-0", query: "seen in green", ...args });
      return { cluster: result.cluster, matched: result.matched };
    };
    assert.deepEqual(await search({ cluster: "green" }), { cluster: "green", matched: 1 });
    assert.deepEqual(await search({}), { cluster: "blue", matched: 0 });
  });

  await t.step("another name is refused with those that there are", async () => {
    const { error } = await ask("k8s.list_pods", { ...LAB, cluster: "red" });
    assert.equal(error.code, -32602);
    assert.match(error.message, /cluster: .*"blue"\|"green", but got "red"/);
  });

  await t.step("a role without clusters is for the default one", async () => {
    assert.equal((await ask("k8s.list_pods", LAB, "guest")).result.cluster, "blue");
    const { error } = await ask("k8s.list_pods", { ...LAB, cluster: "green" }, "guest");
    assert.equal(error.code, -32003);
    assert.match(error.message, /role "guest" is for cluster "blue"/);
    assert.equal((await ask("k8s.namespaces", { cluster: "green" }, "guest")).error.code, -32003);
  });

  await t.step(
    "a runbook's step is for the cluster that it names, and for nobody's where there is none of the name",
    async () => {
      const args = { runbook_id: "pods", plan: true };
      type Planned = {
        readonly verdict: string;
        readonly args?: object;
        readonly reason?: string;
        readonly value?: string;
      };
      const plan = async (caller: "operator" | "guest"): Promise<readonly Planned[]> =>
        (await ask("runbook.preview", args, caller)).result.plan.calls;
      const calls = await plan("operator");
      const seen = calls.map(({ verdict, value = "" }) => [verdict, /"cluster":"(\w+)"/.exec(value)?.[1]]);
      assert.deepEqual(seen, [["allowed", "blue"], ["allowed", "green"], ["person", undefined]]);
      assert.deepEqual(calls[1]?.args, { kind: "pod", name: "only-in-green", namespace: "mcp-lab", cluster: "green" });
      assert.deepEqual((await plan("guest")).map(({ verdict }) => verdict), ["allowed", "denied", "person"]);
    },
  );

  await t.step("one that is away is said so by name, the other answers, and Health tells them apart", async () => {
    green.interfere(() => ({ kind: "drop" }));
    const { error } = await ask("k8s.list_pods", { ...LAB, limit: 5, cluster: "green" });
    assert.match(error.message, /\(cluster "green"\)$/);
    assert.equal((await ask("k8s.list_pods", { ...LAB, limit: 5 })).result.cluster, "blue");
    const health = await (await fetch(`${server.url}/dashboard/api/health`, { headers: headers("operator") })).json();
    const states = health.upstreams.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`);
    assert.deepEqual(states, ["kubernetes blue answering", "kubernetes green failing"]);
    const { status, clusters } = await (await fetch(`${server.url}/health`, { headers: headers("operator") })).json();
    assert.deepEqual([status, clusters], ["healthy", { blue: "answering", green: "failing" }]);
  });
});

Deno.test("what was confirmed for one cluster is not for another, though object and version are the same", async () => {
  await using two = await openTwo();
  const { blue, green, paths } = two;
  const byName = new Map(
    ["blue", "green"].map((context) => [context, openKubernetesCluster({ kind: "kubeconfig", paths, context })]),
  );
  await using stack = new AsyncDisposableStack();
  for (const cluster of byName.values()) stack.use(cluster);
  for (const api of [blue, green]) api.grant(...writeGrants(ACCOUNT));
  const parts = { authorizer: openAuthorizer, clock: { now: () => 0 }, cache: {}, prometheus: {} };
  // What the toolset takes of the options.
  const clusters = { names: ["blue", "green"], default: "blue", byName };
  const tools = inClusters(clusters, parts as unknown as ToolsetOptions, clusterWriteTools);
  const intents: string[] = [];
  const intend = ({ params }: AuditIntent) => Promise.resolve(void intents.push(JSON.parse(params).cluster));
  const { call } = testCallPath(tools, { intents: { intend } });
  const scale = async (args: object) => {
    const given = { namespace: "shop", name: "cart", replicas: 3, ...args };
    return JSON.parse((await call({ method: "tools/call", tool: "k8s.scale", args: given }, testContext())).text);
  };
  const changes = () => [blue, green].map(({ requests }) => requests.filter(isChange).length);
  const [inBlue, inGreen] = [await scale({}), await scale({ cluster: "green" })];
  assert.deepEqual(intents, ["blue", "green"]);
  assert.deepEqual([inBlue.cluster, inGreen.cluster, inBlue.changes], ["blue", "green", inGreen.changes]);
  assert.notEqual(inBlue.confirm, inGreen.confirm);
  await toolError("conflict", () => scale({ cluster: "green", confirm: inBlue.confirm }));
  assert.deepEqual(changes(), [0, 0]);
  assert.equal((await scale({ cluster: "green", confirm: inGreen.confirm })).applied, true);
  assert.deepEqual(changes(), [0, 1]);
  const tool = tools.find(({ name }) => name === "k8s.scale");
  assert.match(tool?.print?.(inGreen) ?? "", /\ncluster: green$/);
});

function isChange({ method, url }: { readonly method: string; readonly url: URL }): boolean {
  return method === "PATCH" && !url.searchParams.has("dryRun");
}

Deno.test("replicas that share a cache never answer with another cluster's pods, however many ask at once", async () => {
  const cache = new MapCache();
  // Contexts may be called by what keys are made of.
  const names = ["a", "a:k8s", "a/b", "a%3Ak8s"];
  const asked: string[] = [];
  const clusterOf = (name: string): Cluster => ({
    ...clusterNotConfigured(),
    watchedPods: () => Promise.resolve("off"),
    listPods: () => {
      asked.push(name);
      const pods = [{ name: `web-of-${name}`, status: "Running", ready: "1/1" }];
      return Promise.resolve({ pods, next: undefined, remaining: undefined, warnings: [] });
    },
  });
  const replica = () => {
    const byName = new Map(names.map((name) => [name, clusterOf(name)]));
    const parts = { authorizer: openAuthorizer, cache, prometheus: {} };
    const build = ({ cluster, cache }: ToolsetOptions) => [k8sListPods(cluster, cache)];
    // What the tool takes of the options.
    return testCallPath(inClusters({ names, default: "a", byName }, parts as unknown as ToolsetOptions, build)).call;
  };
  const [first, second] = [replica(), replica()];
  const ask = async (call: typeof first, args: object) =>
    JSON.parse((await call({ method: "tools/call", tool: "k8s.list_pods", args }, testContext())).text);
  const calls = [first, first, second].flatMap((call) =>
    names.map(async (cluster) => ({ cluster, answer: await ask(call, { ...LAB, cluster }) }))
  );
  for (const { cluster, answer } of await Promise.all(calls)) {
    assert.deepEqual(answer, { pods: [{ name: `web-of-${cluster}`, status: "Running", ready: "1/1" }], cluster });
  }
  const before = asked.length;
  assert.equal((await ask(second, LAB)).pods[0].name, "web-of-a", "left out, it is the default");
  assert.equal(asked.length, before, "which the other replica has cached");
  assert.equal(cache.entries.size, names.length);
  assert.ok([...cache.entries.keys()].every((key) => key.startsWith("cluster:")));
});

Deno.test("KUBE_CONTEXTS names contexts of a kubeconfig, the current one among them", async (t) => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config`;
  const contexts = ["lab", "eu", "us"].map((name) => ({ name, context: { cluster: "c", user: "u" } }));
  await Deno.writeTextFile(path, JSON.stringify({ "current-context": "lab", contexts }));
  const none = `${folder.path}/none`;
  await Deno.writeTextFile(none, JSON.stringify({ contexts }));
  const file = { kind: "kubeconfig", paths: path } as const;
  const account = { kind: "account", host: "10.0.0.1", port: "443", folder: "/none" } as const;
  assert.deepEqual(await chooseContexts(file, "every"), { names: ["lab", "eu", "us"], default: "lab" });
  assert.deepEqual(await chooseContexts(file, ["us", "lab", "us"]), { names: ["us", "lab"], default: "lab" });
  const refused = [
    ["one that is not there", file, ["lab", "asia"], 'of KUBECONFIG, "lab", "eu", "us", but got "asia"'],
    ["without a current one at all", { kind: "kubeconfig", paths: none }, "every", "which names none, among them"],
    ["without the current one", file, ["eu"], 'current context of KUBECONFIG, "lab", among them'],
    ["in a pod with an account", account, "every", "the pod's service account comes first"],
    ["without a kubeconfig", undefined, "every", "KUBECONFIG is not set"],
  ] as const;
  for (const [name, source, wanted, words] of refused) {
    await t.step(name, async () => {
      await assert.rejects(chooseContexts(source, wanted), ({ message }: Error) => {
        assert.ok(message.startsWith("expected ") && message.includes(words), message);
        return true;
      });
    });
  }
});
