import type { AccessedTool, Allowance, CallLimits, Denial, Door } from "../authorizer.ts";
import type { Clusters } from "../clusters.ts";
import { type ClusterRule, compileClusterRule, takesCluster } from "./cluster.ts";
import { compileConstraint, type Constraint, printEntries } from "./constraint.ts";
import { compileGlob, compileGlobs, type NameTest } from "./glob.ts";
import { type Arguments, isInNamespaces, takesNamespace } from "./namespace.ts";
import type { CompilePattern } from "./pattern.ts";
import type { RoleDocument } from "./schema.ts";

/** How far a call came with a role; the role that it came furthest with tells the caller why it is refused. */
export const STEPS = ["tools", "except", "readOnly", "clusters", "namespaces", "arguments"] as const;

/** A role's no, and the step at which it says so. */
export interface Objection {
  readonly step: number;
  readonly denial: Denial;
}

/** What a role says of one tool. */
export interface Grant {
  readonly allowance: Allowance;
  /** Whether it allows every call of the tool. */
  readonly isWhole: boolean;
  /** Why it does not allow a call with such arguments; `undefined` where it does. */
  objectionTo(args: Arguments): Objection | undefined;
}

export interface Role {
  readonly name: string;
  readonly doors: ReadonlySet<Door>;
  /** What it says of a tool: an objection where it allows no call of it at all. */
  of(tool: AccessedTool): Grant | Objection;
}

interface ArgumentRule {
  readonly isMeant: NameTest;
  readonly tools: string;
  readonly argument: string;
  readonly constraint: Constraint;
}

/** @param clusters those of the server; `undefined` where it asks one alone, which has no name */
export function compileRole(
  name: string,
  document: RoleDocument,
  compilePattern: CompilePattern,
  clusters: Clusters | undefined,
): Role {
  const isNamed = compileGlobs(document.tools);
  const isExcepted = compileGlobs(document.except ?? []);
  const clusterRule = clusters && compileClusterRule(clusters, document.clusters);
  const isNamespace = document.namespaces && compileGlobs(document.namespaces);
  const argumentRules = Object.entries(document.arguments ?? {}).flatMap(([tools, rules]) =>
    Object.entries(rules).map(([argument, rule]): ArgumentRule => {
      const constraint = compileConstraint(rule, compilePattern);
      return { isMeant: compileGlob(tools), tools, argument, constraint };
    })
  );
  const limitsOf = compileLimits(document);

  function objection(step: typeof STEPS[number], reason: string, rule: string = step): Objection {
    const denial: Denial = { allowed: false, rule: `${name}.${rule}`, reason: `role "${name}" ${reason}` };
    return { step: STEPS.indexOf(step), denial };
  }

  function otherCluster({ entries }: ClusterRule): Objection {
    return objection("clusters", `is for cluster ${printEntries(entries)}`);
  }

  return {
    name,
    doors: new Set(document.doors),
    of(tool) {
      if (!isNamed(tool.name)) return objection("tools", "does not have this tool");
      if (isExcepted(tool.name)) return objection("except", "excepts this tool");
      if (document.readOnly && tool.effect !== "read") {
        return objection("readOnly", "only reads, and this tool does not");
      }
      const reached = takesCluster(tool) ? clusterRule : undefined;
      if (reached?.isForNone) return otherCluster(reached);
      const isWithin = takesNamespace(tool) ? isNamespace : undefined;
      const binding = argumentRules.filter(({ isMeant }) => isMeant(tool.name));
      return {
        allowance: { allowed: true, rule: name, limits: limitsOf(tool.name) },
        isWhole: (reached?.isForAll ?? true) && isWithin === undefined && binding.length === 0,
        objectionTo(args) {
          if (reached && !reached.allows(args)) return otherCluster(reached);
          // A call that names no namespace may reach them all.
          if (isWithin && !isInNamespaces(args, isWithin)) {
            return objection("namespaces", `is for namespace ${printEntries(document.namespaces ?? [])}`);
          }
          const broken = binding.find(({ argument, constraint }) => !constraint.holds(own(args, argument)));
          if (!broken) return undefined;
          const { tools, argument, constraint } = broken;
          const rule = `arguments[${JSON.stringify(tools)}][${JSON.stringify(argument)}]`;
          return objection(
            "arguments",
            `wants the argument ${JSON.stringify(argument)} to be ${constraint.expected}`,
            rule,
          );
        },
      };
    },
  };
}

/** Parsed arguments hold what the tool's schema names; the policy may name anything, `constructor` too. */
function own(args: Arguments, name: string): unknown {
  return Object.hasOwn(args, name) ? args[name] : undefined;
}

function compileLimits({ callsPerMinute, tokensPerHour }: RoleDocument): (tool: string) => CallLimits {
  const byTool = Object.entries(typeof callsPerMinute === "object" ? callsPerMinute : {})
    .map(([glob, calls]) => ({ isMeant: compileGlob(glob), calls }));
  return (tool) => {
    const calls = typeof callsPerMinute === "number"
      ? callsPerMinute
      : byTool.find(({ isMeant }) => isMeant(tool))?.calls;
    return {
      ...(calls !== undefined && { callsPerMinute: calls }),
      ...(tokensPerHour !== undefined && { tokensPerHour }),
    };
  };
}
