import type { Clusters } from "../clusters.ts";
import { printEntries } from "./constraint.ts";
import { type CompilePattern, loadPatterns, type TextPattern } from "./pattern.ts";
import { findOddMembers } from "./odd_members.ts";
import { compilePolicy, type Policy } from "./policy.ts";
import { PolicyError, printIssue, printProblem, valueAt } from "./problem.ts";
import { type PolicyDocument, policySchema } from "./schema.ts";

const CHARS_MAX = 1_048_576;

/**
 * Reads a policy from the text of its file.
 *
 * @param clusters those of the server; left out where it asks one alone
 * @throws {PolicyError} naming each place that is wrong, what was expected there and what came.
 */
export async function parsePolicy(text: string, clusters?: Clusters): Promise<Policy> {
  const json = parseJson(text);
  const odd = findOddMembers(text).map(({ path, kind }) =>
    kind === "twice"
      ? printProblem(path, "expected each member once", path.at(-1))
      : printProblem(path, "expected no such member", valueAt(json, path))
  );
  const { data: document, error } = policySchema.safeParse(json);
  // A set: of what both find, once is enough.
  const problems = new Set([...odd, ...(error?.issues ?? []).flatMap((issue) => printIssue(issue, json))]);
  if (!document || problems.size > 0) throw new PolicyError([...problems]);
  const unknown = [...findUnknownRoles(document), ...findUnknownClusters(document, clusters)];
  const { compile, refused } = await compilePatterns(document);
  if (unknown.length + refused.length > 0) throw new PolicyError([...unknown, ...refused]);
  return compilePolicy(document, compile, clusters);
}

function parseJson(text: string): unknown {
  if (text.length > CHARS_MAX) {
    throw new PolicyError([`policy: expected at most ${CHARS_MAX} characters, but got ${text.length}`]);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PolicyError([`policy: expected JSON, but got ${reason}`], { cause });
  }
}

/** Names of roles that are not defined: a typing slip would take a right away, or a whole group of callers. */
function findUnknownRoles({ roles, principals = {}, groups = {}, default: otherwise = [] }: PolicyDocument) {
  const lists: readonly (readonly [path: readonly string[], names: readonly string[]])[] = [
    ...Object.entries(principals).map(([name, names]) => [["principals", name], names] as const),
    ...Object.entries(groups).map(([name, names]) => [["groups", name], names] as const),
    [["default"], otherwise],
  ];
  return lists.flatMap(([path, names]) =>
    names.flatMap((name, index) =>
      Object.hasOwn(roles, name) ? [] : [printProblem([...path, index], "expected a role of this policy", name)]
    )
  );
}

/** Names of clusters that there are not: a typing slip would take a right away. */
function findUnknownClusters({ roles }: PolicyDocument, clusters: Clusters | undefined): readonly string[] {
  return Object.entries(roles).flatMap(([role, { clusters: wanted = [] }]) => {
    const path = ["roles", role, "clusters"];
    if (!clusters) {
      return wanted.length > 0 ? [printProblem(path, "expected none while KUBE_CONTEXTS is not set", wanted)] : [];
    }
    const { names } = clusters;
    return wanted.flatMap((name, index) =>
      name.includes("*") || names.includes(name)
        ? []
        : [printProblem([...path, index], `expected one of KUBE_CONTEXTS: ${printEntries(names)}`, name)]
    );
  });
}

/** Compiles each pattern once, and says which cannot be used. */
async function compilePatterns({ roles }: PolicyDocument) {
  const compiled = new Map<string, TextPattern>();
  const refused: string[] = [];
  let load: CompilePattern | undefined;
  for (const [role, { arguments: byTool = {} }] of Object.entries(roles)) {
    for (const [tool, byArgument] of Object.entries(byTool)) {
      for (const [argument, { pattern }] of Object.entries(byArgument)) {
        if (pattern === undefined || compiled.has(pattern)) continue;
        load ??= await loadPatterns();
        try {
          compiled.set(pattern, load(pattern));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          const path = ["roles", role, "arguments", tool, argument, "pattern"];
          refused.push(printProblem(path, `expected a regular expression: ${reason}`, pattern));
        }
      }
    }
  }
  const compile = (source: string): TextPattern => {
    const pattern = compiled.get(source);
    if (!pattern) throw new TypeError(`The pattern ${JSON.stringify(source)} was not compiled`);
    return pattern;
  };
  return { compile, refused };
}
