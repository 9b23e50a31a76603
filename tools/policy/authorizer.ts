import type { AccessDecision, AccessedTool, Authorizer, Denial } from "../authorizer.ts";
import type { Principal } from "../call_context.ts";
import { takesCluster } from "./cluster.ts";
import { printEntries } from "./constraint.ts";
import { takesNamespace } from "./namespace.ts";
import type { Policy } from "./policy.ts";
import type { Role } from "./role.ts";
import { ruleOn, type Ruling } from "./ruling.ts";

/** Sets of roles whose rulings are kept at once: each real one is a handful of roles that callers have together. */
const ROLE_SETS_MAX = 1000;
/** Of a role's name that a credential brings. */
const ROLE_CHARS_MAX = 64;

/** Callers with the same roles: what is worked out for one of them holds for all. */
interface RoleSet {
  readonly roles: readonly Role[];
  readonly rulings: Map<string, Ruling>;
}

/** What a principal is to the policy. */
interface Standing {
  /** `undefined`: no role, and so no right. */
  readonly roleSet: RoleSet | undefined;
  readonly noRole: Denial;
}

/**
 * Decides by a policy. What can be worked out for a tool and a set of roles is worked out once, and a principal is
 * looked up once as long as it is the same object: most calls then cost two look-ups.
 */
export function createPolicyAuthorizer(policy: Policy): Authorizer {
  const standings = new WeakMap<Principal, Standing>();
  const roleSets = new Map<string, RoleSet>();

  function standingOf(principal: Principal): Standing {
    const known = standings.get(principal);
    if (known) return known;
    const { roles, unknown } = policy.rolesOf(principal);
    const standing = { roleSet: roles.length > 0 ? roleSetOf(roles) : undefined, noRole: noRole(unknown) };
    standings.set(principal, standing);
    return standing;
  }

  function roleSetOf(roles: readonly Role[]): RoleSet {
    const key = roles.map(({ name }) => name).join(" "); // A name has no space.
    const known = roleSets.get(key);
    if (known) return known;
    if (roleSets.size >= ROLE_SETS_MAX) roleSets.clear();
    const roleSet = { roles, rulings: new Map<string, Ruling>() };
    roleSets.set(key, roleSet);
    return roleSet;
  }

  function rulingOf({ roles, rulings }: RoleSet, tool: AccessedTool): Ruling {
    // A tool's stand-in has its name, and may take a namespace or a cluster where it does not.
    const key = tool.name + (takesNamespace(tool) ? " in a namespace" : "") +
      (takesCluster(tool) ? " of a cluster" : "");
    const known = rulings.get(key);
    if (known) return known;
    const ruling = ruleOn(policy, roles, tool);
    rulings.set(key, ruling);
    return ruling;
  }

  return {
    authorize({ principal, tool, args }): AccessDecision {
      const { roleSet, noRole } = standingOf(principal);
      if (!roleSet) return noRole;
      const ruling = rulingOf(roleSet, tool);
      return args ? ruling.of(args) : ruling.ofTool;
    },
    mayList(principal, tool) {
      const { roleSet } = standingOf(principal);
      return roleSet !== undefined && rulingOf(roleSet, tool).ofTool.allowed;
    },
    mayEnter(principal, door): AccessDecision {
      const { roleSet, noRole } = standingOf(principal);
      if (!roleSet) return noRole;
      const rightful = roleSet.roles.find(({ doors }) => doors.has(door));
      if (rightful) return { allowed: true, rule: `${rightful.name}.doors`, limits: {} };
      const [first] = roleSet.roles;
      return { allowed: false, rule: `${first?.name}.doors`, reason: `role "${first?.name}" does not have this door` };
    },
  };
}

/** A principal without a role has no right. Roles that the policy does not know may be a slip in either. */
function noRole(unknown: readonly string[]): Denial {
  const words = unknown.length > 0
    ? `: ${printEntries(unknown.map((role) => role.slice(0, ROLE_CHARS_MAX).toWellFormed()))} is not in the policy`
    : "";
  return { allowed: false, rule: "no role", reason: `no role${words}` };
}
