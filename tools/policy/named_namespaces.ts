import type { Principal } from "../call_context.ts";
import type { Policy } from "./policy.ts";

/**
 * The namespaces that the principal's own roles name in full, sorted: what it may be shown without asking a cluster. A
 * role with stars, or with none, names nothing here; whether a call in one is allowed is the authorizer's to say.
 */
export function namedNamespaces({ document, rolesOf }: Policy, principal: Principal): readonly string[] {
  const named = rolesOf(principal).roles.flatMap(({ name }) => {
    const { namespaces = [], arguments: byTool = {} } = document.roles[name] ?? {};
    const values = Object.values(byTool).flatMap(({ namespace }) => namespace?.oneOf ?? []);
    return [...namespaces.filter((entry) => !entry.includes("*")), ...values.filter((one) => typeof one === "string")];
  });
  return [...new Set(named)].sort();
}
