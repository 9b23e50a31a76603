import type { ToolsetOptions } from "../../catalogue.ts";
import type { Tool } from "../../tool.ts";
import { k8sCordon } from "./cordon.ts";
import { k8sRolloutRestart } from "./rollout_restart.ts";
import { k8sScale } from "./scale.ts";

/** Toolset `k8s-write`: each change is a dry run first, and is made only as it was confirmed. */
export function clusterWriteTools({ cluster, authorizer, clock }: ToolsetOptions): readonly Tool[] {
  return [
    k8sRolloutRestart(cluster, clock),
    k8sScale(cluster),
    k8sCordon(cluster, authorizer, true),
    k8sCordon(cluster, authorizer, false),
  ];
}
