import type { Authorizer } from "../../tools/authorizer.ts";
import type { Principal } from "../../tools/call_context.ts";
import type { Access } from "./access.ts";
import type { Denial } from "./challenge.ts";

/** Refuses a door to whom the policy does not open it; what a call may do is for the call path to decide. */
export function refuseDoor(
  authorizer: Pick<Authorizer, "mayEnter">,
  principal: Principal,
  access: Access,
): Denial | undefined {
  if (access === "open" || access === "glance" || access === "call") return undefined;
  const decision = authorizer.mayEnter(principal, access);
  if (decision.allowed) return undefined;
  return {
    status: 403,
    kind: "forbidden",
    message: `${principal.name} has no right to the door "${access}": ${decision.reason}`,
    hint: "Ask the operator for a role that has it",
    rule: decision.rule,
  };
}
