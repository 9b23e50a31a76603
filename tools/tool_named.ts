import type { Tool } from "./tool.ts";

/** A tool of the catalogue. @throws {TypeError} for one that it does not have. */
export function toolNamed(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((one) => one.name === name);
  if (!tool) throw new TypeError(`Expected a tool "${name}" in the catalogue`);
  return tool;
}
