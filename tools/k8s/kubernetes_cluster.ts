import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { KubernetesApi } from "./api.ts";
import type {
  Cluster,
  ClusterCall,
  ContainerList,
  ContainerSearch,
  LogAnswer,
  LogRequest,
  PodContainers,
  PodListRequest,
  PodPage,
} from "./cluster.ts";
import type { ClusterSource } from "./cluster_source.ts";
import type { Impersonation } from "./identity.ts";
import { KubernetesObjects } from "./kubernetes_objects.ts";
import { checkNamespace } from "./namespace.ts";
import { parsePodContainers } from "./pod_containers.ts";
import { parsePodTable, TABLE } from "./pod_table.ts";
import { refusalMessage } from "./refusal.ts";
import type { PodWatchState } from "./watch/pod_watch.ts";
import { PodWatches, type PodWatchesOptions, type WatchChoice } from "./watch/pod_watches.ts";
import { kubernetesChanges } from "./write/kubernetes_changes.ts";

/** 500 rows of cells are 100 KB, 250 whole pods 1 to 5 MB; more than this is no listing of pods. */
const LIST_BYTES_MAX = 33_554_432;
/** Pods a page of the search for containers, which reads whole pods. */
const CONTAINER_PAGE_PODS = 250;
/** Pods whose names are compared with one that was not found. */
const NAMES_COMPARED_MAX = 500;
const REQUEST_TIMEOUT_MS = 10_000;

export interface KubernetesClusterOptions {
  /** Milliseconds that one request to the API may take; 10,000 where left out. */
  readonly requestTimeoutMs?: number;
  /** Asks as the caller of each tool; as the server's own account where left out. */
  readonly impersonate?: Impersonation | undefined;
  /** A clock in milliseconds that only goes forward, for tests. */
  readonly elapsed?: () => number;
  /** Namespaces whose pods are watched; none where left out, and where callers are impersonated. */
  readonly watch?: WatchChoice | undefined;
  /** Told, in words for an operator, of watches that do not come about. */
  readonly warn?: ((message: string) => void) | undefined;
  /** For tests. */
  readonly watchTiming?: PodWatchesOptions["timing"];
}

/** A cluster over its API; nothing is loaded or opened before the first use. */
export interface KubernetesCluster extends Cluster {
  /**
   * Loads the Kubernetes library and the configuration ahead of the first use; asks the API nothing.
   *
   * @throws {ToolError} `unavailable` when the configuration cannot be used.
   */
  warm(): Promise<void>;
  /** How the watches are doing, a namespace each. */
  watches(): readonly PodWatchState[];
}

/**
 * Opens a cluster by its API; requests that run when it is disposed come to their end.
 *
 * @throws {Error} for an impersonation that could never work.
 */
export function openKubernetesCluster(
  source: ClusterSource,
  options: KubernetesClusterOptions = {},
): KubernetesCluster {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS, impersonate, elapsed = () => performance.now() } = options;
  const api = new KubernetesApi(source, { timeoutMs: requestTimeoutMs, impersonate, elapsed });
  const objects = new KubernetesObjects(api, elapsed);
  // What a caller sees that is impersonated is for no other: nothing is watched then.
  const namespaces = impersonate ? [] : options.watch ?? [];
  const { warn = () => {}, watchTiming: timing = {} } = options;
  const watches = new PodWatches({ api, namespaces, elapsed, warn, timing });
  return {
    asCaller: impersonate !== undefined,
    objects,
    changes: kubernetesChanges(api),
    warm: () => api.warm(),
    watches: () => watches.states(),
    async listPods(request, call) {
      const page = await listPods(api, request, call);
      if (page.pods.length > 0) watches.begin(request.namespace);
      return page;
    },
    watchedPods: (namespace, call) => watchedPods(api, watches, namespace, call),
    findContainers: (search, call) => findContainers(api, search, call),
    readLog: (request, call) => readLog(api, request, call),
    async [Symbol.asyncDispose]() {
      objects[Symbol.dispose]();
      await watches[Symbol.asyncDispose]();
      api[Symbol.dispose]();
    },
  };
}

async function watchedPods(
  api: KubernetesApi,
  watches: PodWatches,
  namespace: string,
  call: ClusterCall,
): ReturnType<Cluster["watchedPods"]> {
  if (!watches.covers(namespace)) return "off";
  const watched = watches.read(namespace);
  // Whether a namespace without pods is there at all only the cluster says.
  if (!watched || watched.pods.length === 0) return "unready";
  // As before each list: the account may have lost the right.
  const verdict = await api.require({ verb: "list", resource: "pods", namespace }, call);
  return verdict === "allowed" ? watched : "unready";
}

async function listPods(
  api: KubernetesApi,
  { namespace, limit, continueToken }: PodListRequest,
  call: ClusterCall,
): Promise<PodPage> {
  const answer = await api.get({
    path: podsPath(namespace),
    query: { limit, continue: continueToken, includeObject: "None" },
    accept: TABLE,
    bytesMax: LIST_BYTES_MAX,
    right: { verb: "list", resource: "pods", namespace },
  }, call);
  if (answer.status === 400 && continueToken !== undefined) {
    throw new ToolError("invalid_params", `Cannot continue the list of pods: ${refusalMessage(answer)}`, {
      hint: 'Pass "next" of the page before unchanged as "continue", or leave it out to start again',
    });
  }
  if (answer.status !== 200) throw api.refusal(answer, listing(namespace), call);
  const page = parsePodTable(answer);
  const isEmpty = page.pods.length === 0 && continueToken === undefined;
  return { ...page, warnings: isEmpty ? await checkNamespace(api, namespace, call) : [] };
}

/**
 * Names of containers stand nowhere but in whole pods (Table cells and metadata lack them), so these are paged through.
 * One pod by its name is one small request, by a field selector, for which the right to list pods suffices.
 */
async function findContainers(
  api: KubernetesApi,
  { namespace, pod, podsMax }: ContainerSearch,
  call: ClusterCall,
): Promise<ContainerList> {
  const prefix = pod?.endsWith("*") ? pod.slice(0, -1) : undefined;
  const exact = prefix === undefined ? pod : undefined;
  const found: PodContainers[] = [];
  let next: string | undefined;
  let isEmpty = true;
  do {
    const answer = await api.get({
      path: podsPath(namespace),
      query: {
        limit: CONTAINER_PAGE_PODS,
        continue: next,
        fieldSelector: exact === undefined ? undefined : `metadata.name=${exact}`,
      },
      accept: "application/json",
      bytesMax: LIST_BYTES_MAX,
      right: { verb: "list", resource: "pods", namespace, name: exact },
    }, call);
    if (answer.status !== 200) throw api.refusal(answer, listing(namespace), call);
    const page = parsePodContainers(answer);
    isEmpty &&= page.pods.length === 0;
    found.push(...page.pods.filter((candidate) => candidate.pod.startsWith(prefix ?? "")));
    next = page.next;
  } while (next !== undefined && found.length < podsMax);
  if (found.length === 0 && pod !== undefined) throw await podNotFound(api, namespace, pod, call);
  return {
    pods: found.slice(0, podsMax),
    more: next !== undefined || found.length > podsMax,
    warnings: isEmpty ? await checkNamespace(api, namespace, call) : [],
  };
}

async function podNotFound(
  api: KubernetesApi,
  namespace: string,
  pod: string,
  call: ClusterCall,
): Promise<ToolError> {
  const { pods } = await listPods(api, { namespace, limit: NAMES_COMPARED_MAX }, call);
  const near = nearest(pod.replace(/\*$/, ""), pods.map(({ name }) => name));
  return new ToolError("not_found", `Cannot find pod "${pod}" in namespace "${namespace}"`, {
    hint: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "k8s.list_pods lists the pods there are",
    data: { near },
  });
}

async function readLog(api: KubernetesApi, request: LogRequest, call: ClusterCall): Promise<LogAnswer> {
  const { namespace, pod, container, lines, bytesMax, sinceSeconds, previous } = request;
  const answer = await api.get({
    path: `${podsPath(namespace)}/${encodeURIComponent(pod)}/log`,
    query: {
      container,
      timestamps: true,
      tailLines: lines,
      limitBytes: bytesMax,
      sinceSeconds,
      previous: previous || undefined,
    },
    accept: "*/*",
    bytesMax,
    right: { verb: "get", resource: "pods/log", namespace, name: pod },
  }, call);
  switch (answer.status) {
    case 200:
    case 204: { // A pod without a node.
      // The API stops at `limitBytes` too, so that a full answer has lost its end.
      const { body } = answer;
      return { kind: "read", text: new TextDecoder().decode(body), cut: body.length >= bytesMax };
    }
    case 400:
    case 404:
    case 500:
      return { kind: "unreadable", reason: refusalMessage(answer) };
    default:
      throw api.refusal(answer, `read the log of pod "${pod}" in namespace "${namespace}"`, call);
  }
}

function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}

function listing(namespace: string): string {
  return `list pods in namespace "${namespace}"`;
}
