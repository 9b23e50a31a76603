import type { Principal } from "./call_context.ts";
import type { Tool } from "./tool.ts";

/** What of a tool decides who may call it: a tool of the catalogue, by the name that it has there. */
export type AccessedTool = Pick<Tool, "name" | "effect" | "input">;

/** A call to be allowed or not. */
export interface AccessRequest {
  readonly principal: Principal;
  readonly tool: AccessedTool;
  /**
   * The arguments as the tool will get them, defaults filled in. `undefined` where they are not valid: then it is only
   * decided whether any call of the tool could be allowed.
   */
  readonly args: Readonly<Record<string, unknown>> | undefined;
}

/** What an allowed call may use; what is left out is the server's setting. */
export interface CallLimits {
  /** Calls of this tool a minute; 0 = no limit. */
  readonly callsPerMinute?: number;
  /** Estimated tokens of results an hour, over all tools; 0 = no budget. */
  readonly tokensPerHour?: number;
}

/** A call that may be made, by the rule that says so. */
export interface Allowance {
  readonly allowed: true;
  readonly rule: string;
  readonly limits: CallLimits;
}

/** A call that may not be made, by the rule that says so. */
export interface Denial {
  readonly allowed: false;
  readonly rule: string;
  /** What the rule says, in words that complete "… may not call …: ". */
  readonly reason: string;
}

/** A decision and the rule that made it, for the caller and the auditor. */
export type AccessDecision = Allowance | Denial;

/** Routes that a right is needed for beside that to call tools. */
export type Door = "dashboard" | "metrics" | "lab" | "audit";

/** Says who may call what. */
export interface Authorizer {
  authorize(request: AccessRequest): AccessDecision;
  /** Whether the principal may see the tool in a list: whether any call of it could be allowed. */
  mayList(principal: Principal, tool: AccessedTool): boolean;
  /** Whether the principal may use a door. */
  mayEnter(principal: Principal, door: Door): AccessDecision;
}

const OPEN = { allowed: true, rule: "open", limits: {} } as const;

/** The guide's open lab: everyone may call everything. */
export const openAuthorizer: Authorizer = {
  authorize: () => OPEN,
  mayList: () => true,
  mayEnter: () => OPEN,
};
