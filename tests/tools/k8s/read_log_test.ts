import assert from "node:assert/strict";
import type { LogAnswer, LogRequest } from "../../../tools/k8s/cluster.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { recordedBytes } from "../../services/kubernetes/recorded.ts";
import { call } from "./call.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";

const SERVER = "mcp-server-79b7cc4d58-6qnbt";

Deno.test("a log comes with its times, its newest lines, and nothing of it lost but what is no UTF-8", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api, { user: "token" });
  const answer = await cluster.readLog(request(SERVER, "mcp-server", { lines: 199 }), call());
  const recorded = new TextDecoder().decode(recordedBytes("logs/timestamps.txt"));
  assert(answer.kind === "read");
  assert.equal(answer.text.slice(0, recorded.length), recorded);
  assert.equal(answer.cut, false);
  assert.equal(api.requests[0]?.url.search, "?container=mcp-server&timestamps=true&tailLines=199&limitBytes=1000000");
});

Deno.test("a log beyond its bytes is cut, and says so", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const answer = await cluster.readLog(request(SERVER, "mcp-server", { bytesMax: 1000 }), call());
  assert(answer.kind === "read");
  assert.deepEqual([answer.text.length, answer.cut], [1000, true]);
});

Deno.test("a log of the last seconds, and of the run before, is asked for", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const recent = await cluster.readLog(request(SERVER, "mcp-server", { sinceSeconds: 10 }), call());
  assert(recent.kind === "read");
  assert.equal(recent.text, new TextDecoder().decode(recordedBytes("logs/since-10s.txt")));
  const before = await cluster.readLog(request("crashloop", "main", { previous: true }), call());
  assert(before.kind === "read");
  assert.equal(before.text, new TextDecoder().decode(recordedBytes("logs/crashloop-previous-timestamps.txt")));
});

const ANSWERS: readonly (readonly [pod: string, container: string, answer: LogAnswer])[] = [
  ["pending-unschedulable", "main", { kind: "read", text: "", cut: false }],
  ["run-container-error", "main", { kind: "read", text: "", cut: false }],
  [
    "config-error",
    "main",
    unreadable(
      'container "main" in pod "config-error" is waiting to start: CreateContainerConfigError',
    ),
  ],
  [
    "image-pull-backoff",
    "main",
    unreadable(
      'container "main" in pod "image-pull-backoff" is waiting to start: trying and failing to pull image',
    ),
  ],
  ["evicted", "main", unreadable('container "main" in pod "evicted" is terminated')],
  ["out-of-cpu", "main", unreadable('container "main" in pod "out-of-cpu" is not available')],
  [
    "on-node2",
    "main",
    unreadable(
      'Get "https://172.31.252.2:10250/containerLogs/mcp-lab/on-node2/main": dial tcp 172.31.252.2:10250: i/o timeout',
    ),
  ],
  [SERVER, "nope", unreadable(`container nope is not valid for pod ${SERVER}`)],
  ["gone", "main", unreadable('pods "gone" not found')],
];

Deno.test("a log that one container does not have is an answer, with the API's reason", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  for (const [pod, container, expected] of ANSWERS) {
    await t.step(`${pod}/${container}`, async () => {
      assert.deepEqual(await cluster.readLog(request(pod, container), call()), expected);
    });
  }
});

Deno.test("a log that breaks off is an error", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  api.interfere(() => ({ kind: "reset", afterBytes: 20_000 }));
  const reading = cluster.readLog(request(SERVER, "mcp-server"), call());
  await rejectsWith(reading, "unavailable", /^The Kubernetes API's answer broke off: /, "Try again");
});

function request(pod: string, container: string, options: Partial<LogRequest> = {}): LogRequest {
  return { namespace: "mcp-lab", pod, container, lines: 1000, bytesMax: 1_000_000, previous: false, ...options };
}

function unreadable(reason: string): LogAnswer {
  return { kind: "unreadable", reason };
}
