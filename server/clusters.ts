import type { Clusters } from "../tools/clusters.ts";
import { findClusterSource } from "../tools/k8s/cluster_source.ts";
import { SettingError, type Settings } from "./settings.ts";

/**
 * The clusters that KUBE_CONTEXTS names; `undefined` where it is not set. Only where it is does a start wait for the
 * Kubernetes library, which reads the kubeconfig.
 *
 * @throws {SettingError} when the kubeconfig does not have them.
 */
export async function chooseClusters(settings: Settings): Promise<Clusters | undefined> {
  const wanted = settings.KUBE_CONTEXTS;
  if (wanted.length === 0) return undefined;
  const { chooseContexts } = await import("../tools/k8s/contexts.ts");
  try {
    return await chooseContexts(findClusterSource(settings), wanted);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingError(`Invalid setting KUBE_CONTEXTS: ${reason}`, { cause });
  }
}
