import type { z } from "zod";
import type { AccessRight, Verdict } from "./access_review.ts";
import type { ClusterCall } from "./cluster.ts";

/** A kind of objects that the cluster knows. */
export interface ObjectKind {
  /** `Deployment` */
  readonly kind: string;
  /** `apps`; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** As paths and rights name it: `deployments`. */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** Whether its objects are in namespaces. */
  readonly namespaced: boolean;
}

/** A kind as a caller names it. */
export interface KindWanted {
  /** Kind, plural, singular or short name, in any case; `deployments.apps` names the group too. */
  readonly kind: string;
  readonly group?: string | undefined;
  readonly version?: string | undefined;
}

export interface ObjectQuery {
  readonly kind: ObjectKind;
  /** All namespaces where left out. */
  readonly namespace?: string | undefined;
  /** A label selector. */
  readonly labels?: string | undefined;
  /** A field selector. */
  readonly fields?: string | undefined;
}

export interface ObjectRef {
  readonly kind: ObjectKind;
  /** Left out for a kind that is in none. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What every list says of its whole. */
export interface ListedWhole {
  /** Whether there are more objects than are read. */
  readonly more: boolean;
  /** What the caller should know beside the answer, in sentences. */
  readonly warnings: readonly string[];
  /** Seconds since it was read; 0 for what was read for this call. */
  readonly ageSeconds: number;
}

/** Objects as `kubectl get` prints them. */
export interface ObjectTable extends ListedWhole {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly namespace: string | undefined; readonly cells: readonly string[] }[];
}

export interface ObjectList<T> extends ListedWhole {
  readonly items: readonly T[];
}

/** An object's JSON, without what is never shown: the data of a Secret, and what only machines read. */
export type ObjectJson = { readonly [member: string]: unknown };

/**
 * A cluster's objects of any kind, read under the identity and the rights that `Cluster` has, and with its errors: also
 * `not_found` for a kind or an object that there is not, with the near ones, and `invalid_params` for a kind that is
 * ambiguous and for a selector that the API refuses.
 *
 * Lists are read to their end, or to a bound. One that was read lately by the same identity is given again, and is read
 * anew meanwhile; `ageSeconds` says how old it is.
 */
export interface ClusterObjects {
  findKind(wanted: KindWanted, call: ClusterCall): Promise<ObjectKind>;
  listTable(query: ObjectQuery, call: ClusterCall): Promise<ObjectTable>;
  /** @param schema what is kept of each object */
  listObjects<T>(query: ObjectQuery, schema: z.ZodType<T>, call: ClusterCall): Promise<ObjectList<T>>;
  getObject(ref: ObjectRef, call: ClusterCall): Promise<ObjectJson>;
  /** Asks the cluster now what it will allow, and whom it is asked as. */
  review(
    right: AccessRight,
    call: ClusterCall,
  ): Promise<{ readonly verdict: Verdict; readonly user?: string | undefined }>;
}
