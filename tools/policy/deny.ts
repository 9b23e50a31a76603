import type { AccessedTool, Denial } from "../authorizer.ts";
import { printEntries } from "./constraint.ts";
import { compileGlobs } from "./glob.ts";
import { type Arguments, isInNamespaces, takesNamespace } from "./namespace.ts";
import type { PolicyDocument } from "./schema.ts";

/** One of a policy's rules against calls, whoever makes them. */
export interface DenyRule {
  readonly denial: Denial;
  /** Which calls of a tool it denies. */
  of(tool: AccessedTool): "all" | "none" | ((args: Arguments) => boolean);
}

/** @param index its place in the policy's list */
export function compileDenyRule(
  { tools, namespaces, reason }: NonNullable<PolicyDocument["deny"]>[number],
  index: number,
): DenyRule {
  const isMeant = compileGlobs(tools);
  const isNamed = namespaces && compileGlobs(namespaces);
  const where = namespaces ? `in ${printEntries(namespaces)}` : "at all";
  return {
    denial: { allowed: false, rule: `deny[${index}]`, reason: reason ?? `nobody may ${where}` },
    of(tool) {
      if (!isMeant(tool.name)) return "none";
      if (!isNamed) return "all";
      // A call that names none may reach them all.
      return takesNamespace(tool) ? (args) => isInNamespaces(args, isNamed) ?? true : "none";
    },
  };
}
