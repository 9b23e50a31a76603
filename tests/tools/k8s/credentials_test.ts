import assert from "node:assert/strict";
import type { ClusterSource } from "../../../tools/k8s/cluster_source.ts";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import type { KubeconfigOptions } from "../../services/kubernetes/kubeconfig.ts";
import { call } from "./call.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";

const LAB = { namespace: "mcp-lab", limit: 1 };
const REFUSED =
  'Cannot list pods in namespace "mcp-lab": the Kubernetes API does not accept this server\'s credentials, which are ' +
  "wrong or have expired";

const KUBECONFIGS: readonly (readonly [name: string, options: KubeconfigOptions, identity: string])[] = [
  ["a client certificate with an RSA key", { user: "certificate" }, "admin"],
  ["a client certificate with an EC key", { user: "certificate-ec" }, "admin"],
  ["a bearer token", { user: "token" }, "serviceaccount"],
  ["an authority in a file", { authority: "file" }, "admin"],
];

Deno.test("a kubeconfig gives the identity and the authority that it names", async (t) => {
  await using api = await startKubernetesApi();
  for (const [name, options, identity] of KUBECONFIGS) {
    await t.step(name, async () => {
      await using cluster = await openByKubeconfig(api, options);
      await cluster.listPods(LAB, call());
      assert.equal(api.requests.at(-1)?.identity, identity);
    });
  }
});

Deno.test("files and commands of a kubeconfig are found from where it lies", async (t) => {
  await using api = await startKubernetesApi();
  const folder = await Deno.makeTempDir();
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const { authority, admin } = api.certificates;
  await Deno.writeTextFile(`${folder}/ca.pem`, authority);
  await Deno.writeTextFile(`${folder}/admin.pem`, admin.certificate);
  await Deno.writeTextFile(`${folder}/admin.key`, admin.key);
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential" };
  const token = JSON.stringify({ ...credential, status: { token: api.token } });
  const users: readonly (readonly [name: string, user: unknown, identity: string])[] = [
    ["a certificate's files", { "client-certificate": "admin.pem", "client-key": "admin.key" }, "admin"],
    ["an exec plug-in", { exec: { command: "echo", args: [token], env: [] } }, "serviceaccount"],
  ];
  for (const [name, user, identity] of users) {
    await t.step(name, async () => {
      await Deno.writeTextFile(`${folder}/config`, JSON.stringify(config({ api, user, authority: "ca.pem" })));
      await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: `${folder}/config` });
      await cluster.listPods(LAB, call());
      assert.equal(api.requests.at(-1)?.identity, identity);
    });
  }
});

Deno.test("a URL with token and authority needs no file", async () => {
  await using api = await startKubernetesApi();
  const source = { kind: "url", url: `${api.url}/`, token: api.token, ca: api.certificates.authority } as const;
  await using cluster = openKubernetesCluster(source);
  await cluster.listPods(LAB, call());
  assert.equal(api.requests[0]?.identity, "serviceaccount");
  assert.equal(api.requests[0]?.url.pathname, "/api/v1/namespaces/mcp-lab/pods");
});

Deno.test("an in-cluster account takes the token that is there when the old one is refused", async () => {
  await using api = await startKubernetesApi();
  const account = await api.account();
  await using cluster = openKubernetesCluster({ kind: "account", ...account });
  await cluster.listPods(LAB, call());
  // As the kubelet does; the library alone would show the old token for a minute.
  await Deno.writeTextFile(`${account.folder}/token`, api.rotateToken());
  const { pods } = await cluster.listPods(LAB, call());
  assert.equal(pods.length, 1);
  assert.deepEqual(api.requests.map(({ identity }) => identity), ["serviceaccount", undefined, "serviceaccount"]);
});

Deno.test("several requests whose token has expired each come through with the new one", async () => {
  await using api = await startKubernetesApi();
  const account = await api.account();
  await using cluster = openKubernetesCluster({ kind: "account", ...account });
  await cluster.listPods(LAB, call());
  await Deno.writeTextFile(`${account.folder}/token`, api.rotateToken());
  const pages = await Promise.all(Array.from({ length: 20 }, () => cluster.listPods(LAB, call())));
  assert.equal(pages.length, 20);
});

Deno.test("a plug-in is asked once more, and not by each of the requests whose token has expired", async () => {
  await using api = await startKubernetesApi();
  const folder = await Deno.makeTempDir();
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const writeToken = (token: string) => Deno.writeTextFile(`${folder}/token`, JSON.stringify({ status: { token } }));
  await writeToken(api.token);
  await Deno.writeTextFile(`${folder}/ca.pem`, api.certificates.authority);
  const script = `echo run >> ${folder}/runs; cat ${folder}/token`;
  const user = { exec: { command: "sh", args: ["-c", script] } };
  await Deno.writeTextFile(`${folder}/config`, JSON.stringify(config({ api, user, authority: "ca.pem" })));
  await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: `${folder}/config` });
  await cluster.listPods(LAB, call());
  await writeToken(api.rotateToken());
  await Promise.all(Array.from({ length: 20 }, () => cluster.listPods(LAB, call())));
  assert.equal(await Deno.readTextFile(`${folder}/runs`), "run\nrun\n");
});

Deno.test("a token that is refused twice is an error that says where it came from", async (t) => {
  await using api = await startKubernetesApi();
  const account = await api.account();
  const sources: readonly (readonly [source: ClusterSource, hint: RegExp, requests: number])[] = [
    [{ kind: "account", ...account }, /the service account mounted at ".*account-/, 2],
    [{ kind: "kubeconfig", paths: await api.kubeconfigFile({ user: "token" }) }, /KUBECONFIG=".*kubeconfig-/, 2],
    [{ kind: "url", url: api.url, token: "t", ca: api.certificates.authority }, /KUBE_API_URL, KUBE_TOKEN/, 1],
  ];
  api.rotateToken();
  for (const [source, hint, requests] of sources) {
    await t.step(source.kind, async () => {
      const before = api.requests.length;
      await using cluster = openKubernetesCluster(source);
      await rejectsWith(cluster.listPods(LAB, call()), "unavailable", REFUSED, hint);
      assert.equal(api.requests.length - before, requests);
    });
  }
});

Deno.test("a kubeconfig that is written anew is read anew when its token is refused", async () => {
  await using api = await startKubernetesApi();
  const path = await api.kubeconfigFile({ user: "token" });
  await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: path });
  await cluster.listPods(LAB, call());
  api.rotateToken();
  await Deno.writeTextFile(path, api.kubeconfig({ user: "token" }));
  await cluster.listPods(LAB, call());
});

Deno.test("a server whose authority is another is not trusted, and gets no request", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api, { authority: "stranger", user: "token" });
  await rejectsWith(
    cluster.listPods(LAB, call()),
    "unavailable",
    /^Cannot trust the Kubernetes API at "https:\/\/127\.0\.0\.1:\d+": invalid peer certificate: (UnknownIssuer|BadSignature)$/,
    /authority/,
  );
  assert.equal(api.requests.length, 0);
});

Deno.test("a server whose certificate is for another name is not trusted", async () => {
  await using api = await startKubernetesApi({ serverNames: "DNS:kubernetes.default.svc" });
  await using cluster = await openByKubeconfig(api);
  await rejectsWith(
    cluster.listPods(LAB, call()),
    "unavailable",
    /^Cannot trust the Kubernetes API at ".*": invalid peer certificate: certificate not valid for name/,
    "Ask the operator to use a host name or address that the certificate was made for",
  );
  assert.equal(api.requests.length, 0);
});

Deno.test("a new authority in the account's folder is used from then on", async () => {
  await using api = await startKubernetesApi();
  const account = await api.account();
  await Deno.writeTextFile(`${account.folder}/ca.crt`, api.certificates.stranger);
  await using cluster = openKubernetesCluster({ kind: "account", ...account });
  await rejectsWith(cluster.listPods(LAB, call()), "unavailable", /^Cannot trust/, /authority/);
  await Deno.writeTextFile(`${account.folder}/ca.crt`, api.certificates.authority);
  await cluster.listPods(LAB, call());
});

function config({ api, user, authority }: { api: KubernetesApi; user: unknown; authority: string }) {
  return {
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: api.url, "certificate-authority": authority } }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  };
}
