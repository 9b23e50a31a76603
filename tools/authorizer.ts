import type { Principal } from "./call_context.ts";

/** A call to be allowed or not, before its arguments are validated. */
export interface AccessRequest {
  readonly principal: Principal;
  /** A tool of the catalogue. */
  readonly tool: string;
  /** The argument `namespace` as it came; `undefined` where the call names none. */
  readonly namespace: string | undefined;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A decision and the rule that made it. */
export interface AccessDecision {
  readonly allowed: boolean;
  /** Name of the rule, for the refused caller and the auditor. */
  readonly rule: string;
}

/** Says who may call what. */
export interface Authorizer {
  authorize(request: AccessRequest): AccessDecision;
  /** Whether the principal may see the tool in a list: whether any call of it could be allowed. */
  mayList(principal: Principal, tool: string): boolean;
}

/** The guide's open lab: everyone may call everything. */
export const openAuthorizer: Authorizer = {
  authorize: () => ({ allowed: true, rule: "open" }),
  mayList: () => true,
};
