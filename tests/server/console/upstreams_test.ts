import assert from "node:assert/strict";
import { createUpstreams } from "../../../server/console/upstreams.ts";
import { ToolError } from "../../../tools/error.ts";
import { clusterNotConfigured } from "../../../tools/k8s/not_configured.ts";
import type { Outside } from "../../../tools/outside.ts";
import { type Prometheus, prometheusNotConfigured } from "../../../tools/prom/prometheus.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

/** A Prometheus whose next answers are these, a clock, and what is known of it. */
function watched(query: Prometheus["query"], asCaller = false) {
  const clock = manualClock();
  const upstreams = createUpstreams({ clock, configured: { kubernetes: true, prometheus: true, loki: false } });
  let clusterCalls = 0;
  const refused = () => {
    clusterCalls++;
    return Promise.reject(new ToolError("forbidden", "No"));
  };
  // Of a port's members only those that are asked here are told of.
  const outside = upstreams.over({
    prometheus: { ...prometheusNotConfigured(), query },
    cluster: { ...clusterNotConfigured(), asCaller, listPods: refused },
    loki: undefined,
  } as unknown as Outside);
  return { clock, upstreams, outside, clusterCalls: () => clusterCalls };
}

Deno.test("a system behind the tools is as its last call showed it", async () => {
  const answers: (() => Promise<never>)[] = [];
  const { clock, upstreams, outside } = watched(() => {
    clock.advance(7);
    return answers.shift()?.() ?? Promise.resolve({ resultType: "vector", result: [] } as never);
  });
  const prometheus = () => upstreams.read().find(({ name }) => name === "prometheus");
  const ask = () => outside.prometheus.query("up", AbortSignal.timeout(1000)).catch(() => {});
  await ask();
  clock.advance(1000);
  assert.deepEqual(prometheus(), {
    ...{ name: "prometheus", state: "answering", failures: 0 },
    ...{ okAgoMs: 1000, failedAgoMs: undefined, latencyMs: 7 },
  });
  await outside.cluster.watchedPods("shop", { namespace: "shop" } as never).catch(() => {});
  assert.equal(upstreams.read()[0]?.state, "unasked", "what is at hand is not asked for");
  const cases: readonly (readonly [ConstructorParameters<typeof ToolError>[0], string, number])[] = [
    ["unavailable", "failing", 1],
    ["timeout", "failing", 2],
    // Who gives up, or a fault of ours, tells nothing of it; a refusal shows that it is there.
    ["cancelled", "failing", 2],
    ["invalid_params", "answering", 0],
  ];
  for (const [kind, state, failures] of cases) {
    answers.push(() => Promise.reject(new ToolError(kind, "No")));
    await ask();
    assert.deepEqual([prometheus()?.state, prometheus()?.failures], [state, failures], kind);
  }
});

Deno.test("what nobody asked for half a minute is asked once, however often Health is looked at", () => {
  let asked = 0;
  const { clock, upstreams, clusterCalls } = watched(() => {
    asked++;
    return new Promise(() => {});
  });
  for (let look = 0; look < 20; look++) upstreams.read();
  assert.deepEqual([asked, clusterCalls()], [1, 1]);
  assert.deepEqual(upstreams.read().map(({ name, state }) => `${name} ${state}`), [
    "kubernetes unasked",
    "prometheus unasked",
  ]);
  clock.advance(29_999);
  upstreams.read();
  assert.equal(asked, 1);
  clock.advance(1);
  upstreams.read();
  assert.equal(asked, 2);
});

Deno.test("a cluster that is asked as each caller is not asked in nobody's name", () => {
  const { upstreams, clusterCalls } = watched(() => new Promise(() => {}), true);
  upstreams.read();
  assert.equal(clusterCalls(), 0);
});
