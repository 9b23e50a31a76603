import type { AccessedTool } from "../authorizer.ts";
import type { Clusters } from "../clusters.ts";
import { compileGlobs } from "./glob.ts";
import type { Arguments } from "./namespace.ts";

/** Which of the server's clusters a role is for. */
export interface ClusterRule {
  /** As the policy has them. */
  readonly entries: readonly string[];
  readonly isForAll: boolean;
  readonly isForNone: boolean;
  allows(args: Arguments): boolean;
}

/** Whether rules of clusters bind the tool: whether it has an argument of that name. */
export function takesCluster({ input }: AccessedTool): boolean {
  return Object.hasOwn(input.shape, "cluster");
}

/** @param globs a role's `clusters`: one without them is for the default alone */
export function compileClusterRule(clusters: Clusters, globs: readonly string[] | undefined): ClusterRule {
  const isMeant = globs ? compileGlobs(globs) : (name: string) => name === clusters.default;
  const meant = new Set<unknown>(clusters.names.filter(isMeant));
  return {
    entries: globs ?? [clusters.default],
    isForAll: meant.size === clusters.names.length,
    isForNone: meant.size === 0,
    // Left out it is the default, so that leaving it out evades nothing.
    allows: ({ cluster = clusters.default }) => meant.has(cluster),
  };
}
