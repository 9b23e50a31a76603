import { type Authorizer, openAuthorizer } from "../authorizer.ts";
import type { Principal } from "../call_context.ts";
import { createPolicyAuthorizer } from "./authorizer.ts";
import { BUILT_IN_POLICY } from "./built_in.ts";
import type { Policy } from "./policy.ts";

/**
 * The authorizer that the settings ask for: by the policy where there is one; else everyone may do all where nobody is
 * asked who they are, and the built-in roles hold where callers are known.
 */
export function selectAuthorizer(authMode: Principal["authMethod"], policy: Policy | undefined): Authorizer {
  if (policy) return createPolicyAuthorizer(policy);
  return authMode === "none" ? openAuthorizer : createPolicyAuthorizer(BUILT_IN_POLICY);
}
