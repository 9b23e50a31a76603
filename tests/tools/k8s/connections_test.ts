import assert from "node:assert/strict";
import { ToolError } from "../../../tools/error.ts";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { startKubernetesApi } from "../../services/kubernetes.ts";
import { freePort } from "../../services/process.ts";
import { call } from "./call.ts";
import { openByKubeconfig, rejectsWith } from "./cluster.ts";

const LAB = { namespace: "mcp-lab", limit: 1 };

Deno.test("requests one after the other use one TLS connection, or hardly more", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  for (let i = 0; i < 20; i++) await cluster.listPods(LAB, call());
  assert.equal(api.requests.length, 20);
  // On a busy machine an answer may be read before its connection is back in the pool; without one there were 20.
  assert(api.connections <= 3, `${api.connections} connections`);
});

Deno.test("requests at once use some connections, which are kept", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 8 }, () => cluster.listPods(LAB, call())));
  }
  assert.equal(api.requests.length, 40);
  // The pool may open one more while another is about to come free; without it there were 40.
  assert(api.connections <= 24, `${api.connections} connections`);
});

Deno.test("a kept connection that died unseen costs no answer", async (t) => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  await t.step("closed while idle", async () => {
    await cluster.listPods(LAB, call());
    api.closeIdleConnections();
    await cluster.listPods(LAB, call());
  });
  await t.step("broken by the request", async () => {
    let drops = 1;
    api.interfere(() => drops-- > 0 ? { kind: "drop" } : undefined);
    await cluster.listPods(LAB, call());
  });
  await t.step("but not twice", async () => {
    api.interfere(() => ({ kind: "drop" }));
    await rejectsWith(cluster.listPods(LAB, call()), "unavailable", /^Cannot reach the Kubernetes API at /, /./);
  });
});

Deno.test("an answer that breaks off is an error", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  api.interfere(() => ({ kind: "reset", afterBytes: 1000 }));
  await rejectsWith(
    cluster.listPods(LAB, call()),
    "unavailable",
    /^The Kubernetes API's answer broke off: /,
    "Try again",
  );
});

Deno.test("a request that gets no answer ends at its deadline, and is dropped", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api, {}, 200);
  await cluster.warm();
  api.interfere(() => ({ kind: "hang" }));
  await rejectsWith(
    cluster.listPods(LAB, call()),
    "unavailable",
    "The Kubernetes API did not answer within 200 ms",
    /^Try again/,
  );
  assert.equal(await api.requests[0]?.ended, "dropped");
  api.interfere();
  await cluster.listPods(LAB, call());
});

Deno.test("a body that does not end is under the deadline too", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api, {}, 200);
  await cluster.warm();
  api.interfere(() => ({ kind: "stall", afterBytes: 100 }));
  await rejectsWith(cluster.listPods(LAB, call()), "unavailable", /did not answer within 200 ms$/, /./);
  assert.equal(await api.requests[0]?.ended, "dropped");
});

Deno.test("a slow answer within the deadline is an answer", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  api.interfere(() => ({ kind: "slow", delayMs: 100 }));
  assert.equal((await cluster.listPods(LAB, call())).pods.length, 1);
});

Deno.test("a caller that goes away drops its request at the API", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  const arrived = Promise.withResolvers<void>();
  api.interfere(() => {
    arrived.resolve();
    return { kind: "hang" };
  });
  const caller = new AbortController();
  const listing = cluster.listPods(LAB, call(caller.signal));
  const rejected = assert.rejects(listing, (error) => error === caller.signal.reason);
  await arrived.promise;
  caller.abort(new ToolError("cancelled", "The caller went away"));
  await rejected;
  assert.equal(await api.requests[0]?.ended, "dropped");
});

Deno.test("a caller that is gone already sends no request", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  await cluster.warm();
  const reason = new ToolError("cancelled", "The caller went away");
  await assert.rejects(cluster.listPods(LAB, call(AbortSignal.abort(reason))), (error) => error === reason);
  assert.equal(api.requests.length, 0);
});

Deno.test("an API that is not there is said to be unreachable", async (t) => {
  const port = await freePort();
  await t.step("nothing listens", async () => {
    const source = { kind: "url", url: `https://127.0.0.1:${port}`, token: "t" } as const;
    await using cluster = openKubernetesCluster(source);
    await rejectsWith(
      cluster.listPods(LAB, call()),
      "unavailable",
      `Cannot reach the Kubernetes API at "https://127.0.0.1:${port}": tcp connect error: Connection refused (os error 111)`,
      "Ask the operator whether the cluster runs and whether this server may connect to it",
    );
  });
  await t.step("no such host", async () => {
    const source = { kind: "url", url: "https://kubernetes.invalid", token: "t" } as const;
    await using cluster = openKubernetesCluster(source);
    await rejectsWith(
      cluster.listPods(LAB, call()),
      "unavailable",
      /^Cannot reach the Kubernetes API at "https:\/\/kubernetes\.invalid": dns error: /,
      /./,
    );
  });
});

Deno.test("a cluster that is closed takes no request", async () => {
  await using api = await startKubernetesApi();
  const cluster = await openByKubeconfig(api);
  await cluster.listPods(LAB, call());
  await cluster[Symbol.asyncDispose]();
  await rejectsWith(cluster.listPods(LAB, call()), "unavailable", /is closed$/, /./);
  assert.equal(api.requests.length, 1);
});

Deno.test("opening and warming a cluster sends no request", async () => {
  await using api = await startKubernetesApi();
  await using cluster = await openByKubeconfig(api);
  await cluster.warm();
  await cluster.warm();
  assert.deepEqual([api.requests.length, api.connections], [0, 0]);
});
