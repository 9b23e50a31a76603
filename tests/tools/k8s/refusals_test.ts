import assert from "node:assert/strict";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import type { Fault } from "../../services/kubernetes/faults.ts";
import { recordedText } from "../../services/kubernetes/recorded.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { call } from "./call.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";

Deno.test("a namespace that is not there is named, with those that are", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const error = await rejectsWith(
    cluster.listPods({ namespace: "mcp-lap", limit: 100 }, call()),
    "not_found",
    'Cannot find namespace "mcp-lap": the cluster has "mcp-lab", "crowd", "default", "empty", "kube-system", ' +
      '"patched", "shop"',
    "Did you mean mcp-lab?",
  );
  assert.deepEqual(error.data, { near: ["mcp-lab"] });
});

Deno.test("an empty namespace is empty, without a warning where the account may look", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const page = await cluster.listPods({ namespace: "empty", limit: 100 }, call());
  assert.deepEqual(page, { pods: [], next: undefined, remaining: undefined, warnings: [] });
});

Deno.test("an account that may not get namespaces is told that an empty list may mean a missing one", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api, { user: "token" });
  api.interfere(({ url }) => url.pathname.endsWith("/pods") ? table([]) : undefined);
  const { pods, warnings } = await cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call());
  assert.deepEqual(pods, []);
  assert.deepEqual(warnings, [
    'Nothing was found, but whether namespace "mcp-lab" exists is not known: this server\'s account may not get ' +
    "namespaces; ClusterRole mcp-namespaces in k8s/examples/namespace-names.yaml allows it",
  ]);
});

Deno.test("a missing namespace is named even where the account may not list the others", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const forbidden = recordedText("errors/403-namespaces.json");
  api.interfere(({ url }) => url.pathname === "/api/v1/namespaces" ? failure(403, forbidden) : undefined);
  await rejectsWith(
    cluster.listPods({ namespace: "nope", limit: 100 }, call()),
    "not_found",
    'Cannot find namespace "nope"',
    "Check the namespace's name",
  );
});

Deno.test("what the account may not do is said with who, what, where, and what to ask for", async (t) => {
  await using api = await startKubernetesApi();
  await t.step("a service account", async () => {
    await using cluster = await openByKubeconfig(api, { user: "token" });
    await rejectsWith(
      cluster.listPods({ namespace: "shop", limit: 100 }, call()),
      "forbidden",
      '"system:serviceaccount:mcp-lab:mcp-server" may not list pods in namespace "shop"',
      'Ask a cluster administrator for a Role that allows verb "list" on resource "pods" in namespace "shop", as ' +
        'Role mcp-reader in k8s/examples/read-namespace.yaml does, and a RoleBinding of it to service account "mcp-server" of namespace "mcp-lab"',
    );
  });
  await t.step("logs", async () => {
    await using cluster = await openByKubeconfig(api, { user: "token" });
    await rejectsWith(
      cluster.readLog(log("shop", "cart", "cart"), call()),
      "forbidden",
      '"system:serviceaccount:mcp-lab:mcp-server" may not get pods/log in namespace "shop"',
      /verb "get" on resource "pods\/log" in namespace "shop"/,
    );
  });
  await t.step("nobody", async () => {
    const source = { kind: "url", url: api.url, token: "", ca: api.certificates.authority } as const;
    await using cluster = openKubernetesCluster(source);
    await rejectsWith(
      cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call()),
      "forbidden",
      '"system:anonymous" may not list pods in namespace "mcp-lab"',
      "The server has shown no credentials: ask the operator to configure them",
    );
  });
  await t.step("a user, cluster-wide, in another API group", async () => {
    await using cluster = await openByKubeconfig(api);
    const message =
      'x is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster ' +
      "scope";
    api.interfere(() => failure(403, JSON.stringify({ kind: "Status", message })));
    await rejectsWith(
      cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call()),
      "forbidden",
      '"jane" may not list deployments.apps in the whole cluster',
      /a ClusterRole that allows .* in the whole cluster, as Role mcp-toolset-k8s .* for one namespace, and a ClusterRoleBinding of it to user "jane"$/,
    );
  });
  await t.step("words of another authorizer", async () => {
    await using cluster = await openByKubeconfig(api);
    api.interfere(() => failure(403, "<html>Denied by the gateway</html>"));
    await rejectsWith(
      cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call()),
      "forbidden",
      'Cannot list pods in namespace "mcp-lab": the cluster forbids it: <html>Denied by the gateway</html>',
      /^Ask a cluster administrator/,
    );
  });
  await t.step("words that end within a secret", async () => {
    await using cluster = await openByKubeconfig(api);
    const padding = "x".repeat(1000);
    api.interfere(() => failure(403, `${padding} password=hunter2-hunter2-hunter2-hunter2`));
    await rejectsWith(
      cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call()),
      "forbidden",
      `Cannot list pods in namespace "mcp-lab": the cluster forbids it: ${padding} password=[REDACTED]`,
      /^Ask a cluster administrator/,
    );
  });
});

Deno.test("a continue token that has expired or is none is said to be", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  await t.step("expired, with a token for the rest", async () => {
    const expired = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Nzk4LCJzdGFydCI6Ii9jb250YWluZXItY3JlYXRpbmdcdTAwMDAifQ";
    const error = await rejectsWith(
      cluster.listPods({ namespace: "mcp-lab", limit: 3, continueToken: expired }, call()),
      "conflict",
      'Cannot list pods in namespace "mcp-lab": the continue token has expired, since the list has changed',
      /^Start again without "continue"; or continue with data\.next/,
    );
    const continueToken = String(error.data["next"]);
    const { pods } = await cluster.listPods({ namespace: "mcp-lab", limit: 2, continueToken }, call());
    assert.deepEqual(pods.map(({ name }) => name), ["crashloop", "deadline-exceeded"]);
  });
  await t.step("malformed", async () => {
    await rejectsWith(
      cluster.listPods({ namespace: "mcp-lab", limit: 3, continueToken: "garbage" }, call()),
      "invalid_params",
      /^Cannot continue the list of pods: invalid continue token: /,
      /^Pass "next" of the page before unchanged/,
    );
  });
});

const STATUSES: readonly {
  readonly name: string;
  readonly fault: Fault;
  readonly kind: Parameters<typeof rejectsWith>[1];
  readonly message: RegExp;
  readonly hint: RegExp;
  readonly data?: unknown;
}[] = [
  {
    name: "429 with Retry-After",
    fault: failure(429, "{}", { "retry-after": "3" }),
    kind: "rate_limited",
    message: /^Cannot list pods in namespace "mcp-lab": the Kubernetes API has too many requests$/,
    hint: /^Wait and call again$/,
    data: { retryAfterMs: 3000 },
  },
  {
    name: "429 without a time",
    fault: failure(429, "Too many requests"),
    kind: "rate_limited",
    message: /too many requests/,
    hint: /^Wait/,
    data: { retryAfterMs: 1000 },
  },
  {
    name: "500",
    fault: failure(500, '{"kind":"Status","message":"etcdserver: leader changed"}'),
    kind: "unavailable",
    message: /the Kubernetes API answered 500: etcdserver: leader changed$/,
    hint: /^Try again/,
  },
  {
    name: "503 of a load balancer",
    fault: failure(503, "no healthy upstream"),
    kind: "unavailable",
    message: /answered 503: no healthy upstream$/,
    hint: /^Try again/,
  },
  {
    name: "404 of something that is no Kubernetes API",
    fault: failure(404, recordedText("errors/404-unknown-group.txt")),
    kind: "tool_failed",
    message: /answered 404: 404 page not found$/,
    hint: /KUBECONFIG/,
  },
  {
    name: "a redirect, which is not followed",
    fault: failure(302, "", { location: "https://127.0.0.1:9/" }),
    kind: "tool_failed",
    message: /answered 302: no reason given$/,
    hint: /KUBECONFIG/,
  },
];

Deno.test("every other status has its words", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  for (const { name, fault, kind, message, hint, data } of STATUSES) {
    await t.step(name, async () => {
      api.interfere(() => fault);
      const listing = cluster.listPods({ namespace: "mcp-lab", limit: 100 }, call());
      const error = await rejectsWith(listing, kind, message, hint);
      if (data !== undefined) assert.deepEqual(error.data, data);
    });
  }
});

Deno.test("a pod that is not there is named, with near ones", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const find = (pod: string, namespace = "mcp-lab") => cluster.findContainers({ namespace, pod, podsMax: 100 }, call());
  await t.step("by its name", async () => {
    const error = await rejectsWith(
      find("redis-mcp-1"),
      "not_found",
      'Cannot find pod "redis-mcp-1" in namespace "mcp-lab"',
      /^Did you mean redis-mcp-0/,
    );
    assert.deepEqual((error.data["near"] as string[])[0], "redis-mcp-0");
  });
  await t.step("by a beginning", async () => {
    await rejectsWith(find("zzz*"), "not_found", 'Cannot find pod "zzz*" in namespace "mcp-lab"', /k8s\.list_pods/);
  });
  await t.step("in a namespace that is not there either", async () => {
    await rejectsWith(
      find("redis-mcp-0", "shopp"),
      "not_found",
      /^Cannot find namespace "shopp"/,
      "Did you mean shop?",
    );
  });
});

function failure(status: number, body: string, headers: Record<string, string> = {}): Fault {
  const contentType = body.startsWith("{") ? "application/json" : "text/plain";
  return { kind: "answer", answer: { status, contentType, body, headers } };
}

function table(rows: unknown[]): Fault {
  const columnDefinitions = [{ name: "Name" }, { name: "Ready" }, { name: "Status" }];
  return failure(200, JSON.stringify({ kind: "Table", metadata: {}, columnDefinitions, rows }));
}

function log(namespace: string, pod: string, container: string) {
  return { namespace, pod, container, lines: 10, bytesMax: 1000, previous: false };
}
