import type { AuditQuery } from "../audit_log.ts";
import { printTimestamp } from "./columns.ts";
import { name } from "./storable.ts";

const LIMIT_MAX = 1000;

/** One narrowing of a query: `column operator`, the same in every SQL, and what comes behind it. */
export interface Filter {
  readonly left: string;
  readonly value: string | number;
}

/**
 * A pattern of LIKE, which every SQL has its own sign in to write `%` itself with: where the text has a sign that means
 * something to LIKE, any character will do.
 */
function patternOf(text: string): string {
  return `%${name(text).toLowerCase().replace(/[%_\\]/g, "_")}%`;
}

/** What a query asks for, as conditions that must all hold. @throws {RangeError} for a limit out of its bounds. */
export function filtersOf(query: AuditQuery): readonly Filter[] {
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > LIMIT_MAX) {
    throw new RangeError(`Cannot query ${query.limit} audit records: expected a limit of 1 to ${LIMIT_MAX}`);
  }
  const filters: Filter[] = [];
  const add = (left: string, value: string | number | undefined) => {
    if (value !== undefined) filters.push({ left, value });
  };
  add("id <", query.beforeId);
  add("event_id =", query.eventId);
  // Names were stored in this form, so they are found in it.
  add("tool_name =", query.toolName === undefined ? undefined : name(query.toolName));
  add("principal =", query.principal === undefined ? undefined : name(query.principal));
  add("outcome =", query.outcome);
  add("lower(params || ' ' || result) LIKE", query.text === undefined ? undefined : patternOf(query.text));
  add('"timestamp" >=', query.fromMs === undefined ? undefined : printTimestamp(query.fromMs));
  add('"timestamp" <', query.toMs === undefined ? undefined : printTimestamp(query.toMs));
  return filters;
}
