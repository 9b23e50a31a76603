import assert from "node:assert/strict";
import type { Cache } from "../../../storage/cache.ts";
import { StorageError } from "../../../storage/errors.ts";
import { parseArguments } from "../../../tools/arguments.ts";
import { describeTool } from "../../../tools/describe.ts";
import { ToolError } from "../../../tools/error.ts";
import type { PodListRequest, PodPage } from "../../../tools/k8s/cluster.ts";
import { k8sListPods } from "../../../tools/k8s/list_pods.ts";
import { shape } from "../../../tools/shape.ts";
import type { ToolCall } from "../../../tools/tool.ts";
import { clusterNotConfigured } from "../../../tools/k8s/not_configured.ts";
import { call } from "./call.ts";

const PAGE: PodPage = {
  pods: [{ name: "redis-mcp-0", status: "Running", ready: "1/1" }],
  next: undefined,
  remaining: undefined,
  warnings: [],
};

Deno.test("k8s.list_pods is listed with the guide's words, its own parameters after the guide's", () => {
  assert.deepEqual(describeTool(k8sListPods(cluster(PAGE), cache())), {
    name: "k8s.list_pods",
    description: "List Kubernetes pods",
    parameters: {
      namespace: { type: "string", required: true },
      limit: { type: "integer" },
      continue: { type: "string" },
    },
  });
});

Deno.test("k8s.list_pods gives the guide's members and no others", async () => {
  const result = await list(k8sListPods(cluster(PAGE), cache()), { namespace: "mcp-lab" });
  assert.equal(JSON.stringify(result), '{"pods":[{"name":"redis-mcp-0","status":"Running","ready":"1/1"}]}');
});

Deno.test("k8s.list_pods says that there are more pods than the page that was asked for, and how to get them", async () => {
  const page = { ...PAGE, next: "token-2", remaining: 46 };
  const result = await list(k8sListPods(cluster(page), cache()), { namespace: "mcp-lab", limit: 1 });
  assert.deepEqual(result, {
    pods: PAGE.pods,
    truncated: true,
    next: "token-2",
    warnings: ["Pods that come after these: 46"],
  });
});

Deno.test("k8s.list_pods gives of 5,000 pods those in trouble first, under 2,000 tokens, and each once", async () => {
  const asked = pagedCluster(5_000);
  const tool = k8sListPods(asked, cache());
  const seen: { name: string; status: string; ready: string }[] = [];
  let token: string | undefined;
  do {
    const page = await list(tool, { namespace: "crowd", ...(token !== undefined && { continue: token }) });
    const { tokens } = shape(page, Infinity);
    assert(tokens < 2_000, `${tokens} tokens`);
    if (token === undefined) {
      assert.deepEqual(page.warnings, [`${page.pods.length} of 5000 pods: first the 50 in trouble, then the others`]);
      assert(page.pods.slice(0, 50).every(({ status }) => status === "CrashLoopBackOff"));
      assert(page.pods.slice(50).every(({ status }) => status === "Running"));
    }
    assert.equal(page.truncated, page.next === undefined ? undefined : true);
    seen.push(...page.pods);
    token = page.next;
  } while (token !== undefined);
  assert.equal(new Set(seen.map(({ name }) => name)).size, 5_000);
  assert.equal(seen.length, 5_000);
  assert.equal(asked.requests.length, 10, "the pages after the first come from the cache");
  const two = await list(tool, { namespace: "crowd", limit: 2, continue: "YWZ0ZXIgNDk" }); // after 49
  assert.deepEqual(two.pods.map(({ status }) => status), ["CrashLoopBackOff", "Running"]);
});

Deno.test("k8s.list_pods admits how many pods of a namespace it has looked at", async () => {
  const { warnings } = await list(k8sListPods(pagedCluster(12_000), cache()), { namespace: "crowd" });
  assert.equal(warnings?.[0], "Only the first 10000 pods were looked at: there are 2000 more");
});

Deno.test("k8s.list_pods asks the cluster once for calls at once, whichever of them goes away", async () => {
  const asked = cluster(PAGE);
  const { promise: held, resolve } = Promise.withResolvers<void>();
  const slow = {
    ...asked,
    listPods: async (request: PodListRequest, { signal }: ToolCall) => {
      await held;
      signal.throwIfAborted();
      return await asked.listPods(request);
    },
  };
  const tool = k8sListPods(slow, cache());
  const leaving = new AbortController();
  const args = parseArguments(tool, { namespace: "mcp-lab" });
  const first = assert.rejects(tool.run(args, call(leaving.signal)), /gone/);
  const others = [tool.run(args, call()), tool.run(args, call())];
  await Promise.resolve(); // So that all have found the cache empty.
  await Promise.resolve();
  leaving.abort(new Error("gone"));
  await first;
  resolve();
  for (const result of await Promise.all(others)) assert.deepEqual(result, { pods: PAGE.pods });
  assert.equal(asked.requests.length, 1);
});

Deno.test("k8s.list_pods prints a table that is less than half of its JSON", async () => {
  const tool = k8sListPods(pagedCluster(40), cache());
  const result = await list(tool, { namespace: "crowd" });
  const text = tool.print?.(result) ?? "";
  assert.match(text, /^NAME\tREADY\tSTATUS\nworker-0000\t0\/1\tCrashLoopBackOff\nworker-0001\t1\/1\tRunning\n/);
  assert(text.length < JSON.stringify(result).length / 2);
});

Deno.test("k8s.list_pods passes the cluster's warnings on", async () => {
  const page = { ...PAGE, pods: [], warnings: ["Nothing was found"] };
  const result = await list(k8sListPods(cluster(page), cache()), { namespace: "mcp-lab" });
  assert.deepEqual(result, { pods: [], warnings: ["Nothing was found"] });
});

Deno.test("k8s.list_pods keeps the pods for 60 s, under the guide's key", async () => {
  const store = cache();
  const asked = cluster(PAGE);
  const tool = k8sListPods(asked, store);
  const first = await list(tool, { namespace: "mcp-lab" });
  const second = await list(tool, { namespace: "mcp-lab" });
  assert.deepEqual(second, first);
  assert.equal(asked.requests.length, 1);
  assert.deepEqual(store.writes, [["k8s:pods:mcp-lab", JSON.stringify(first), 60]]);
});

Deno.test("k8s.list_pods neither reads nor writes the cache for other pages", async (t) => {
  for (const args of [{ limit: 2 }, { limit: 100 }, { continue: "token-2" }, { continue: "token-2", limit: 100 }]) {
    await t.step(JSON.stringify(args), async () => {
      const store = cache();
      const asked = cluster(PAGE);
      const tool = k8sListPods(asked, store);
      await list(tool, { namespace: "mcp-lab" });
      await list(tool, { namespace: "mcp-lab", ...args });
      assert.equal(asked.requests.length, 2);
      assert.deepEqual(asked.requests[1], {
        namespace: "mcp-lab",
        limit: args.limit ?? 100,
        continueToken: args.continue,
      });
      assert.equal(store.writes.length, 1);
    });
  }
});

Deno.test("k8s.list_pods takes nothing from the cache that is no page of pods", async (t) => {
  const page = JSON.stringify({ pods: PAGE.pods });
  for (const text of ["{}", "[]", '{"pods":[{"name":"a"}]}', '{"pods":[],"truncated":false}', '"pods"', "null"]) {
    await t.step(text, async () => {
      const store = cache();
      await store.set("k8s:pods:mcp-lab", text, 60);
      const result = await list(k8sListPods(cluster(PAGE), store), { namespace: "mcp-lab" });
      assert.equal(JSON.stringify(result), page);
      assert.deepEqual(store.writes.at(-1), ["k8s:pods:mcp-lab", page, 60]);
    });
  }
});

Deno.test("k8s.list_pods neither reads nor writes the cache where the cluster is asked as the caller", async () => {
  const store = cache();
  const asked = { ...cluster(PAGE), asCaller: true };
  const tool = k8sListPods(asked, store);
  for (let i = 0; i < 2; i++) await list(tool, { namespace: "mcp-lab" });
  assert.equal(asked.requests.length, 2);
  assert.deepEqual(store.writes, []);
});

Deno.test("k8s.list_pods does not keep an error", async () => {
  const store = cache();
  await assert.rejects(list(k8sListPods(clusterNotConfigured(), store), { namespace: "mcp-lab" }));
  assert.deepEqual(store.writes, []);
});

Deno.test("k8s.list_pods answers while the cache is away", async () => {
  const away: Cache = {
    get: () => Promise.reject(new StorageError("Redis is away")),
    set: () => Promise.reject(new StorageError("Redis is away")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const result = await list(k8sListPods(cluster(PAGE), away), { namespace: "mcp-lab" });
  assert.deepEqual(result, { pods: PAGE.pods });
});

Deno.test("k8s.list_pods without a cluster names the settings to set", async () => {
  await assert.rejects(list(k8sListPods(clusterNotConfigured(), cache()), { namespace: "mcp-lab" }), (error) => {
    assert(error instanceof ToolError);
    assert.equal(error.kind, "unavailable");
    for (const setting of ["KUBECONFIG", "KUBE_API_URL", "KUBE_TOKEN", "KUBE_CA"]) {
      assert.match(error.hint ?? "", new RegExp(setting));
    }
    return true;
  });
});

Deno.test("k8s.list_pods refuses arguments that name no namespace or page", async (t) => {
  const wrong: readonly unknown[] = [
    {},
    { namespace: "" },
    { namespace: 7 },
    { namespace: "Upper" },
    { namespace: "-a" },
    { namespace: "a-" },
    { namespace: "a.b" },
    { namespace: "../kube-system" },
    { namespace: "a/pods?limit=1" },
    { namespace: "a\n" },
    { namespace: "a".repeat(64) },
    { namespace: "a", limit: 0 },
    { namespace: "a", limit: 501 },
    { namespace: "a", limit: 1.5 },
    { namespace: "a", limit: "10" },
    { namespace: "a", continue: "" },
    { namespace: "a", continue: "x".repeat(4097) },
    { namespace: "a", labels: "x" },
  ];
  const tool = k8sListPods(cluster(PAGE), cache());
  for (const args of wrong) {
    await t.step(JSON.stringify(args).slice(0, 60), () => {
      assert.throws(() => parseArguments(tool, args), (error) => {
        return error instanceof ToolError && error.kind === "invalid_params";
      });
    });
  }
  await t.step("and takes the longest and the shortest name", () => {
    for (const namespace of ["a", "0", "a".repeat(63), "kube-system"]) parseArguments(tool, { namespace });
  });
});

async function list(tool: ReturnType<typeof k8sListPods>, args: unknown) {
  return await tool.run(parseArguments(tool, args), call());
}

/** A cluster with a namespace of many pods, every hundredth of them in trouble. */
function pagedCluster(count: number) {
  const requests: PodListRequest[] = [];
  const all = Array.from({ length: count }, (_, index) => ({
    name: `worker-${String(index).padStart(4, "0")}`,
    ...(index % 100 === 0 ? { status: "CrashLoopBackOff", ready: "0/1" } : { status: "Running", ready: "1/1" }),
  }));
  return {
    requests,
    asCaller: false,
    watchedPods: () => Promise.resolve("off" as const),
    listPods: (request: PodListRequest): Promise<PodPage> => {
      requests.push(request);
      const start = Number(request.continueToken ?? 0);
      const end = start + request.limit;
      const isLast = end >= count;
      return Promise.resolve({
        pods: all.slice(start, end),
        next: isLast ? undefined : String(end),
        remaining: isLast ? undefined : count - end,
        warnings: [],
      });
    },
  };
}

function cluster(page: PodPage) {
  const requests: PodListRequest[] = [];
  return {
    requests,
    asCaller: false,
    watchedPods: () => Promise.resolve("off" as const),
    listPods: (request: PodListRequest) => {
      requests.push(request);
      return Promise.resolve(page);
    },
  };
}

function cache() {
  const texts = new Map<string, string>();
  const writes: (readonly [key: string, text: string, ttlSeconds: number])[] = [];
  return {
    writes,
    get: (key: string) => Promise.resolve(texts.get(key)),
    set: (key: string, text: string, ttlSeconds: number) => {
      texts.set(key, text);
      writes.push([key, text, ttlSeconds]);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
