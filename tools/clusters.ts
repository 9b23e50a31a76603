import { z } from "zod";
import type { Authorizer } from "./authorizer.ts";

/** The clusters that tools may ask, by the names of their contexts in the kubeconfig. */
export interface Clusters {
  /** At least one, each once. */
  readonly names: readonly string[];
  /** The one of `names` that a call asks where it leaves the argument `cluster` out. */
  readonly default: string;
}

/**
 * The authorizer of the tools that are built for one cluster: whatever they ask of it is asked of a call to that
 * cluster, also for stand-ins that do not take `cluster`. A role for a namespace of this cluster, and another for all of a
 * second cluster, would otherwise each allow half of a call.
 */
export function authorizerIn(cluster: string, authorizer: Authorizer): Authorizer {
  // To make a schema takes longer than to decide, and a list asks about each of its entries.
  const inputs = new WeakMap<z.ZodObject, z.ZodObject>();

  function withCluster(input: z.ZodObject): z.ZodObject {
    const known = inputs.get(input) ?? z.object({ ...input.shape, cluster: z.string() });
    inputs.set(input, known);
    return known;
  }

  return {
    ...authorizer,
    authorize: ({ principal, tool: { name, effect, input }, args }) =>
      authorizer.authorize({
        principal,
        tool: { name, effect, input: withCluster(input) },
        args: args && { ...args, cluster },
      }),
  };
}
