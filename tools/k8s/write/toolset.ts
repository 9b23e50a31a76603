import type { ToolsetOptions } from "../../catalogue.ts";
import type { Tool } from "../../tool.ts";
import { k8sCordon } from "./cordon.ts";
import { k8sRolloutRestart } from "./rollout_restart.ts";
import { k8sScale } from "./scale.ts";

/** Toolset `k8s-write`: each change is a dry run first, and is made only as it was confirmed. */
export function clusterWriteTools(
  { cluster, clusterName, authorizer, clock, writeConfirm = "digest" }: ToolsetOptions,
): readonly Tool[] {
  const confirming = { by: writeConfirm, cluster: clusterName };
  return [
    k8sRolloutRestart(cluster, clock, confirming),
    k8sScale(cluster, confirming),
    k8sCordon({ cluster, authorizer, confirming }, true),
    k8sCordon({ cluster, authorizer, confirming }, false),
  ];
}
