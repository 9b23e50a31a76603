import type { ObjectKind } from "./objects.ts";

function known(kind: string, group: string, namespaced = true): ObjectKind {
  const singular = kind.toLowerCase();
  return { kind, group, version: "v1", plural: `${singular}s`, singular, shortNames: [], namespaced };
}

/** Kinds that every cluster has: they need no discovery. */
export const POD = known("Pod", "");
export const EVENT = known("Event", "");
export const NODE = known("Node", "", false);
export const NAMESPACE = known("Namespace", "", false);
export const DEPLOYMENT = known("Deployment", "apps");
export const REPLICA_SET = known("ReplicaSet", "apps");
export const STATEFUL_SET = known("StatefulSet", "apps");
export const DAEMON_SET = known("DaemonSet", "apps");
export const CONTROLLER_REVISION = known("ControllerRevision", "apps");
export const JOB = known("Job", "batch");

/** Usage of pods as the metrics API tells it, in clusters that have one. */
export const POD_METRICS: ObjectKind = {
  ...known("PodMetrics", "metrics.k8s.io"),
  version: "v1beta1",
  plural: "pods",
  singular: "pod",
};
