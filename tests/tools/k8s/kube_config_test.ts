import assert from "node:assert/strict";
import { delimiter } from "node:path";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { call } from "./call.ts";
import { rejectsWith } from "./cluster.ts";

const LAB = { namespace: "mcp-lab", limit: 1 };
const CLUSTER = { server: "https://127.0.0.1:6443" };

const UNUSABLE: readonly (readonly [name: string, config: unknown, message: RegExp])[] = [
  ["no context is current", {}, /Expected current-context to name a context, but got null$/],
  [
    "the current context is not there",
    { "current-context": "prod", contexts: [{ name: "lab", context: { cluster: "c", user: "u" } }] },
    /Expected current-context to name a context, but got "prod"; there are "lab"$/,
  ],
  ["its cluster is not there", configOf({ clusters: [] }), /names a cluster that is not there$/],
  ["its user is not there", configOf({ users: [] }), /names no user that is there$/],
  ["its cluster has no server", configOf({ cluster: {} }), /clusters\[0\]\.cluster\.server is missing$/],
  ["its server is plain HTTP", configOf({ cluster: { server: "http://127.0.0.1:8001" } }), /start with https:\/\//],
  [
    "it wants no verification",
    configOf({ cluster: { ...CLUSTER, "insecure-skip-tls-verify": true } }),
    /insecure-skip-tls-verify is not supported/,
  ],
  ["it wants another name", configOf({ cluster: { ...CLUSTER, "tls-server-name": "k" } }), /tls-server-name is not/],
];

Deno.test("a kubeconfig that cannot be used is an error that says why, and asks nothing", async (t) => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config`;
  for (const [name, config, message] of UNUSABLE) {
    await t.step(name, async () => {
      await Deno.writeTextFile(path, JSON.stringify(config));
      await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: path });
      const error = await rejectsWith(
        cluster.listPods(LAB, call()),
        "unavailable",
        message,
        `Ask the operator to check KUBECONFIG=${
          JSON.stringify(path)
        }: its current context, and the credentials of its user`,
      );
      assert.match(error.message, /^Cannot use the cluster's configuration: /);
    });
  }
});

Deno.test("a kubeconfig that is missing or no YAML is an error, until it is there", async (t) => {
  await using api = await startKubernetesApi();
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config`;
  await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: path });
  await t.step("missing", async () => {
    await rejectsWith(cluster.warm(), "unavailable", /ENOENT/, /KUBECONFIG/);
  });
  await t.step("no YAML", async () => {
    await Deno.writeTextFile(path, "a: [b");
    await rejectsWith(cluster.warm(), "unavailable", /^Cannot use the cluster's configuration: /, /KUBECONFIG/);
  });
  await t.step("there", async () => {
    await Deno.writeTextFile(path, api.kubeconfig());
    await cluster.listPods(LAB, call());
  });
});

Deno.test("credentials that cannot be had are an error that says why", async (t) => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config`;
  const users: readonly (readonly [name: string, user: unknown, message: RegExp])[] = [
    ["a certificate's file that is missing", { "client-certificate": "gone.pem", "client-key": "gone.key" }, /ENOENT/],
    ["a certificate that is none", { "client-certificate-data": btoa("x"), "client-key-data": btoa("y") }, /./],
    ["a plug-in that is missing", { exec: { command: "no-such-plugin" } }, /no-such-plugin/],
    [
      "a plug-in that fails",
      { exec: { command: "sh", args: ["-c", "echo Log in first >&2; exit 1"] } },
      /Log in first/,
    ],
  ];
  for (const [name, user, message] of users) {
    await t.step(name, async () => {
      await Deno.writeTextFile(path, JSON.stringify(configOf({ user })));
      await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: path });
      const error = await rejectsWith(cluster.listPods(LAB, call()), "unavailable", message, /KUBECONFIG/);
      assert.match(error.message, /^Cannot get credentials for the Kubernetes API: /);
    });
  }
});

Deno.test("several kubeconfig files are merged as kubectl merges them", async (t) => {
  await using api = await startKubernetesApi();
  await using folder = await temporaryFolder();
  const real = await api.kubeconfigFile();
  const other = `${folder.path}/other`;
  await Deno.writeTextFile(other, JSON.stringify(configOf({ names: "test" })));
  const missing = `${folder.path}/missing`;
  const listVia = async (...paths: string[]) => {
    await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: paths.join(delimiter) });
    await cluster.listPods(LAB, call());
  };
  await t.step("the first to name a thing wins", () => listVia(real, other));
  await t.step("one that is missing is passed over", () => listVia(missing, "", real));
  await t.step("a context may stand in another file than its cluster and user", async () => {
    const { "current-context": current, contexts, ...parts } = JSON.parse(api.kubeconfig());
    const [context, rest] = [`${folder.path}/context`, `${folder.path}/rest`];
    await Deno.writeTextFile(context, JSON.stringify({ "current-context": current, contexts }));
    await Deno.writeTextFile(rest, JSON.stringify({ ...parts, "current-context": "other" }));
    await listVia(context, rest);
  });
  await t.step("none at all is an error", async () => {
    await rejectsWith(
      listVia(missing, missing),
      "unavailable",
      /None of the files ".*missing.*" exists$/,
      /KUBECONFIG/,
    );
  });
});

Deno.test("each context of a kubeconfig is a cluster of its own", async (t) => {
  await using lab = await startKubernetesApi();
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config`;
  const open = (context?: string) => openKubernetesCluster({ kind: "kubeconfig", paths: path, context });
  await using inLab = open("lab");
  {
    await using prod = await startKubernetesApi();
    await Deno.writeTextFile(path, JSON.stringify(contextsOf({ lab, "prod/eu west": prod })));
    await using inProd = open("prod/eu west");
    await using inCurrent = open();
    const asked = async (cluster: Pick<typeof inLab, "listPods">) => {
      const [labBefore, prodBefore] = [lab.requests.length, prod.requests.length];
      await cluster.listPods(LAB, call());
      return { lab: lab.requests.length > labBefore, prod: prod.requests.length > prodBefore };
    };
    await t.step("the one named is asked, whichever is current", async () => {
      assert.deepEqual(await asked(inProd), { lab: false, prod: true });
      assert.deepEqual(await asked(inLab), { lab: true, prod: false });
    });
    await t.step("the current one is asked where none is named", async () => {
      assert.deepEqual(await asked(inCurrent), { lab: true, prod: false });
    });
    await t.step("one that is not there is an error that names those that are", async () => {
      await using cluster = open("tset");
      await rejectsWith(
        cluster.listPods(LAB, call()),
        "unavailable",
        /Expected the name of a context, but got "tset"; there are "lab", "prod\/eu west"$/,
        `Ask the operator to check KUBECONFIG=${JSON.stringify(path)}: its context "tset", and the credentials of ` +
          "its user",
      );
    });
  }
  await t.step("one that is down harms no other", async () => {
    await using inProd = open("prod/eu west");
    await rejectsWith(inProd.listPods(LAB, call()), "unavailable", /./, /./);
    await inLab.listPods(LAB, call());
  });
});

Deno.test("a command that gives credentials holds no request beyond its deadline, and runs once for many", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config`;
  const script = `echo run >> ${folder.path}/runs; while [ ! -e ${folder.path}/stop ]; do sleep 0.05; done; exit 1`;
  await Deno.writeTextFile(path, JSON.stringify(configOf({ user: { exec: { command: "sh", args: ["-c", script] } } })));
  await using cluster = openKubernetesCluster({ kind: "kubeconfig", paths: path }, { requestTimeoutMs: 1_000 });
  await Promise.all(Array.from({ length: 3 }, async () => {
    await rejectsWith(cluster.listPods(LAB, call()), "unavailable", /did not answer within 1000 ms$/, /./);
  }));
  const listing = cluster.listPods(LAB, call());
  await Deno.writeTextFile(`${folder.path}/stop`, "");
  await rejectsWith(listing, "unavailable", /^Cannot get credentials for the Kubernetes API: /, /KUBECONFIG/);
  assert.equal(await Deno.readTextFile(`${folder.path}/runs`), "run\n");
});

interface ConfigParts {
  readonly cluster?: unknown;
  readonly user?: unknown;
  readonly clusters?: readonly unknown[];
  readonly users?: readonly unknown[];
  readonly names?: string;
}

function configOf({ cluster = CLUSTER, user = {}, clusters, users, names = "lab" }: ConfigParts): unknown {
  return {
    "current-context": names,
    contexts: [{ name: names, context: { cluster: names, user: names } }],
    clusters: clusters ?? [{ name: names, cluster }],
    users: users ?? [{ name: names, user }],
  };
}

/** One kubeconfig with a context for each API; the first is the current one. */
function contextsOf(apis: Readonly<Record<string, Pick<KubernetesApi, "kubeconfig">>>): unknown {
  const parts = Object.entries(apis).map(([name, api]) => {
    const { clusters: [{ cluster }], users: [{ user }] } = JSON.parse(api.kubeconfig());
    return { name, cluster, user };
  });
  return {
    "current-context": parts[0]?.name,
    clusters: parts.map(({ name, cluster }) => ({ name, cluster })),
    users: parts.map(({ name, user }) => ({ name, user })),
    contexts: parts.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
}

async function temporaryFolder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
