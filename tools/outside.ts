import type { Clusters } from "./clusters.ts";
import type { Cluster } from "./k8s/cluster.ts";
import { type ClusterEnvironment, type ClusterSource, findClusterSource, inContext } from "./k8s/cluster_source.ts";
import type { OpenedClusters } from "./k8s/in_clusters.ts";
import type { KubernetesClusterOptions } from "./k8s/kubernetes_cluster.ts";
import type { Impersonation } from "./k8s/identity.ts";
import { clusterNotConfigured } from "./k8s/not_configured.ts";
import type { PodWatchState } from "./k8s/watch/pod_watch.ts";
import type { WatchChoice } from "./k8s/watch/pod_watches.ts";
import type { Loki } from "./logs/loki/loki.ts";
import { openPrometheus, type Prometheus, prometheusNotConfigured } from "./prom/prometheus.ts";
import { openRunbookLibrary, type RunbookLibrary } from "./runbook/library.ts";

/** The systems that tools ask, beyond this server's stores. */
export interface Outside extends AsyncDisposable {
  /** The only one, or the default one of `clusters`. */
  readonly cluster: Cluster;
  /** Those that tools may ask by name; the one without a name where left out. */
  readonly clusters?: OpenedClusters | undefined;
  readonly prometheus: Prometheus;
  /** `undefined` where none is configured: logs are the cluster's then. */
  readonly loki: Loki | undefined;
  readonly runbooks: RunbookLibrary;
  /** How the watches of the cluster's pods are doing. */
  watches(): readonly PodWatchState[];
  /**
   * Loads what the first call of a cluster would have to wait for, where one is configured: a moment later, since that
   * takes the processor for a good while, which the server's first calls need more.
   */
  warm(): void;
}

const WARM_AFTER_MS = 1000;

export interface OutsideOptions {
  readonly cluster: ClusterEnvironment;
  /** Contexts of `KUBECONFIG` that tools may ask by name; the current one, without a name, where left out. */
  readonly clusters?: Clusters | undefined;
  /** Asks the cluster as the caller of each tool; as the server's own account where left out. */
  readonly impersonate?: Impersonation | undefined;
  /** Namespaces whose pods are watched; none where left out. */
  readonly watch?: WatchChoice | undefined;
  /** Told, in words for an operator, of what does not come about; nobody is where left out. */
  readonly log?: { warn(message: string): void };
  readonly prometheusUrl: string | undefined;
  /** No Loki where left out. */
  readonly loki?: LokiEnvironment;
  readonly runbookDir: string;
}

/** The same systems, with something around each cluster. @param around is given the name of one of several */
export function aroundClusters(
  { cluster, clusters }: Outside,
  around: (cluster: Cluster, name: string | undefined) => Cluster,
): Pick<Outside, "cluster" | "clusters"> {
  if (!clusters) return { cluster: around(cluster, undefined) };
  const byName = new Map([...clusters.byName].map(([name, one]) => [name, around(one, name)] as const));
  return { cluster: byName.get(clusters.default) ?? cluster, clusters: { ...clusters, byName } };
}

/** Which Loki to read logs from, as the settings name it. */
export interface LokiEnvironment {
  readonly LOKI_URL?: string | undefined;
  readonly LOKI_TENANT?: string | undefined;
}

/**
 * Opens what is configured; the Kubernetes library is loaded only where there is a cluster, and Loki's client where there is one.
 *
 * @throws {Error} for an impersonation that could never work.
 */
export async function openOutside(options: OutsideOptions): Promise<Outside> {
  const { cluster, clusters, impersonate, watch, log, prometheusUrl, loki = {}, runbookDir } = options;
  const source = findClusterSource(cluster);
  const warn = (message: string) => log?.warn(message);
  const opened = source && await openCluster(inContext(source, clusters?.default), { impersonate, watch, warn });
  const used = opened ?? clusterNotConfigured();
  const byName = new Map<string, Cluster>();
  for (const name of clusters?.names ?? []) {
    const isOpen = !source || name === clusters?.default;
    byName.set(name, isOpen ? used : await openCluster(inContext(source, name), { impersonate, warn }));
  }
  let warming: ReturnType<typeof setTimeout> | undefined;
  return {
    cluster: used,
    clusters: clusters && { ...clusters, byName },
    prometheus: prometheusUrl === undefined ? prometheusNotConfigured() : openPrometheus(prometheusUrl),
    loki: loki.LOKI_URL === undefined ? undefined : await openLokiAt(loki.LOKI_URL, loki.LOKI_TENANT),
    runbooks: openRunbookLibrary(runbookDir),
    watches: () => opened?.watches() ?? [],
    warm() {
      // What goes wrong is said by the first call.
      warming ??= opened && setTimeout(() => void opened.warm().catch(() => {}), WARM_AFTER_MS);
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(warming);
      await Promise.all([...new Set([used, ...byName.values()])].map((cluster) => cluster[Symbol.asyncDispose]()));
    },
  };
}

async function openLokiAt(url: string, tenant: string | undefined): Promise<Loki> {
  const { openLoki } = await import("./logs/loki/loki.ts");
  return openLoki(url, { tenant });
}

async function openCluster(source: ClusterSource, options: KubernetesClusterOptions) {
  const { openKubernetesCluster } = await import("./k8s/kubernetes_cluster.ts");
  return openKubernetesCluster(source, options);
}
