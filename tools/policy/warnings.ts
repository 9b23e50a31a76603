import type { AccessedTool } from "../authorizer.ts";
import { compileGlob } from "./glob.ts";
import type { Policy } from "./policy.ts";
import { printPath } from "./problem.ts";

/**
 * What may be a slip in a policy, a line each: globs that no tool or no cluster fits, and arguments that no such tool
 * has. They are no errors: a policy may name tools of toolsets that are off, and clusters to come.
 */
export function findPolicyWarnings({ document, clusters }: Policy, tools: readonly AccessedTool[]): readonly string[] {
  const fitting = (glob: string) => {
    const isMeant = compileGlob(glob);
    return tools.filter(({ name }) => isMeant(name));
  };
  const idle = (path: readonly (string | number)[], glob: string) =>
    fitting(glob).length > 0 ? [] : [`${printPath(path)}: no tool fits ${JSON.stringify(glob)}`];
  const idleOf = (path: readonly (string | number)[], globs: readonly string[] = []) =>
    globs.flatMap((glob, index) => idle([...path, index], glob));
  const denied = (document.deny ?? []).flatMap(({ tools }, index) => idleOf(["deny", index, "tools"], tools));
  const roles = Object.entries(document.roles).flatMap(([name, role]) => {
    const path = ["roles", name];
    const constraints = Object.entries(role.arguments ?? {}).flatMap(([glob, rules]) => [
      ...idle([...path, "arguments", glob], glob),
      ...Object.entries(rules).filter(([, { absent }]) => !absent).flatMap(([argument]) => {
        const place = printPath([...path, "arguments", glob, argument]);
        return fitting(glob).filter(({ input }) => !Object.hasOwn(input.shape, argument))
          .map((tool) => `${place}: ${tool.name} has no such argument, so that no call of it is allowed`);
      }),
    ]);
    const empty = (role.clusters ?? []).flatMap((glob, index) =>
      !clusters || clusters.names.some(compileGlob(glob))
        ? []
        : [`${printPath([...path, "clusters", index])}: no cluster fits ${JSON.stringify(glob)}`]
    );
    const limits = typeof role.callsPerMinute === "object" ? Object.keys(role.callsPerMinute) : [];
    return [
      ...idleOf([...path, "tools"], role.tools),
      ...idleOf([...path, "except"], role.except),
      ...empty,
      ...constraints,
      ...limits.flatMap((glob) => idle([...path, "callsPerMinute", glob], glob)),
    ];
  });
  return [...denied, ...roles];
}
