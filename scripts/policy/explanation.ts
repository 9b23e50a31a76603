import type { OpenedPolicy } from "../../server/auth/open_policy.ts";
import type { Settings } from "../../server/settings.ts";
import type { ReadArguments } from "../../tools/arguments.ts";
import type { AccessDecision } from "../../tools/authorizer.ts";
import type { Principal } from "../../tools/call_context.ts";
import type { Tool } from "../../tools/tool.ts";

interface Limit {
  /** 0 = no limit. */
  readonly value: number;
  /** The setting, or the member of the policy, that sets it. */
  readonly rule: string;
}

/** A decision with all that led to it, as `--json` prints it. */
export interface Explanation {
  readonly allowed: boolean;
  readonly rule: string;
  /** Why not; where it is allowed, none. */
  readonly reason?: string;
  readonly principal: string;
  readonly tool: string;
  /** As the tool would get them, defaults filled in; none where they are not valid. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** What is wrong with the arguments: then the tool alone was decided. */
  readonly invalidArguments?: string;
  /** The policy's roles that the caller has, in its order. */
  readonly roles: readonly string[];
  /** Roles of the credential that the policy does not know. */
  readonly unknownRoles: readonly string[];
  readonly policy: string;
  /** What the call may use, where it is allowed. */
  readonly limits?: Readonly<Record<string, Limit>>;
}

export interface Explained {
  readonly opened: OpenedPolicy;
  readonly settings: Settings;
  readonly principal: Principal;
  readonly tool: Tool;
  readonly decision: AccessDecision;
  readonly read: ReadArguments;
}

export function explanationOf({ opened, settings, principal, tool, decision, read }: Explained): Explanation {
  const { roles, unknown } = opened.policy?.rolesOf(principal) ?? { roles: [], unknown: [] };
  return {
    allowed: decision.allowed,
    rule: decision.rule,
    ...(!decision.allowed && { reason: decision.reason }),
    principal: principal.name,
    tool: tool.name,
    ...(read.refusal ? { invalidArguments: read.refusal.message } : { args: read.args }),
    roles: roles.map(({ name }) => name),
    unknownRoles: unknown,
    policy: policyName(opened, settings),
    ...(decision.allowed && { limits: limitsOf(decision, settings) }),
  };
}

function policyName({ policy }: OpenedPolicy, { POLICY_FILE }: Settings): string {
  return POLICY_FILE ?? (policy ? "the built-in policy" : "none, since AUTH_MODE=none and POLICY_FILE is not set");
}

function limitsOf({ rule, limits }: Extract<AccessDecision, { readonly allowed: true }>, settings: Settings) {
  const { callsPerMinute, tokensPerHour } = limits;
  return {
    callsPerMinute: callsPerMinute === undefined
      ? { value: settings.RATE_LIMIT_PER_MINUTE, rule: "RATE_LIMIT_PER_MINUTE" }
      : { value: callsPerMinute, rule: `${rule}.callsPerMinute` },
    callsOfPrincipalPerMinute: {
      value: settings.RATE_LIMIT_PRINCIPAL_PER_MINUTE,
      rule: "RATE_LIMIT_PRINCIPAL_PER_MINUTE",
    },
    callsOfToolPerMinute: { value: settings.RATE_LIMIT_TOOL_PER_MINUTE, rule: "RATE_LIMIT_TOOL_PER_MINUTE" },
    tokensPerHour: { value: tokensPerHour ?? 0, rule: `${rule}.tokensPerHour` },
  };
}

/** The limits in words. */
const UNITS: Readonly<Record<string, string>> = {
  callsPerMinute: "calls a minute of this tool",
  callsOfPrincipalPerMinute: "calls a minute of all tools",
  callsOfToolPerMinute: "calls a minute of this tool by all callers",
  tokensPerHour: "tokens of results an hour",
};

export function printExplanation(explanation: Explanation): string {
  const { allowed, rule, reason, principal, tool, roles, unknownRoles, policy, invalidArguments, limits = {} } =
    explanation;
  const real = Object.entries(limits).filter(([, { value }]) => value > 0)
    .map(([name, limit]) => `${limit.value} ${UNITS[name]} (${limit.rule})`);
  return [
    allowed ? `${principal} may call ${tool}` : `${principal} may not call ${tool}: ${reason}`,
    `  rule    ${rule}`,
    `  roles   ${roles.join(", ") || "none"}`,
    ...(unknownRoles.length > 0 ? [`  unknown ${unknownRoles.join(", ")}`] : []),
    `  policy  ${policy}`,
    ...(allowed ? [`  limits  ${real.join(", ") || "none"}`] : []),
    ...(invalidArguments === undefined ? [] : [`${invalidArguments}: the tool alone decided`]),
  ].join("\n");
}
