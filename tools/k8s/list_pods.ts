import { Buffer } from "node:buffer";
import { z } from "zod";
import type { Cache } from "../../storage/cache.ts";
import { cutPage } from "../paging.ts";
import { readThrough } from "../read_through.ts";
import { SingleFlight } from "../single_flight.ts";
import { defineTool } from "../tool.ts";
import { listAllPods } from "./all_pods.ts";
import type { Cluster, ClusterCall, PodListRequest } from "./cluster.ts";
import { isPodWell, troubledFirst } from "./health.ts";
import { namespaceName } from "./namespace.ts";
import { textNotes, textTable } from "./text_table.ts";
import type { WatchedPods } from "./watch/pod_watch.ts";

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

/** What is cached: all pods of a namespace. Where they all fit into an answer, it is the answer. */
const allSchema = z.strictObject({ pods: z.array(podSchema), warnings: z.array(z.string()).optional() });

const pageSchema = z.object({
  pods: z.array(podSchema).describe("By name; where they are not all, those in trouble first"),
  truncated: z.literal(true).optional().describe("There are more pods after these"),
  next: z.string().optional().describe("Pass as continue for those after these; lives for some minutes"),
  warnings: z.array(z.string()).optional().describe("What to know beside the answer"),
});

type All = z.output<typeof allSchema>;
type Pods = z.output<typeof pageSchema>;

/** `k8s.list_pods`: the pods of a namespace, as `kubectl get pods` prints them. */
export function k8sListPods(cluster: Pick<Cluster, "asCaller" | "listPods" | "watchedPods">, cache: Cache) {
  const direct = new SingleFlight<All>();
  return defineTool({
    name: "k8s.list_pods",
    toolset: "core",
    summary: "List Kubernetes pods",
    description:
      "Lists the pods of a namespace as kubectl get pods prints them; of many those in trouble first. Running with " +
      "ready 0/1 takes no traffic; CrashLoopBackOff, ImagePullBackOff, Init:…, Pending, OOMKilled and Evicted are " +
      `troubles: see logs.search. Up to ${CACHE_SECONDS} seconds old. Where truncated is true, pass next as continue.`,
    input: z.strictObject({
      namespace: namespaceName,
      limit: z.int().min(1).max(PAGE_PODS_MAX).optional()
        .describe("Pods by name; default what 2,000 tokens hold"),
      continue: z.string().min(1).max(CONTINUE_CHARS_MAX).optional()
        .describe("next of the page before"),
    }),
    output: pageSchema,
    effect: "read",
    idempotent: true,
    openWorld: true,
    print: (page) =>
      textTable(["name", "ready", "status"], page.pods.map(({ name, ready, status }) => [name, ready, status])) +
      textNotes(page, "continue"),
    run: async ({ namespace, limit, continue: token }, call) => {
      // Whoever asks for a size gets the cluster's own pages, in its order.
      const isOwn = token === undefined ? limit === undefined : isCursor(token);
      if (!isOwn) {
        return await listPage(cluster, { namespace, limit: limit ?? PAGE_PODS, continueToken: token }, call);
      }
      const load = async (signal: AbortSignal) => {
        const { pods, warnings } = await listAllPods(cluster, namespace, { ...call, signal });
        return { pods: [...pods], ...(warnings.length > 0 && { warnings: [...warnings] }) };
      };
      // Caches and watches are everyone's: only what the server's own account sees may be in them.
      if (cluster.asCaller) return cutPods(await load(call.signal), { limit, cursor: token });
      const watched = await cluster.watchedPods(namespace, call);
      const all = watched === "off"
        ? await readThrough(cache, `k8s:pods:${namespace}`, CACHE_SECONDS, allSchema, load, call.signal)
        // Who was told what a watch knows is not told what was known before it.
        : watched === "unready"
        ? await direct.run(namespace, call.signal, load)
        : allOf(watched);
      return cutPods(all, { limit, cursor: token });
    },
  });
}

function allOf({ pods, ageSeconds, broken }: WatchedPods): All {
  const state = broken ? ", which is broken now" : "";
  return { pods: [...pods], warnings: [`From a watch of the cluster${state}, last heard ${ageSeconds} s ago`] };
}

/** All pods where they fit, by name; else those in trouble first, and how many there are. */
function cutPods({ pods, warnings = [] }: All, request: Parameters<typeof cutPage>[1]): Pods {
  const whole = cutPage(pods, {});
  if (whole.next === undefined && request.cursor === undefined) {
    return { pods, ...(warnings.length > 0 && { warnings }) };
  }
  const isTroubled = (pod: z.output<typeof podSchema>) => !isPodWell(pod);
  const page = cutPage(troubledFirst(pods, isTroubled), request);
  const troubled = pods.filter(isTroubled).length;
  return {
    pods: page.items,
    ...(page.next !== undefined && { truncated: true as const, next: page.next }),
    warnings: [
      ...warnings,
      `${page.returned} of ${page.total} pods: first the ${troubled} in trouble, then the others`,
    ],
  };
}

async function listPage(
  cluster: Pick<Cluster, "listPods">,
  request: PodListRequest,
  call: ClusterCall,
): Promise<Pods> {
  const { pods, next, remaining, warnings: given } = await cluster.listPods(request, call);
  const warnings = [...given];
  if (next !== undefined && remaining !== undefined) warnings.push(`Pods that come after these: ${remaining}`);
  return {
    pods: [...pods],
    ...(next !== undefined && { truncated: true as const, next }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Whether a token is a place in all pods, rather than one of the cluster's own. */
function isCursor(token: string): boolean {
  return /^after \d+$/.test(Buffer.from(token, "base64url").toString());
}
