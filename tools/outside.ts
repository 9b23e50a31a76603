import type { Cluster } from "./k8s/cluster.ts";
import { type ClusterEnvironment, type ClusterSource, findClusterSource } from "./k8s/cluster_source.ts";
import { clusterNotConfigured } from "./k8s/not_configured.ts";
import { openPrometheus, type Prometheus, prometheusNotConfigured } from "./prom/prometheus.ts";
import { openRunbookLibrary, type RunbookLibrary } from "./runbook/library.ts";

/** The systems that tools ask, beyond this server's stores. */
export interface Outside extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly prometheus: Prometheus;
  readonly runbooks: RunbookLibrary;
}

export interface OutsideOptions {
  readonly cluster: ClusterEnvironment;
  readonly prometheusUrl: string | undefined;
  readonly runbookDir: string;
}

/** Opens what is configured; the Kubernetes library is loaded only where there is a cluster. */
export async function openOutside({ cluster, prometheusUrl, runbookDir }: OutsideOptions): Promise<Outside> {
  const source = findClusterSource(cluster, isFile);
  const opened = source ? await openCluster(source) : clusterNotConfigured();
  return {
    cluster: opened,
    prometheus: prometheusUrl === undefined ? prometheusNotConfigured() : openPrometheus(prometheusUrl),
    runbooks: openRunbookLibrary(runbookDir),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

async function openCluster(source: ClusterSource): Promise<Cluster> {
  const { openKubernetesCluster } = await import("./k8s/kubernetes_cluster.ts");
  const cluster = openKubernetesCluster(source);
  // In the background, so that the first call need not wait for the library; that call says what is wrong, if it is.
  cluster.warm().catch(() => {});
  return cluster;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
