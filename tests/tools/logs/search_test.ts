import assert from "node:assert/strict";
import { z } from "zod";
import { parseArguments } from "../../../tools/arguments.ts";
import { describeTool } from "../../../tools/describe.ts";
import { ToolError } from "../../../tools/error.ts";
import type { Cluster } from "../../../tools/k8s/cluster.ts";
import { clusterNotConfigured } from "../../../tools/k8s/not_configured.ts";
import { clusterLogs } from "../../../tools/logs/cluster_logs.ts";
import { logsSearch } from "../../../tools/logs/search.ts";
import { shape } from "../../../tools/shape.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import type { WorldLine } from "../../services/kubernetes/logs.ts";
import { recordedText } from "../../services/kubernetes/recorded.ts";
import { call } from "../k8s/call.ts";
import { openByKubeconfig, rejectsWith } from "../k8s/cluster.ts";

const CHATTY = "mcp-server-79b7cc4d58-6qnbt";

Deno.test("logs.search is listed with the guide's words, its own parameters after the guide's", () => {
  assert.deepEqual(describeTool(logsSearch(clusterLogs(clusterNotConfigured()))), {
    name: "logs.search",
    description: "Search logs",
    parameters: {
      namespace: { type: "string", required: true },
      limit: { type: "integer", default: 100 },
      query: { type: "string" },
      pod: { type: "string" },
      container: { type: "string" },
      since_seconds: { type: "integer" },
      previous: { type: "boolean", default: false },
    },
  });
});

Deno.test("logs.search gives the newest lines of all pods in the order of time", async () => {
  await using api = await startKubernetesApi();
  const { logs, matched, returned, truncated } = await search(api, {
    namespace: "mcp-lab",
    pod: "mcp-server-*",
    limit: 7,
  });
  assert.deepEqual(logs.map(({ timestamp, pod }) => [timestamp, pod.slice(-5)]), [
    ["2026-11-22T10:20:19.625383942Z", "mgnlg"],
    ["2026-11-22T10:20:21.628765482Z", "6qnbt"],
    ["2026-11-22T10:20:21.628766482Z", "7gb59"],
    ["2026-11-22T10:20:21.628767482Z", "mgnlg"],
    ["2026-11-22T10:20:23.631979971Z", "6qnbt"],
    ["2026-11-22T10:20:23.631980971Z", "7gb59"],
    ["2026-11-22T10:20:23.631981971Z", "mgnlg"],
  ]);
  assert.deepEqual(logs.at(-1), {
    timestamp: "2026-11-22T10:20:23.631981971Z",
    pod: "mcp-server-79b7cc4d58-mgnlg",
    container: "mcp-server",
    message:
      '{"time":"2026-11-22T10:20:23Z","level":"info","msg":"heartbeat","n":128,"pod":"mcp-server-79b7cc4d58-mgnlg"}',
  });
  assert.deepEqual([matched, returned, truncated], [24, 7, true]);
});

Deno.test("logs.search of a whole namespace names what cannot be read beside what can", async () => {
  await using api = await startKubernetesApi();
  const { logs, returned, warnings = [] } = await search(api, { namespace: "mcp-lab", limit: 1000 });
  assert(returned > 400);
  assert(logs.some(({ pod, container }) => pod === "multi-ready" && container === "helper"));
  assert(logs.some(({ pod, container }) => pod === "native-sidecar" && container === "proxy"), "sidecars are read");
  assert(!logs.some(({ container }) => container === "setup"), "init containers are not");
  assert(!logs.some(({ container }) => container === "debugger"), "ephemeral containers are not");
  assert.deepEqual(warnings, [
    "Cannot read the log of config-error/main: container is waiting to start: CreateContainerConfigError",
    "Cannot read the log of container-creating/main: container is waiting to start: ContainerCreating",
    "Cannot read the log of evicted/main: container is terminated",
    "Cannot read the log of image-never-pull/main: container is waiting to start: ErrImageNeverPull",
    "Cannot read the log of image-pull-backoff/main: container is waiting to start: trying and failing to pull image",
    "Cannot read the log of init-crashloop/main, init-error-never/main, init-image-pull/main, init-second-stuck/main, " +
    "init-stuck/main and 1 more: container is waiting to start: PodInitializing",
    "Cannot read the log of invalid-image-name/main: container is waiting to start: InvalidImageName",
    "Cannot read the log of migrate-failed-lxfdr/main, migrate-failed-tdpwz/main, migrate-ok-c4d2m/main, " +
    'on-node2/main, on-node2-evict/main: Get "https://172.31.252.2:10250/containerLogs/mcp-lab/…": dial tcp ' +
    "172.31.252.2:10250: i/o timeout",
    "Cannot read the log of node-affinity/main, out-of-cpu/main: container is not available",
    "Messages cut to their first 4096 characters, with … at the end: 1",
  ]);
});

Deno.test("logs.search answers with the guide's members", async () => {
  await using api = await startKubernetesApi();
  const result = await search(api, { namespace: "mcp-lab", pod: "redis-mcp-0" });
  assert.deepEqual(Object.keys(result), ["logs", "matched", "returned", "truncated"]);
  assert.deepEqual(Object.keys(result.logs[0] ?? {}), ["timestamp", "pod", "container", "message"]);
  assert.equal(result.truncated, false);
  assert.equal(result.matched, result.returned);
});

Deno.test("logs.search finds by query, and counts beyond its limit", async (t) => {
  await using api = await startKubernetesApi();
  const args = { namespace: "mcp-lab", pod: CHATTY };
  await t.step("text in any letter case", async () => {
    const { logs, matched } = await search(api, { ...args, query: "SLOW TICK", limit: 3 });
    assert.deepEqual(logs.map(({ message }) => message), [
      'level=warn msg="slow tick" n=115',
      'level=warn msg="slow tick" n=120',
      'level=warn msg="slow tick" n=125',
    ]);
    assert.equal(matched, 25);
  });
  await t.step("a regular expression", async () => {
    const { logs, truncated } = await search(api, { ...args, query: "/panic|Traceback/" });
    assert.deepEqual(logs.map(({ message }) => message), [
      "panic: fixture panic on stderr",
      "Traceback (most recent call last):",
    ]);
    assert.equal(truncated, false);
  });
  await t.step("nothing", async () => {
    assert.deepEqual(await search(api, { ...args, query: "no such words" }), {
      logs: [],
      matched: 0,
      returned: 0,
      truncated: false,
    });
  });
  await t.step("an expression that cannot be used, before any request", async () => {
    const before = api.requests.length;
    await rejectsWith(search(api, { ...args, query: "/(?=a)/" }), "invalid_params", /\(\?=a\)/, /RE2 syntax/);
    assert.equal(api.requests.length, before);
  });
});

Deno.test("logs.search of lines of every kind is valid JSON, with long messages cut", async () => {
  await using api = await startKubernetesApi();
  const result = await search(api, { namespace: "mcp-lab", pod: CHATTY, limit: 1000 });
  assert.equal(result.returned, 199);
  const text = JSON.stringify(result);
  assert.equal(text.isWellFormed(), true);
  assert.deepEqual(JSON.parse(text), result);
  assert(!text.includes("\\u001b"), "no terminal sequence is left");
  const long = result.logs.find(({ message }) => message.startsWith("long line start"));
  assert.equal(long?.message.length, 4097);
  assert.deepEqual(result.warnings, ["Messages cut to their first 4096 characters, with … at the end: 1"]);
  assert.deepEqual(z.strictObject(logsSearch(clusterLogs(clusterNotConfigured())).output.shape).parse(result), result);
});

Deno.test("logs.search reads what it is asked for by name, age and run", async (t) => {
  await using api = await startKubernetesApi();
  const messages = async (args: Record<string, unknown>) =>
    (await search(api, { namespace: "mcp-lab", ...args })).logs.map(({ container, message }) =>
      `${container}: ${message}`
    );
  await t.step("an init container", async () => {
    assert.deepEqual(await messages({ pod: "native-sidecar", container: "setup" }), ["setup: setup"]);
  });
  await t.step("an ephemeral container", async () => {
    assert.deepEqual(await messages({ container: "debugger" }), ["debugger: debugging"]);
  });
  await t.step("all that run in a pod", async () => {
    assert.deepEqual((await messages({ pod: "multi-ready" })).sort(), ["app: app up", "helper: helper up"]);
  });
  await t.step("the last seconds", async () => {
    const recorded = recordedText("logs/since-10s.txt").trimEnd().split("\n").map((line) => line.replace(/^\S+ /, ""));
    const recent = await messages({ pod: CHATTY, since_seconds: 10 });
    assert.deepEqual(recent, recorded.map((line) => `mcp-server: ${line}`));
  });
  await t.step("the run before, where there was one", async () => {
    const { logs, warnings } = await search(api, { namespace: "mcp-lab", pod: "*", previous: true });
    assert.deepEqual(new Set(logs.map(({ pod }) => pod)), new Set(["crashloop"]));
    assert(warnings?.some((warning) => /and \d+ more: previous terminated container not found$/.test(warning)));
  });
});

Deno.test("logs.search says what it did not find", async (t) => {
  await using api = await startKubernetesApi();
  await t.step("a namespace", async () => {
    await rejectsWith(search(api, { namespace: "shoop" }), "not_found", /^Cannot find namespace "shoop"/, /shop/);
  });
  await t.step("a pod", async () => {
    const searching = search(api, { namespace: "mcp-lab", pod: "redis-mcp" });
    await rejectsWith(searching, "not_found", /^Cannot find pod "redis-mcp" in namespace "mcp-lab"/, /redis-mcp-0/);
  });
  await t.step("a container", async () => {
    const searching = search(api, { namespace: "mcp-lab", pod: "multi-ready", container: "helpr" });
    await rejectsWith(
      searching,
      "not_found",
      'Cannot find container "helpr" in any of the 1 pods',
      "Did you mean helper?",
    );
  });
  await t.step("anything in a namespace without pods", async () => {
    assert.deepEqual(await search(api, { namespace: "empty" }), {
      logs: [],
      matched: 0,
      returned: 0,
      truncated: false,
      warnings: ["The namespace has no pods"],
    });
  });
});

Deno.test("logs.search is refused as a whole where every log is", async (t) => {
  await using api = await startKubernetesApi();
  await t.step("the account may not list pods there", async () => {
    const searching = search(api, { namespace: "shop" }, "token");
    await rejectsWith(searching, "forbidden", /may not list pods in namespace "shop"$/, /RoleBinding/);
  });
  await t.step("the account may list pods and not read logs", async () => {
    const message =
      'x is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "mcp-lab"';
    const body = JSON.stringify({ kind: "Status", message });
    const answer = { status: 403, contentType: "application/json", body };
    api.interfere(({ url }) => url.pathname.endsWith("/log") ? { kind: "answer", answer } : undefined);
    const searching = search(api, { namespace: "mcp-lab" });
    await rejectsWith(searching, "forbidden", '"jane" may not get pods/log in namespace "mcp-lab"', /pods\/log/);
  });
  await t.step("but not where one can be read", async () => {
    const message =
      'x is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "mcp-lab"';
    const body = JSON.stringify({ kind: "Status", message });
    const answer = { status: 403, contentType: "application/json", body };
    api.interfere(({ url }) => url.pathname.endsWith("mgnlg/log") ? { kind: "answer", answer } : undefined);
    const { returned, truncated, warnings } = await search(api, {
      namespace: "mcp-lab",
      pod: "mcp-server-*",
      limit: 100,
    });
    assert.deepEqual([returned, truncated], [100, true]);
    assert.deepEqual(warnings, [
      'Cannot read the log of mcp-server-79b7cc4d58-mgnlg/mcp-server: "jane" may not get pods/log in namespace "mcp-lab"',
    ]);
  });
});

Deno.test("logs.search without a cluster names the settings to set", async () => {
  const tool = logsSearch(clusterLogs(clusterNotConfigured()));
  const searching = tool.run(parseArguments(tool, { namespace: "mcp-lab" }), call());
  await rejectsWith(searching, "unavailable", "No Kubernetes cluster is configured", /KUBECONFIG/);
});

Deno.test("logs.search loses one log that breaks off, and no other", async () => {
  await using api = await startKubernetesApi();
  api.interfere(({ url }) => url.pathname.endsWith("6qnbt/log") ? { kind: "reset", afterBytes: 100 } : undefined);
  const { logs, truncated, warnings } = await search(api, { namespace: "mcp-lab", pod: "mcp-server-*", limit: 4 });
  assert.deepEqual(logs.map(({ pod }) => pod.slice(-5)), ["7gb59", "mgnlg", "7gb59", "mgnlg"]);
  assert.equal(truncated, true);
  assert.match(warnings?.[0] ?? "", /^Cannot read the log of mcp-server-79b7cc4d58-6qnbt\/mcp-server: The Kubernetes/);
});

Deno.test("logs.search reads a hundred pods of a crowd, eight at once, and says that there are more", async () => {
  await using api = await startKubernetesApi();
  let running = 0;
  let most = 0;
  api.interfere(({ url, ended }) => {
    if (!url.pathname.endsWith("/log")) return undefined;
    most = Math.max(most, ++running);
    ended.then(() => running--);
    return { kind: "slow", delayMs: 5 };
  });
  const { truncated, warnings } = await search(api, { namespace: "crowd" });
  assert.equal(truncated, true);
  assert.deepEqual(warnings, ['Searched 100 containers of 100 pods; there are more: name pods by "pod"']);
  assert.equal(api.requests.filter(({ url }) => url.pathname.endsWith("/log")).length, 100);
  assert(most <= 8 && most > 1, `${most} at once`);
});

Deno.test("logs.search keeps the newest lines of a log that is too large, and says so", async () => {
  await using api = await startKubernetesApi();
  api.setLog("mcp-lab", "redis-mcp-0", "redis", generated(60_000, 200));
  const args = { namespace: "mcp-lab", pod: "redis-mcp-0", query: "/line \\d+ /", limit: 2 };
  const found = await search(api, args);
  assert.deepEqual(found.logs.map(({ message }) => message.slice(0, 10)), ["line 59998", "line 59999"]);
  assert.deepEqual([found.matched, found.truncated, found.warnings], [10_000, true, undefined]);
  const absent = await search(api, { ...args, query: "line 49999 " });
  assert.deepEqual(absent, {
    logs: [],
    matched: 0,
    returned: 0,
    truncated: true,
    warnings: ["Only the newest lines of redis-mcp-0/redis were searched, as many as a search reads of a log"],
  });
  api.setLog("mcp-lab", "redis-mcp-0", "redis", generated(9_000, 1000));
  const wide = await search(api, args);
  assert.deepEqual(wide.logs.map(({ message }) => message.slice(0, 9)), ["line 8998", "line 8999"]);
  assert(wide.matched > 3_000 && wide.matched < 4_194, `${wide.matched} lines`);
});

Deno.test("logs.search stops when its caller goes away", async () => {
  await using api = await startKubernetesApi();
  const arrived = Promise.withResolvers<void>();
  api.interfere(({ url }) => {
    if (!url.pathname.endsWith("/log")) return undefined;
    arrived.resolve();
    return { kind: "hang" };
  });
  const caller = new AbortController();
  const searching = search(api, { namespace: "mcp-lab", pod: "mcp-server-*" }, "certificate", caller.signal);
  const rejected = assert.rejects(searching, (error) => error === caller.signal.reason);
  await arrived.promise;
  caller.abort(new ToolError("cancelled", "The caller went away"));
  await rejected;
  const logs = api.requests.filter(({ url }) => url.pathname.endsWith("/log"));
  assert.deepEqual(await Promise.all(logs.map(({ ended }) => ended)), logs.map(() => "dropped"));
});

Deno.test("logs.search refuses arguments that make no sense", async (t) => {
  const wrong: readonly Record<string, unknown>[] = [
    { limit: 0 },
    { limit: 1001 },
    { limit: "5" },
    { query: 5 },
    { query: "x".repeat(257) },
    { pod: "" },
    { pod: "Upper" },
    { pod: "a*b" },
    { pod: "../x" },
    { pod: "a,b" },
    { container: "" },
    { since_seconds: 0 },
    { since_seconds: -5 },
    { previous: "yes" },
    { grep: "x" },
  ];
  const tool = logsSearch(clusterLogs(clusterNotConfigured()));
  for (const args of wrong) {
    await t.step(JSON.stringify(args).slice(0, 60), () => {
      assert.throws(() => parseArguments(tool, { namespace: "mcp-lab", ...args }), (error) => {
        return error instanceof ToolError && error.kind === "invalid_params";
      });
    });
  }
});

Deno.test("logs.search costs 2,000 tokens by default, of any namespace, and says how to get more", async () => {
  await using api = await startKubernetesApi();
  api.setLog("mcp-lab", "redis-mcp-0", "redis", generated(2_000, 20_000));
  for (const args of [{ namespace: "mcp-lab" }, { namespace: "mcp-lab", pod: "redis-mcp-0" }, { namespace: "crowd" }]) {
    const result = await search(api, args);
    const { tokens } = shape(result, 1_000_000);
    assert(tokens <= 2_000, `${tokens} tokens of ${JSON.stringify(args)}`);
  }
  const { logs, returned, matched, truncated, warnings } = await search(api, {
    namespace: "mcp-lab",
    pod: "mcp-server-*",
  });
  assert(returned > 10 && returned < 40 && matched > 100, `${returned} of ${matched}`);
  assert.equal(logs.at(-1)?.timestamp, "2026-11-22T10:20:23.631981971Z");
  assert.equal(truncated, true);
  assert.deepEqual(warnings, [
    `Older lines left out, since they do not fit into the answer: ${100 - returned}; ` +
    "narrow by query, pod or since_seconds, or set limit",
  ]);
  const asked = await search(api, { namespace: "mcp-lab", pod: "mcp-server-*", limit: 100 });
  assert.equal(asked.returned, 100, "an explicit limit may cost more");
});

Deno.test("logs.search of toolset logs gives both runs of a container together, and lines around those that match", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const tool = logsSearch(clusterLogs(cluster), true);
  const run = (args: Record<string, unknown>) =>
    tool.run(parseArguments(tool, { namespace: "mcp-lab", ...args }), call());
  const line = (second: number, bytes: string) => ({ time: `2026-11-22T10:00:0${second}.000000000Z`, bytes });
  api.setLog("mcp-lab", "crashloop", "main", [line(1, "begins"), line(2, "panic: first")], true);
  api.setLog("mcp-lab", "crashloop", "main", [line(3, "begins"), line(4, "waits"), line(5, "panic: second")]);
  const told = async (args: Record<string, unknown>) =>
    z.object({ logs: z.array(z.record(z.string(), z.unknown())) }).parse(await run({ pod: "crashloop", ...args })).logs
      .map(({ run, context, message }) => [run, context, message].filter((part) => part !== undefined).join(" "));
  await t.step("runs", async () => {
    const previous = ["previous begins", "previous panic: first"];
    const current = ["begins", "waits", "panic: second"];
    assert.deepEqual(await told({ runs: "both" }), [...previous, ...current]);
    assert.deepEqual(await told({}), current);
    assert.deepEqual(await told({ runs: "previous" }), ["begins", "panic: first"]);
  });
  await t.step("a pod that never was restarted is no trouble of both", async () => {
    const { warnings } = await run({ pod: "redis-mcp-0", runs: "both", limit: 1000 });
    assert.equal(warnings, undefined);
  });
  await t.step("lines around", async () => {
    assert.deepEqual(await told({ query: "panic", runs: "both", context: 1 }), [
      "previous true begins",
      "previous panic: first",
      "true waits",
      "panic: second",
    ]);
  });
  await t.step("words that contradict each other", async () => {
    await rejectsWith(run({ previous: true, runs: "current" }), "invalid_params", /they differ/, /Leave previous out/);
  });
});

Deno.test("logs.search prints days and containers once", () => {
  const tool = logsSearch(clusterLogs(clusterNotConfigured()));
  const entry = (pod: string, timestamp: string, message: string) => ({ timestamp, pod, container: "main", message });
  assert.equal(
    tool.print?.({
      logs: [
        entry("a", "2026-11-22T10:20:23.631981971Z", "one"),
        entry("b", "2026-11-22T10:20:24.631981971Z", "two"),
        entry("a", "2026-11-23T00:00:00.631981971Z", "three"),
      ],
      matched: 12,
      returned: 3,
      truncated: true,
      warnings: ["Mind this"],
    }),
    [
      "3 lines of 12 that match, or more",
      "[1] a/main",
      "[2] b/main",
      "2026-11-22",
      "10:20:23.631 [1] one",
      "10:20:24.631 [2] two",
      "2026-11-23",
      "00:00:00.631 [1] three",
      "Mind this",
    ].join("\n"),
  );
});

async function search(
  api: KubernetesApi,
  args: Record<string, unknown>,
  user: "certificate" | "token" = "certificate",
  signal?: AbortSignal,
) {
  await using cluster: Cluster = await openByKubeconfig(api, { user });
  const tool = logsSearch(clusterLogs(cluster));
  return await tool.run(parseArguments(tool, args), call(signal));
}

function generated(count: number, bytes: number): WorldLine[] {
  return Array.from({ length: count }, (_, index) => ({
    time: new Date(Date.UTC(2026, 0, 1) + index * 10).toISOString().replace("Z", "000001Z"),
    bytes: `line ${index} `.padEnd(bytes - 32, "x"),
  }));
}
