import type { Tool } from "../../tools/tool.ts";

/** The name under which the official protocol lists a tool: its clients take letters, digits, `_` and `-` only. */
export function officialName(tool: string): string {
  return tool.replaceAll(".", "_");
}

/**
 * The tools by the names that a call may use, the listed one and the catalogue's dotted one.
 *
 * @returns the catalogue's name, which is all that policy, limits and audit know; what there is not comes back as it is
 */
export function createToolNames(tools: readonly Pick<Tool, "name">[]): (given: string) => string {
  const names = new Map(tools.map(({ name }) => [officialName(name), name]));
  return (given) => names.get(given) ?? given;
}
