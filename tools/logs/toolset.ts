import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { chooseLogBackend } from "./choose_backend.ts";
import { logsFollow } from "./follow.ts";
import { logsPatterns } from "./patterns.ts";

/** Toolset `logs`. */
export function logTools(options: ToolsetOptions): readonly Tool[] {
  const backend = chooseLogBackend(options);
  return [logsPatterns(backend), logsFollow(backend)];
}
