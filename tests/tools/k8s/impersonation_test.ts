import assert from "node:assert/strict";
import { k8sListPods } from "../../../tools/k8s/list_pods.ts";
import { type KubernetesCluster, openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { clusterLogs } from "../../../tools/logs/cluster_logs.ts";
import { logsSearch } from "../../../tools/logs/search.ts";
import { openOutside } from "../../../tools/outside.ts";
import { parseArguments } from "../../../tools/arguments.ts";
import type { Tool, ToolCall } from "../../../tools/tool.ts";
import { type Grant, SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { type KubernetesApi, type SeenRequest, startKubernetesApi } from "../../services/kubernetes.ts";
import { MapCache } from "../prom/map_cache.ts";
import { call, callBy } from "./call.ts";
import { rejectsWith } from "./cluster.ts";

const LAB = { namespace: "mcp-lab", limit: 100 };

/** As docs/kubernetes.md sets it up: the server may ask for these, and for nobody else. */
const IMPERSONATOR: readonly Grant[] = [
  { to: SERVICE_ACCOUNT, verbs: ["impersonate"], resources: ["users"], names: ["mcp:alice", "mcp:bob"] },
  { to: SERVICE_ACCOUNT, verbs: ["impersonate"], resources: ["groups"], names: ["mcp:sre"] },
  {
    to: SERVICE_ACCOUNT,
    verbs: ["impersonate"],
    resources: ["userextras/mcp-record-id.authentication.k8s.io"],
  },
];

function readerOf(namespace: string, to: string): Grant[] {
  return [
    { to, namespace, verbs: ["get", "list"], resources: ["pods"] },
    { to, namespace, verbs: ["get"], resources: ["pods/log"] },
  ];
}

/** Ready to ask: the time of a review is not spent on loading the Kubernetes library. */
async function open(api: KubernetesApi, prefix = "mcp:"): Promise<KubernetesCluster> {
  const cluster = openKubernetesCluster(sourceOf(api), { impersonate: { prefix } });
  await cluster.warm();
  return cluster;
}

function sourceOf(api: KubernetesApi) {
  return { kind: "url", url: api.url, token: api.token, ca: api.certificates.authority } as const;
}

function sentOf({ headers }: SeenRequest) {
  return {
    token: headers["authorization"],
    user: headers["impersonate-user"],
    groups: headers["impersonate-group"],
    record: headers["impersonate-extra-mcp-record-id"],
  };
}

async function run(tool: Tool, args: unknown, toolCall: ToolCall) {
  return await tool.run(parseArguments(tool, args), toolCall);
}

Deno.test("every request of every tool asks as the caller, with the server's token and the record's id", async () => {
  await using api = await startKubernetesApi();
  api.grant(...IMPERSONATOR, ...readerOf("mcp-lab", "mcp:alice"), ...readerOf("empty", "mcp:alice"));
  await using cluster = await open(api);
  const alice = callBy("alice", ["sre"]);
  await run(k8sListPods(cluster, new MapCache()), { namespace: "mcp-lab" }, alice);
  await run(k8sListPods(cluster, new MapCache()), { namespace: "empty" }, alice); // Looks for the namespace too.
  await run(logsSearch(clusterLogs(cluster)), { namespace: "mcp-lab", pod: "mcp-server-*" }, alice);
  const paths = new Set(api.requests.map(({ url }) => url.pathname.replace(/[^/]+\/log$/, "…/log")));
  assert.deepEqual([...paths], [
    "/api/v1/namespaces/mcp-lab/pods",
    "/api/v1/namespaces/empty/pods",
    "/api/v1/namespaces/empty",
    "/api/v1/namespaces/mcp-lab/pods/…/log",
  ]);
  assert.equal(api.reviews.length, 3);
  for (const request of [...api.requests, ...api.reviews]) {
    assert.deepEqual(sentOf(request), {
      token: [`Bearer ${api.token}`],
      user: ["mcp:alice"],
      groups: ["mcp:sre"],
      record: ["record-of-alice"],
    }, request.url.pathname);
  }
});

Deno.test("without impersonation nothing of the caller is sent, and everything is as before", async () => {
  await using api = await startKubernetesApi();
  await using cluster = openKubernetesCluster(sourceOf(api));
  assert.equal(cluster.asCaller, false);
  assert.equal((await cluster.listPods(LAB, callBy("alice", ["sre"]))).pods.length, 47);
  await cluster.listPods(LAB, call());
  for (const { headers, identity } of [...api.requests, ...api.reviews]) {
    assert.equal(identity, "serviceaccount");
    assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith("impersonate")), []);
  }
});

Deno.test("each caller has its own rights, by name or by group, and not the server's", async (t) => {
  await using api = await startKubernetesApi();
  api.grant(...IMPERSONATOR, ...readerOf("shop", "mcp:alice"), ...readerOf("mcp-lab", "mcp:sre"));
  await using cluster = await open(api);
  const pods = async (namespace: string, name: string, groups: string[] = []) =>
    (await cluster.listPods({ namespace, limit: 100 }, callBy(name, groups))).pods.length;
  await t.step("what the server itself may not", async () => {
    assert.equal(await pods("shop", "alice"), 3);
  });
  await t.step("not what the server may", async () => {
    await rejectsWith(
      pods("mcp-lab", "bob"),
      "forbidden",
      '"mcp:bob" may not list pods in namespace "mcp-lab"',
      'Ask a cluster administrator for a Role that allows verb "list" on resource "pods" in namespace "mcp-lab", as ' +
        'Role mcp-reader in k8s/examples/read-namespace.yaml does, and a RoleBinding of it to user "mcp:bob"',
    );
  });
  await t.step("by group, and not without it", async () => {
    assert.equal(await pods("mcp-lab", "bob", ["sre"]), 47);
    await rejectsWith(pods("mcp-lab", "bob"), "forbidden", /^"mcp:bob" may not list pods/, /user "mcp:bob"$/);
    await rejectsWith(pods("shop", "bob", ["sre"]), "forbidden", /^"mcp:bob" may not/, /"mcp:bob" or group "mcp:sre"$/);
  });
  await t.step("not whether a namespace exists", async () => {
    api.grant(...readerOf("empty", "mcp:alice"));
    const { warnings } = await cluster.listPods({ namespace: "empty", limit: 100 }, callBy("alice"));
    assert.deepEqual(warnings, [
      'Nothing was found, but whether namespace "empty" exists is not known: "mcp:alice" may not get namespaces; ' +
      "ClusterRole mcp-namespaces in k8s/examples/namespace-names.yaml allows it",
    ]);
  });
});

Deno.test("what was read for one caller is never given to another", async (t) => {
  await using api = await startKubernetesApi();
  api.grant(...IMPERSONATOR, ...readerOf("mcp-lab", "mcp:alice"));
  const cache = new MapCache();
  await using own = openKubernetesCluster(sourceOf(api));
  await using cluster = await open(api);
  const listed = { pods: [{ name: "only-the-server-sees-it", status: "Running", ready: "1/1" }] };
  await cache.set("k8s:pods:mcp-lab", JSON.stringify(listed), 60);
  const asCaller: readonly (readonly [tool: Tool, args: unknown])[] = [
    [k8sListPods(cluster, cache), { namespace: "mcp-lab" }],
    [k8sListPods(cluster, cache), { namespace: "mcp-lab", limit: 2 }],
    [logsSearch(clusterLogs(cluster)), { namespace: "mcp-lab", pod: "redis-mcp-0" }],
  ];
  for (const [tool, args] of asCaller) {
    await t.step(`${tool.name} ${JSON.stringify(args)}`, async () => {
      assert.notDeepEqual(await run(tool, args, callBy("alice")), listed);
      await rejectsWith(run(tool, args, callBy("bob")), "forbidden", /^"mcp:bob" may not list pods/, /mcp-reader/);
      await run(tool, args, callBy("alice"));
    });
  }
  await t.step("nor is anything kept for the server", async () => {
    assert.deepEqual(cache.entries.size, 1);
    assert.deepEqual(await run(k8sListPods(own, cache), { namespace: "mcp-lab" }, callBy("bob")), listed);
  });
});

Deno.test("who the server may not impersonate is named, with the Role that would allow it", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api);
  await t.step("a user", async () => {
    await rejectsWith(
      cluster.listPods(LAB, callBy("alice")),
      "forbidden",
      `"${SERVICE_ACCOUNT}" may not impersonate users in the whole cluster`,
      'Ask a cluster administrator for a ClusterRole that allows verb "impersonate" on resource "users" in the whole ' +
        "cluster, as ClusterRole mcp-impersonator in k8s/examples/impersonate.yaml does, and a ClusterRoleBinding of it to service account " +
        '"mcp-server" of namespace "mcp-lab"',
    );
  });
  await t.step("the record's id", async () => {
    api.grant(...IMPERSONATOR.slice(0, 2));
    await rejectsWith(
      cluster.listPods(LAB, callBy("alice")),
      "forbidden",
      `"${SERVICE_ACCOUNT}" may not impersonate userextras/mcp-record-id.authentication.k8s.io in the whole cluster`,
      /mcp-impersonator/,
    );
  });
  await t.step("a group", async () => {
    api.grant(...IMPERSONATOR);
    const listing = cluster.listPods(LAB, callBy("alice", ["admins"]));
    await rejectsWith(listing, "forbidden", /may not impersonate groups in the whole cluster$/, /mcp-impersonator/);
  });
});

Deno.test("a caller that must not be impersonated reaches the cluster with no request", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await open(api, "");
  const refused: readonly (readonly [words: RegExp, call: ToolCall])[] = [
    [/shown no credential$/, call()],
    [/are the cluster's own$/, callBy("system:admin")],
    [/are the cluster's own$/, callBy("alice", ["system:masters"])],
    [/printable ASCII/, callBy("alice\r\nImpersonate-Group: system:masters")],
    [/printable ASCII/, callBy("alice", ["sre\r\nImpersonate-User: root"])],
  ];
  for (const [words, toolCall] of refused) {
    await t.step(JSON.stringify(toolCall.principal), async () => {
      const log = { ...LAB, pod: "a", container: "a", lines: 1, bytesMax: 1, previous: false };
      await rejectsWith(cluster.listPods(LAB, toolCall), "forbidden", words, /./);
      await rejectsWith(cluster.findContainers({ ...LAB, podsMax: 1 }, toolCall), "forbidden", words, /./);
      await rejectsWith(cluster.readLog(log, toolCall), "forbidden", words, /./);
    });
  }
  assert.deepEqual([api.requests, api.reviews], [[], []]);
});

Deno.test("another user that a kubeconfig names is not mixed with the caller", async () => {
  await using api = await startKubernetesApi();
  api.grant(...readerOf("mcp-lab", "alice"), ...readerOf("shop", "robot"));
  const folder = await Deno.makeTempDir();
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const config = JSON.parse(api.kubeconfig());
  config.users[0].user.as = "robot";
  await Deno.writeTextFile(`${folder}/config`, JSON.stringify(config));
  const source = { kind: "kubeconfig", paths: `${folder}/config` } as const;
  await using own = openKubernetesCluster(source);
  assert.equal((await own.listPods({ namespace: "shop", limit: 9 }, call())).pods.length, 3);
  await using cluster = openKubernetesCluster(source, { impersonate: { prefix: "" } });
  assert.equal((await cluster.listPods(LAB, callBy("alice"))).pods.length, 47);
  assert.deepEqual(api.requests.map(({ headers }) => headers["impersonate-user"]), [["robot"], ["alice"]]);
  await rejectsWith(cluster.listPods({ ...LAB, namespace: "shop" }, callBy("alice")), "forbidden", /^"alice"/, /./);
});

Deno.test("a service account asks as the caller, and goes on when its token is another", async () => {
  await using api = await startKubernetesApi();
  api.grant(...IMPERSONATOR, ...readerOf("mcp-lab", "mcp:alice"));
  const account = await api.account();
  await using cluster = openKubernetesCluster({ kind: "account", ...account }, { impersonate: { prefix: "mcp:" } });
  await cluster.listPods(LAB, callBy("alice"));
  await Deno.writeTextFile(`${account.folder}/token`, api.rotateToken());
  await cluster.listPods(LAB, callBy("alice"));
  const [first, refused, last] = api.requests.map(sentOf);
  assert.deepEqual([first?.token, refused?.token, last?.token], [["Bearer token-1"], ["Bearer token-1"], [
    "Bearer token-2",
  ]]);
  assert.deepEqual([first?.user, refused?.user, last?.user], [["mcp:alice"], ["mcp:alice"], ["mcp:alice"]]);
});

Deno.test("a token that cannot be sent is not repeated in the error", async () => {
  await using api = await startKubernetesApi();
  for (const token of ["hidden\nsecret", "hidden\0secret", "hidden secret\u{1F600}"]) {
    const source = { kind: "url", url: api.url, token, ca: api.certificates.authority } as const;
    await using cluster = openKubernetesCluster(source, { impersonate: { prefix: "mcp:" } });
    const error = await rejectsWith(
      cluster.listPods(LAB, callBy("alice")),
      "unavailable",
      "Cannot get credentials for the Kubernetes API: Header Authorization has a line break or another character " +
        "that cannot be sent",
      /KUBE_TOKEN/,
    );
    assert(!Deno.inspect(error).includes("hidden"));
  }
});

Deno.test("the server's token is in no error, whatever the cluster refuses", async () => {
  await using api = await startKubernetesApi();
  const source = { kind: "url", url: api.url, token: "hidden-token", ca: api.certificates.authority } as const;
  await using cluster = openKubernetesCluster(source, { impersonate: { prefix: "mcp:" } });
  const errors = [
    await cluster.listPods(LAB, callBy("alice")).catch((error) => error),
    await cluster.listPods(LAB, callBy("system:x")).catch((error) => error),
  ];
  api.interfere(() => ({ kind: "drop" }));
  errors.push(await cluster.listPods(LAB, callBy("alice")).catch((error) => error));
  for (const error of errors) {
    assert(error instanceof Error);
    assert(!Deno.inspect(error, { depth: 9 }).includes("hidden-token"));
  }
});

Deno.test("openOutside asks as the caller where it is told to, and not with a prefix that cannot be", async () => {
  await using api = await startKubernetesApi();
  const options = { cluster: { KUBECONFIG: api.kubeconfigPath }, prometheusUrl: undefined, runbookDir: "runbooks" };
  await using own = await openOutside(options);
  await using outside = await openOutside({ ...options, impersonate: { prefix: "mcp:" } });
  assert.deepEqual([own.cluster.asCaller, outside.cluster.asCaller], [false, true]);
  await assert.rejects(openOutside({ ...options, impersonate: { prefix: "system:" } }), /KUBE_IMPERSONATE_PREFIX/);
});
