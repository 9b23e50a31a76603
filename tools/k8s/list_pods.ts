import { z } from "zod";
import type { Cache } from "../../storage/cache.ts";
import { readThrough } from "../read_through.ts";
import { defineTool } from "../tool.ts";
import type { Cluster, ClusterCall, PodListRequest } from "./cluster.ts";
import { namespaceName } from "./namespace.ts";

const CACHE_SECONDS = 60;
const PAGE_PODS = 100;
const PAGE_PODS_MAX = 500;
/** The API's tokens are some hundred characters long. */
const CONTINUE_CHARS_MAX = 4096;

const podSchema = z.object({
  name: z.string().describe("Name of the pod"),
  status: z.string().describe("What kubectl prints under STATUS, such as Running, CrashLoopBackOff or Init:0/1"),
  ready: z.string().describe("Ready containers of all, such as 1/2"),
});

const pageSchema = z.object({
  pods: z.array(podSchema).describe("The pods of this page, in the cluster's order, which is by name"),
  truncated: z.literal(true).optional().describe("There are more pods after this page"),
  next: z.string().optional().describe("Pass as continue for the page after; lives for some minutes"),
  warnings: z.array(z.string()).optional().describe("What to know beside the answer"),
});

/** `k8s.list_pods`: the pods of a namespace, as `kubectl get pods` prints them. */
export function k8sListPods(cluster: Pick<Cluster, "asCaller" | "listPods">, cache: Cache) {
  return defineTool({
    name: "k8s.list_pods",
    toolset: "core",
    summary: "List Kubernetes pods",
    description:
      "Lists the pods of a namespace as kubectl get pods prints them. Running with ready 0/1 takes no traffic; " +
      "CrashLoopBackOff, ImagePullBackOff, Init:…, Pending, OOMKilled and Evicted are troubles: see logs.search. Up to " +
      `${CACHE_SECONDS} seconds old. Where truncated is true, pass next as continue.`,
    input: z.strictObject({
      namespace: namespaceName,
      limit: z.int().min(1).max(PAGE_PODS_MAX).default(PAGE_PODS)
        .describe("Pods a page"),
      continue: z.string().min(1).max(CONTINUE_CHARS_MAX).optional()
        .describe("next of the page before"),
    }),
    output: pageSchema,
    effect: "read",
    idempotent: true,
    openWorld: true,
    run: async ({ namespace, limit, continue: continueToken }, call) => {
      const load = () => listPage(cluster, { namespace, limit, continueToken }, call);
      // The cache is everyone's: only what the server's own account sees may be in it.
      if (cluster.asCaller || limit !== PAGE_PODS || continueToken !== undefined) return await load();
      return await readThrough(cache, `k8s:pods:${namespace}`, CACHE_SECONDS, pageSchema, load);
    },
  });
}

async function listPage(
  cluster: Pick<Cluster, "listPods">,
  request: PodListRequest,
  call: ClusterCall,
): Promise<z.output<typeof pageSchema>> {
  const { pods, next, remaining, warnings: given } = await cluster.listPods(request, call);
  const warnings = [...given];
  if (next !== undefined && remaining !== undefined) warnings.push(`Pods that come after these: ${remaining}`);
  return {
    pods: [...pods],
    ...(next !== undefined && { truncated: true as const, next }),
    ...(warnings.length > 0 && { warnings }),
  };
}
