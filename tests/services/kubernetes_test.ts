import assert from "node:assert/strict";
import { recordedBytes, type Recording, recordings } from "./kubernetes/recorded.ts";
import { type KubernetesApi, startKubernetesApi } from "./kubernetes.ts";

/** What is asked of the test server as it was of the real one, so that the tests may take its word. */
const COMPARED: readonly string[] = [
  "access/selfsubjectreview.json",
  "access/ssar-admin-allowed.json",
  "access/ssar-allowed-get-log.json",
  "access/ssar-allowed-list-pods.json",
  "access/ssar-denied-patch-deployments.json",
  "access/ssar-denied-pods-shop.json",
  "access/ssar-denied-secrets.json",
  "discovery/aggregated-api.json",
  "discovery/aggregated-apis.json",
  "errors/400-limit.json",
  "errors/401-bad-token.json",
  "errors/403-anonymous.json",
  "errors/403-log-other-namespace.json",
  "errors/403-namespace-get.json",
  "errors/403-namespaces.json",
  "errors/403-pods-other-namespace.json",
  "errors/404-unknown-path.json",
  "errors/406-accept.json",
  "errors/410-expired-continue.json",
  "events/core-v1.json",
  "events/for-one-pod.json",
  "logs/accept-json.txt",
  "logs/container-param.txt",
  "logs/crashloop-current.txt",
  "logs/crashloop-previous-timestamps.txt",
  "logs/crashloop-previous.txt",
  "logs/empty.txt",
  "logs/ephemeral-debugger.txt",
  "logs/errors/evicted.json",
  "logs/errors/multi-container-no-name.json",
  "logs/errors/no-previous.json",
  "logs/errors/node-unreachable.json",
  "logs/errors/not-a-number.json",
  "logs/errors/pod-missing.json",
  "logs/errors/rejected-by-node.json",
  "logs/errors/unknown-container.json",
  "logs/errors/waiting-config-error.json",
  "logs/errors/waiting-container-creating.json",
  "logs/errors/waiting-image-pull.json",
  "logs/errors/waiting-pod-initializing.json",
  "logs/init-container.txt",
  "logs/init-crash.txt",
  "logs/limit-bytes-200.txt",
  "logs/limit-bytes-mid-character.txt",
  "logs/multi-app.txt",
  "logs/multi-helper.txt",
  "logs/never-started-empty.txt",
  "logs/postgres.txt",
  "logs/redis.txt",
  "logs/sidecar.txt",
  "logs/since-10s.txt",
  "logs/single-container-with-init-no-name.txt",
  "logs/tail-0.txt",
  "logs/tail-5-timestamps.txt",
  "logs/tail-5.txt",
  "logs/unscheduled-204.txt",
  "namespaces/missing-404.json",
  "pods/list-empty-namespace.json",
  "pods/list-metadata-only.json",
  "pods/list-missing-namespace.json",
  "pods/list-shop.json",
  "pods/list.json",
  "pods/page-1.json",
  "pods/single.json",
  "workloads/deployments.json",
  "workloads/deployments-shop.json",
  "workloads/jobs.json",
  "workloads/nodes.json",
  "workloads/replicasets.json",
  "workloads/services.json",
  "workloads/statefulsets.json",
];

Deno.test("test API answers as the recorded one", async (t) => {
  await using api = await startKubernetesApi();
  const byFile = new Map(recordings().map((recording) => [recording.file, recording]));
  for (const file of COMPARED) {
    await t.step(file, async () => {
      const recording = byFile.get(file);
      assert(recording, `${file} is not recorded`);
      const { status, contentType, body } = await ask(api, recording);
      assert.equal(status, recording.status);
      // The real server names the type of a log even where it sends none.
      if (status !== 204) assert.equal(contentType, recording.contentType);
      const expected = recordedBytes(file);
      if (file.endsWith(".json")) assert.deepEqual(JSON.parse(text(body)), JSON.parse(text(expected)));
      else assert.deepEqual(body, expected);
    });
  }
});

Deno.test("test API computes the cells of a page as the recorded one", async () => {
  await using api = await startKubernetesApi();
  const recording = recordings().find(({ file }) => file === "pods/table-page-1.json");
  assert(recording);
  const { body } = await ask(api, recording);
  const [actual, expected] = [body, recordedBytes(recording.file)].map((bytes) => {
    const { metadata, columnDefinitions, rows } = JSON.parse(text(bytes));
    // Ages went on between the two recordings.
    const cells = rows.map((row: { cells: string[] }) => row.cells.slice(0, 3));
    return { metadata, columnDefinitions, cells };
  });
  assert.deepEqual(actual, expected);
});

async function ask(api: KubernetesApi, { request }: Recording) {
  assert(request, "Expected a recorded request");
  const { authority, admin } = api.certificates;
  const client = Deno.createHttpClient({
    caCerts: [authority],
    ...(request.identity === "admin" && { cert: admin.certificate, key: admin.key }),
  });
  const tokens: Partial<Record<string, string>> = { serviceaccount: api.token, "bad-token": "wrong" };
  const token = tokens[request.identity];
  try {
    const response = await fetch(`${api.url}${request.path}`, {
      client,
      method: request.method,
      headers: { Accept: request.accept, ...(token && { Authorization: `Bearer ${token}` }) },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
    });
    const body = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, contentType: response.headers.get("content-type") ?? undefined, body };
  } finally {
    client.close();
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
