import { z } from "zod";
import type { AccessedTool, Authorizer } from "../../authorizer.ts";
import type { Principal } from "../../call_context.ts";
import { ToolError } from "../../error.ts";
import { defineTool } from "../../tool.ts";
import type { Cluster } from "../cluster.ts";
import { NODE } from "../known_kinds.ts";
import { namespaceName } from "../namespace.ts";
import type { Confirming } from "./ask_first.ts";
import { memberOf } from "./member.ts";
import { changeOutput, confirmInput, inTwoPhases, printChange } from "./two_phases.ts";
import { dnsName } from "./workload_input.ts";

/** `k8s.cordon` and `k8s.uncordon`: whether new pods may be put on a node. */
export function k8sCordon(
  { cluster, authorizer, confirming }: {
    readonly cluster: Pick<Cluster, "changes">;
    readonly authorizer: Pick<Authorizer, "authorize">;
    readonly confirming: Confirming;
  },
  isCordon: boolean,
) {
  const name = isCordon ? "k8s.cordon" : "k8s.uncordon";
  return defineTool({
    name,
    toolset: "k8s-write",
    summary: isCordon ? "Keep new pods off a node" : "Let new pods onto a node",
    description: `${isCordon ? "Keeps new pods off a node; those on it stay." : "Lets new pods onto a node again."} ` +
      "Without confirm a dry run; call again with its confirm to do it. conflict: the node changed meanwhile.",
    input: z.strictObject({ node: dnsName.describe("Name of the node"), ...confirmInput }),
    output: changeOutput,
    effect: "outside",
    idempotent: true,
    openWorld: true,
    untrusted: "an object of the cluster",
    print: printChange,
    async run({ node, confirm }, call) {
      requireEveryNamespace(authorizer, call.principal, name);
      return await inTwoPhases(
        cluster.changes,
        {
          target: { kind: NODE, name: node },
          // The API leaves a false out, and null takes the member away.
          patch: { spec: { unschedulable: isCordon ? true : null } },
          fields: [{
            field: "unschedulable",
            of: (object) => memberOf(object, "spec", "unschedulable") ?? false,
          }],
        },
        { confirm, ...confirming },
        call,
      );
    },
  });
}

/**
 * A node is of every namespace: the tool takes none, but its stand-in does, so that the policy's rules of namespaces bind
 * it too.
 */
function requireEveryNamespace(authorizer: Pick<Authorizer, "authorize">, principal: Principal, name: string): void {
  const tool: AccessedTool = { name, effect: "outside", input: z.object({ namespace: namespaceName.optional() }) };
  if (authorizer.authorize({ principal, tool, args: {} }).allowed) return;
  throw new ToolError("forbidden", `${principal.name} may not call ${name}: a node is of every namespace`, {
    hint: "Ask the operator for a role with every namespace",
    data: { rule: "namespaces" },
  });
}
