import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { chooseLogBackend } from "./choose_backend.ts";
import { logsPatterns } from "./patterns.ts";

/** Toolset `logs`. */
export function logTools(options: ToolsetOptions): readonly Tool[] {
  return [logsPatterns(chooseLogBackend(options))];
}
