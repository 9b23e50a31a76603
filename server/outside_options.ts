import type { Clusters } from "../tools/clusters.ts";
import type { OutsideOptions } from "../tools/outside.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";

/** How the settings have the systems behind the tools opened. */
export function outsideOptions(settings: Settings, clusters: Clusters | undefined, log: Log): OutsideOptions {
  return {
    ...{ cluster: settings, clusters, loki: settings, watch: settings.KUBE_WATCH_CACHE, log },
    impersonate: settings.KUBE_IMPERSONATE ? { prefix: settings.KUBE_IMPERSONATE_PREFIX ?? "" } : undefined,
    prometheusUrl: settings.PROMETHEUS_URL,
    runbookDir: settings.RUNBOOK_DIR ?? `${import.meta.dirname}/../runbooks`,
  };
}
