import type { OfficialPart } from "./part.ts";
import { createToolsPart, type ToolsPartOptions } from "./tools_part.ts";

export type PartsOptions = ToolsPartOptions;

/** The parts of the protocol that this server has. */
export function createParts(options: PartsOptions): readonly OfficialPart[] {
  return [createToolsPart(options)];
}
