import { z } from "zod";
import { ToolError } from "../error.ts";
import { defineTool } from "../tool.ts";
import type { AccessRight } from "./access_review.ts";
import type { Cluster, ClusterCall } from "./cluster.ts";
import { kindInput, objectName } from "./kind_input.ts";
import { namespaceName } from "./namespace.ts";

/** `k8s.can_i`: whether the cluster will allow something. */
export function k8sCanI(cluster: Pick<Cluster, "objects">) {
  return defineTool({
    name: "k8s.can_i",
    toolset: "k8s",
    summary: "Ask what the cluster allows",
    description:
      "Asks the cluster whether it allows a verb on a kind to whom this server asks it as: its own account, or " +
      "the caller where it impersonates. The whole cluster without namespace.",
    input: z.strictObject({
      verb: z.string().min(1).max(63).regex(
        /^[a-z]+$/,
        "Use a verb of RBAC: get, list, watch, create, patch, delete, …",
      )
        .describe("Verb: get, list, patch, delete, …"),
      ...kindInput,
      subresource: z.string().min(1).max(63).regex(/^[a-z]+$/, "Use a subresource: log, scale, exec, …").optional()
        .describe("log, scale, exec, …"),
      namespace: namespaceName.optional(),
      name: objectName.optional(),
    }),
    output: z.object({
      verdict: z.enum(["allowed", "denied", "unknown"]).describe("unknown: the cluster did not say"),
      who: z.string().optional().describe("As the cluster names it"),
      right: z.string().describe("What was asked"),
      reason: z.string().optional().describe("What the cluster says of it"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "reasons of the cluster",
    run: async ({ verb, kind, group, version, subresource, namespace, name }, call) => {
      const found = await resourceOf(cluster, { kind, group, version }, call);
      const resource = subresource === undefined ? found.resource : `${found.resource}/${subresource}`;
      const right: AccessRight = { verb, resource, group: found.group, namespace, name };
      const { verdict, user } = await cluster.objects.review(right, call);
      const what = found.group === "" ? resource : `${resource}.${found.group}`;
      const where = namespace === undefined ? "in the whole cluster" : `in namespace ${namespace}`;
      return {
        verdict: verdict.kind,
        ...(user !== undefined && { who: user }),
        right: `${verb} ${what}${name === undefined ? "" : ` ${name}`} ${where}`,
        ...(verdict.kind === "denied" && verdict.reason !== "" && { reason: verdict.reason }),
      };
    },
  });
}

/** RBAC knows also what the cluster does not have, or does not tell. */
async function resourceOf(
  cluster: Pick<Cluster, "objects">,
  wanted: { readonly kind: string; readonly group?: string | undefined; readonly version?: string | undefined },
  call: ClusterCall,
): Promise<{ readonly resource: string; readonly group: string }> {
  try {
    const { plural, group } = await cluster.objects.findKind(wanted, call);
    return { resource: plural, group };
  } catch (error) {
    if (!(error instanceof ToolError && error.kind === "not_found")) throw error;
    return { resource: wanted.kind.toLowerCase(), group: wanted.group ?? "" };
  }
}
