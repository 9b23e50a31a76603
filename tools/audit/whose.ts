import { z } from "zod";
import type { Authorizer } from "../authorizer.ts";
import type { Principal } from "../call_context.ts";
import { ToolError } from "../error.ts";

/** A caller sees its own records; whoever may enter the door `audit` sees all. */
export const principalInput = z.string().min(1).max(256).optional()
  .describe("Whose calls; default your own, for an auditor all");

/**
 * Whose records a caller gets.
 *
 * @returns a principal's name; `undefined` = everyone's
 * @throws {ToolError} `forbidden` for another's records without the right to the audit log
 */
export function whoseRecords(
  principal: Principal,
  asked: string | undefined,
  authorizer: Pick<Authorizer, "mayEnter">,
): string | undefined {
  const decision = authorizer.mayEnter(principal, "audit");
  if (decision.allowed) return asked;
  if (asked === undefined || asked === principal.name) return principal.name;
  throw new ToolError("forbidden", `${principal.name} may not read the records of others: ${decision.reason}`, {
    hint: "Leave principal out for your own records, or ask the operator for a role with the door audit",
    data: { rule: decision.rule },
  });
}
