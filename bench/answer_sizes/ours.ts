import { Buffer } from "node:buffer";
import { createMemoryCache } from "../../storage/embedded/cache.ts";
import { k8sListPods } from "../../tools/k8s/list_pods.ts";
import { manualClock } from "../../tests/contracts/manual_clock.ts";
import { type KubernetesApi } from "../../tests/services/kubernetes.ts";
import { CROWD_PODS } from "../../tests/services/kubernetes/world.ts";
import { openByKubeconfig } from "../../tests/tools/k8s/cluster.ts";
import { toolsetOf } from "../../tests/tools/k8s/toolset.ts";
import { QUESTIONS } from "./questions.ts";

/** What an answer of this server takes. */
export interface OurSize {
  /** The text that the official dialect gives a model, without its envelope. */
  readonly textBytes: number;
  /** The result itself, as the house dialect sends it. */
  readonly jsonBytes: number;
}

/** Asks every question of the tools. */
export async function measureOurs(api: KubernetesApi): Promise<readonly OurSize[]> {
  api.put(
    "pods.metrics.k8s.io",
    ...Array.from({ length: CROWD_PODS }, (_, index) => ({
      ...{ kind: "PodMetrics", apiVersion: "metrics.k8s.io/v1beta1" },
      metadata: { name: `worker-${String(index).padStart(4, "0")}`, namespace: "crowd" },
      containers: [{ name: "redis", usage: { cpu: "12m", memory: "40Mi" } }],
    })),
  );
  await using cluster = await openByKubeconfig(api, {}, 60_000);
  const { ask } = toolsetOf(cluster, { more: [k8sListPods(cluster, createMemoryCache(manualClock()))] });
  const sizes: OurSize[] = [];
  for (const { tool, args } of QUESTIONS) {
    const { result, text } = await ask(tool, args);
    sizes.push({ textBytes: Buffer.byteLength(text), jsonBytes: Buffer.byteLength(JSON.stringify(result)) });
  }
  return sizes;
}
