import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { auditQuery } from "./query.ts";
import { auditStats } from "./stats.ts";

/** Toolset `audit`. */
export function auditTools({ audit, authorizer, clock }: ToolsetOptions): readonly Tool[] {
  return [auditQuery(audit, authorizer, clock), auditStats(audit, authorizer, clock)];
}
