import { z } from "zod";
import type { AccessedTool, Authorizer } from "../authorizer.ts";
import type { Principal } from "../call_context.ts";
import { ToolError } from "../error.ts";
import { namespaceName } from "./namespace.ts";

const STAND_IN_INPUT = z.object({ namespace: namespaceName.optional() });

/**
 * Whether a tool that reaches beyond namespaces may show a caller what is in one, or, without one, in the whole cluster.
 * The tool takes no namespace; its stand-in does, so that the policy's rules of namespaces bind it too.
 */
export function mayReach(
  authorizer: Pick<Authorizer, "authorize">,
  principal: Principal,
  name: string,
  namespace?: string,
): boolean {
  const tool: AccessedTool = { name, effect: "read", input: STAND_IN_INPUT };
  return authorizer.authorize({ principal, tool, args: namespace === undefined ? {} : { namespace } }).allowed;
}

/** @throws {ToolError} `forbidden` for a caller whose roles are bound to some namespaces. */
export function requireWholeCluster(
  authorizer: Pick<Authorizer, "authorize">,
  principal: Principal,
  name: string,
): void {
  if (mayReach(authorizer, principal, name)) return;
  throw new ToolError("forbidden", `${principal.name} may not call ${name}: it shows the whole cluster`, {
    hint: "Ask the operator for a role with every namespace; k8s.workloads and k8s.list show one namespace",
    data: { rule: "namespaces" },
  });
}
