import type { AccessDecision, AccessedTool, Denial } from "../authorizer.ts";
import { type Arguments } from "./namespace.ts";
import type { Policy } from "./policy.ts";
import type { Grant, Objection, Role } from "./role.ts";

/** What a policy says of one tool to those who have the same roles. */
export interface Ruling {
  /** Whether any call could be allowed, as far as the tool alone tells. */
  readonly ofTool: AccessDecision;
  /** The decision on a call. */
  of(args: Arguments): AccessDecision;
}

/**
 * Works out what can be told without the arguments, which for most tools is all there is. A policy's `deny` comes
 * first; then one role must allow the call wholly.
 *
 * @param roles at least one, in the policy's order
 */
export function ruleOn(policy: Policy, roles: readonly Role[], tool: AccessedTool): Ruling {
  if (policy.readOnly && tool.effect !== "read") return always(READ_ONLY);
  const denials: { readonly denial: Denial; readonly denies: (args: Arguments) => boolean }[] = [];
  for (const rule of policy.deny) {
    const denied = rule.of(tool);
    if (denied === "all") return always(rule.denial);
    if (denied !== "none") denials.push({ denial: rule.denial, denies: denied });
  }
  const said = roles.map((role) => role.of(tool));
  const grants = said.filter((one): one is Grant => "allowance" in one);
  const [first] = grants;
  if (!first) return always(furthest(said.filter((one): one is Objection => "denial" in one)));
  if (denials.length === 0 && first.isWhole) return always(first.allowance);
  return {
    ofTool: first.allowance,
    of(args) {
      const denied = denials.find(({ denies }) => denies(args));
      if (denied) return denied.denial;
      const objections: Objection[] = [];
      for (const grant of grants) {
        const objection = grant.objectionTo(args);
        if (!objection) return grant.allowance;
        objections.push(objection);
      }
      return furthest(objections);
    },
  };
}

const READ_ONLY: Denial = { allowed: false, rule: "readOnly", reason: "nobody may change anything now" };

function always(decision: AccessDecision): Ruling {
  return { ofTool: decision, of: () => decision };
}

/** The one of the role that came closest to allow it; of several, the first in the policy's order. */
function furthest(objections: readonly Objection[]): Denial {
  return objections.reduce((best, one) => one.step > best.step ? one : best).denial;
}
