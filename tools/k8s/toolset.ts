import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { k8sCanI } from "./can_i.ts";
import { k8sDescribePod } from "./describe_pod.ts";
import { k8sEvents } from "./events.ts";
import { k8sGet } from "./get.ts";
import { k8sList } from "./list.ts";
import { k8sNamespaces } from "./namespaces.ts";
import { k8sNodes } from "./nodes.ts";
import { k8sResourceUsage } from "./resource_usage.ts";
import { k8sRollout } from "./rollout.ts";
import { k8sWorkloads } from "./workloads.ts";

/** Toolset `k8s`: any kind of a cluster's objects, read. */
export function clusterTools({ cluster, prometheus, authorizer }: ToolsetOptions): readonly Tool[] {
  return [
    k8sList(cluster),
    k8sGet(cluster),
    k8sEvents(cluster),
    k8sDescribePod(cluster),
    k8sWorkloads(cluster),
    k8sRollout(cluster),
    k8sResourceUsage(cluster, prometheus),
    k8sNodes(cluster, authorizer),
    k8sNamespaces(cluster, authorizer),
    k8sCanI(cluster),
  ];
}
