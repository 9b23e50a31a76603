import type { JsonObject } from "../../../storage/json.ts";
import type { ClusterCall } from "../cluster.ts";
import type { ObjectJson, ObjectRef } from "../objects.ts";

/** What is changed: an object, or its scale alone, for which less right is needed. */
export interface ChangeTarget extends ObjectRef {
  readonly subresource?: "scale";
}

/**
 * Changes of a cluster's objects, under the identity that `Cluster` has and with its errors. Each right is reviewed
 * before its first use.
 */
export interface ClusterChanges {
  /** As it is now, of no cache. */
  read(target: ChangeTarget, call: ClusterCall): Promise<ObjectJson>;
  /**
   * Merges a patch into an object, sent once. With the object's `metadata.uid` and `resourceVersion` in it, it is for the
   * object as it was read and no other.
   *
   * @param dryRun the cluster does all but keep it
   * @returns the object as it is then, or would be.
   * @throws {ToolError} `conflict` where the object is not as the patch says; `unavailable` with `reason`
   * `outcome_unknown` where nobody knows whether it was changed.
   */
  patch(
    target: ChangeTarget,
    patch: JsonObject,
    options: { readonly dryRun: boolean },
    call: ClusterCall,
  ): Promise<ObjectJson>;
}

/** `deployment "web" in namespace "shop"` */
export function targetWords({ kind, namespace, name }: ChangeTarget): string {
  return `${kind.singular} "${name}"${namespace === undefined ? "" : ` in namespace "${namespace}"`}`;
}
