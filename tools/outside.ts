import type { Cluster } from "./k8s/cluster.ts";
import { type ClusterEnvironment, type ClusterSource, findClusterSource } from "./k8s/cluster_source.ts";
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
  readonly cluster: Cluster;
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
  const { cluster, impersonate, watch, log, prometheusUrl, loki = {}, runbookDir } = options;
  const source = findClusterSource(cluster, isFile);
  const opened = source
    ? await openCluster(source, { impersonate, watch, warn: (message) => log?.warn(message) })
    : undefined;
  const used = opened ?? clusterNotConfigured();
  let warming: ReturnType<typeof setTimeout> | undefined;
  return {
    cluster: used,
    prometheus: prometheusUrl === undefined ? prometheusNotConfigured() : openPrometheus(prometheusUrl),
    loki: loki.LOKI_URL === undefined ? undefined : await openLokiAt(loki.LOKI_URL, loki.LOKI_TENANT),
    runbooks: openRunbookLibrary(runbookDir),
    watches: () => opened?.watches() ?? [],
    warm() {
      // What goes wrong is said by the first call.
      warming ??= opened && setTimeout(() => void opened.warm().catch(() => {}), WARM_AFTER_MS);
    },
    [Symbol.asyncDispose]() {
      clearTimeout(warming);
      return used[Symbol.asyncDispose]();
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

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
