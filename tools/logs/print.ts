import type { LogEntry } from "./merge.ts";

export interface PrintedLogs {
  readonly logs: readonly LogEntry[];
  readonly matched: number;
  readonly returned: number;
  readonly truncated: boolean;
  readonly warnings?: readonly string[] | undefined;
}

/**
 * Log lines in as few tokens as can be: the day and the containers once, each container under a number, then a line each
 * of time of day, number and message. Of one container no number is written.
 */
export function printLogs({ logs, matched, returned, truncated, warnings = [] }: PrintedLogs): string {
  const sources = new Map<string, number>();
  for (const entry of logs) {
    const name = sourceOf(entry);
    if (!sources.has(name)) sources.set(name, sources.size + 1);
  }
  const lines = [`${returned} lines of ${matched} that match${truncated ? ", or more" : ""}`];
  for (const [name, number] of sources) lines.push(sources.size > 1 ? `[${number}] ${name}` : name);
  let day = "";
  for (const entry of logs) {
    const [date = "", time = ""] = entry.timestamp.split("T");
    if (date !== day) lines.push(day = date);
    const source = sources.size > 1 ? `[${sources.get(sourceOf(entry))}] ` : "";
    lines.push(`${time.slice(0, 12)} ${source}${entry.context ? "~ " : ""}${entry.message}`);
  }
  return [...lines, ...warnings].join("\n");
}

function sourceOf({ pod, container, run }: LogEntry): string {
  return `${pod}/${container}${run === undefined ? "" : ` (${run} run)`}`;
}
