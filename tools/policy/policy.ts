import type { Principal } from "../call_context.ts";
import type { Clusters } from "../clusters.ts";
import { compileDenyRule, type DenyRule } from "./deny.ts";
import type { CompilePattern } from "./pattern.ts";
import { compileRole, type Role } from "./role.ts";
import type { PolicyDocument } from "./schema.ts";

/** A policy, compiled: who may call what. */
export interface Policy {
  /** As it stands in its file. */
  readonly document: PolicyDocument;
  /** Those that its roles were held against; `undefined` where the server asks one alone. */
  readonly clusters: Clusters | undefined;
  readonly readOnly: boolean;
  readonly deny: readonly DenyRule[];
  /** In the policy's order, which says whose limits hold. */
  readonly roles: readonly Role[];
  /** The roles that a principal has. */
  rolesOf(principal: Principal): PrincipalRoles;
}

/** A principal's roles in the policy's order. */
export interface PrincipalRoles {
  readonly roles: readonly Role[];
  /** Roles that its credential gives it and the policy does not know. */
  readonly unknown: readonly string[];
}

/**
 * Compiles a policy that is valid.
 *
 * @param compilePattern for the patterns of its argument constraints
 * @param clusters those of the server; left out where it asks one alone
 */
export function compilePolicy(document: PolicyDocument, compilePattern: CompilePattern, clusters?: Clusters): Policy {
  const roles = Object.entries(document.roles).map(([name, role]) => compileRole(name, role, compilePattern, clusters));
  const known = new Set(roles.map(({ name }) => name));
  const named = (names: ReadonlySet<string>) => roles.filter(({ name }) => names.has(name));
  const principals = new Map(Object.entries(document.principals ?? {}));
  const groups = new Map(Object.entries(document.groups ?? {}));
  const otherwise = named(new Set(document.default));
  return {
    document,
    clusters,
    readOnly: document.readOnly ?? false,
    deny: (document.deny ?? []).map(compileDenyRule),
    roles,
    rolesOf({ name, roles: given, groups: memberOf = [] }) {
      const own = named(
        new Set([
          ...given,
          ...principals.get(name) ?? [],
          ...memberOf.flatMap((group) => groups.get(group) ?? []),
        ]),
      );
      return { roles: own.length > 0 ? own : otherwise, unknown: given.filter((role) => !known.has(role)) };
    },
  };
}
