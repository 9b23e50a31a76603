import type { Cluster, ClusterCall, PodPage, PodSummary } from "./cluster.ts";

const PAGE_PODS = 500;
/** Pods that are looked at: a namespace with more is said to have more. */
const PODS_MAX = 10_000;

/** All pods of a namespace, in the API's order, up to a bound that is told in `warnings`. */
export async function listAllPods(
  cluster: Pick<Cluster, "listPods">,
  namespace: string,
  call: ClusterCall,
): Promise<Pick<PodPage, "pods" | "warnings">> {
  const pods: PodSummary[] = [];
  const warnings: string[] = [];
  let page: PodPage | undefined;
  do {
    page = await cluster.listPods({ namespace, limit: PAGE_PODS, continueToken: page?.next }, call);
    pods.push(...page.pods);
    warnings.push(...page.warnings);
  } while (page.next !== undefined && pods.length < PODS_MAX);
  if (page.next !== undefined) {
    const rest = page.remaining === undefined ? "there are more" : `there are ${page.remaining} more`;
    warnings.push(`Only the first ${pods.length} pods were looked at: ${rest}`);
  }
  return { pods, warnings };
}
