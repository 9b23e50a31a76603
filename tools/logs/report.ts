import type { Reading } from "./read.ts";
import type { Scan } from "./scan.ts";
import type { Target } from "./targets.ts";

/** A container's log after the search: how it was read, and what was found where it was. */
export interface Searched {
  readonly target: Target;
  readonly reading: Reading;
  readonly scan: Scan | undefined;
}

/** Reasons and containers named; a namespace full of waiting pods must not fill the reply. */
const NAMES_MAX = 5;
const REASONS_MAX = 10;

/** Says which logs could not be read, and why: one sentence a reason. */
export function reportUnread(searched: readonly Searched[]): string[] {
  const reasons = Map.groupBy(
    searched.filter((log) => log.reading.kind !== "read" && !isMissingRun(log)),
    ({ target, reading }) => reasonOf(target, reading),
  );
  const sentences = Array.from(reasons, ([reason, logs]) => `Cannot read the log of ${namesOf(logs)}: ${reason}`);
  const left = sentences.length - REASONS_MAX;
  return left > 0 ? [...sentences.slice(0, REASONS_MAX), `${left} more reasons are left out`] : sentences;
}

/** Where both runs are asked for, most containers have no run before. */
function isMissingRun({ target, reading }: Searched): boolean {
  return target.previous === true && reading.kind === "unreadable" &&
    /^previous terminated container .*not found$/.test(reading.reason);
}

/** Says which logs were not searched to their end, and what to do about it. */
export function reportPartial(searched: readonly Searched[], limit: number): string[] {
  const warnings: string[] = [];
  const slow = searched.filter(({ scan }) => scan?.endedEarly);
  const older = searched.filter((log) => !slow.includes(log) && isOlderUnread(log, limit));
  const cut = searched.filter(({ reading }) => reading.kind === "read" && reading.cut);
  if (slow.length > 0) {
    warnings.push(`The query took too long: older lines of ${namesOf(slow)} were not searched; use a simpler query`);
  }
  if (older.length > 0) {
    warnings.push(`Only the newest lines of ${namesOf(older)} were searched, as many as a search reads of a log`);
  }
  const clipped = searched.reduce((sum, { scan }) => sum + (scan?.clipped ?? 0), 0);
  if (clipped > 0) warnings.push(`Lines too long for this query, searched in their first characters only: ${clipped}`);
  if (cut.length > 0) warnings.push(`The newest lines of ${namesOf(cut)} are too large and were not searched`);
  return warnings;
}

/** Where a log alone has given all the lines that are wanted, its older ones make no difference. */
function isOlderUnread({ reading, scan }: Searched, limit: number): boolean {
  return reading.kind === "read" && scan !== undefined && scan.scanned >= reading.lines && scan.matched < limit;
}

/** The API's sentence without the names that differ from log to log. */
function reasonOf({ pod, container }: Target, reading: Reading): string {
  if (reading.kind === "read") return "";
  const reason = reading.kind === "refused" ? reading.error.message : reading.reason;
  return reason
    .replace(` "${container}" in pod "${pod}"`, "")
    .replace(`${pod}/${container}"`, '…"');
}

function namesOf(logs: readonly Searched[]): string {
  const names = logs.slice(0, NAMES_MAX).map(({ target: { pod, container } }) => `${pod}/${container}`).join(", ");
  return logs.length > NAMES_MAX ? `${names} and ${logs.length - NAMES_MAX} more` : names;
}
