import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createApiKey } from "../../../server/auth/token/api_key.ts";
import { type Grant, SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { startServer } from "../../services/server.ts";

const keys = { alice: createApiKey(), bob: createApiKey(), "system:masters": createApiKey() };
type Caller = keyof typeof keys;

const GRANTS: readonly Grant[] = [
  { to: SERVICE_ACCOUNT, verbs: ["impersonate"], resources: ["users"], names: ["mcp:alice", "mcp:bob"] },
  {
    to: SERVICE_ACCOUNT,
    verbs: ["impersonate"],
    resources: ["userextras/mcp-record-id.authentication.k8s.io"],
  },
  { to: "mcp:alice", verbs: ["list"], resources: ["pods"], namespace: "mcp-lab" },
];

Deno.test("a server that impersonates asks as whoever holds the key, and its records are found by the cluster's", async () => {
  await using api = await startKubernetesApi();
  api.grant(...GRANTS);
  const folder = await Deno.makeTempDir({ prefix: "kubernetes-server-" });
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const tokens = Object.entries(keys).map(([name, { id, sha256 }]) => ({ id, name, sha256, roles: ["operator"] }));
  await Deno.writeTextFile(`${folder}/tokens.json`, JSON.stringify({ tokens }));
  await using server = await startServer({
    AUTH_MODE: "token",
    TOKENS_FILE: `${folder}/tokens.json`,
    DATA_DIR: folder,
    KUBE_API_URL: api.url,
    KUBE_TOKEN: api.token,
    KUBE_CA: api.certificates.authority,
    KUBE_IMPERSONATE: "true",
    KUBE_IMPERSONATE_PREFIX: "mcp:",
  });
  const list = async (caller: Caller) => {
    const response = await fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${keys[caller].key}` },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "k8s.list_pods", params: { namespace: "mcp-lab" } }),
    });
    const { result, error } = await response.json();
    return { status: response.status, pods: result?.pods.length, code: error?.code, message: error?.message };
  };
  const forbidden = (message: string) => ({ status: 403, pods: undefined, code: -32003, message });
  const seen = { status: 200, pods: 47, code: undefined, message: undefined };
  assert.deepEqual(await list("alice"), seen);
  assert.deepEqual(await list("bob"), forbidden('"mcp:bob" may not list pods in namespace "mcp-lab"'));
  assert.deepEqual(await list("alice"), seen, "what bob was refused is not refused to alice");
  assert.deepEqual(
    await list("system:masters"),
    forbidden('Cannot ask the cluster as "system:masters": names that begin with "system:" are the cluster\'s own'),
  );
  using database = new DatabaseSync(`${folder}/mcp.db`, { readOnly: true });
  const records = database.prepare("SELECT event_id, principal, outcome FROM audit_logs ORDER BY id").all();
  assert.deepEqual(records.map(({ principal, outcome }) => [principal, outcome]), [
    ["alice", "ok"],
    ["bob", "denied"],
    ["alice", "ok"],
    ["system:masters", "denied"],
  ]);
  const ofCluster = [...api.reviews, ...api.requests].map(({ headers }) =>
    `${headers["impersonate-user"]} ${headers["impersonate-extra-mcp-record-id"]}`
  );
  const [first, refused, second] = records.map(({ event_id, principal }) => `mcp:${principal} ${event_id}`);
  assert.deepEqual(ofCluster, [first, refused, first, second]);
  assert(!server.output().includes(api.token), "the token is not in the log");
});
