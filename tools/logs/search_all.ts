import { ToolError } from "../error.ts";
import type { Cluster, ClusterCall } from "../k8s/cluster.ts";
import type { ToolCall } from "../tool.ts";
import type { LineFilter } from "./query.ts";
import type { LogLine } from "./line.ts";
import { entryOf, type LogEntry } from "./merge.ts";
import { mapConcurrently, readTail, type TailRequest } from "./read.ts";
import type { Searched } from "./report.ts";
import { ScanBudget } from "./scan.ts";
import type { Target } from "./targets.ts";

const AT_ONCE_MAX = 8;
/** What has been read by then is the answer; the rest is named. */
const READ_MS = 20_000;
/** Milliseconds of the processor. */
const SCAN_MS = 3_000;

export interface SearchOptions {
  readonly filter: LineFilter;
  /** Lines kept of each log. */
  readonly limit: number;
  /** Lines before and after each that matches; none where left out. */
  readonly context?: number | undefined;
  /** Told of every line that matches, of one log the newest first. */
  readonly onMatch?: ((entry: LogEntry) => void) | undefined;
  /** Told after each log how many of them have been looked through. */
  readonly call: ClusterCall & Pick<ToolCall, "notify">;
  /** Milliseconds for reading all; 20,000 where left out. */
  readonly readMs?: number;
}

/**
 * Reads and looks through all logs, some at once, each to its own end.
 *
 * @throws {ToolError} when every log is refused in the same way; or the reason of the call's signal.
 */
export async function searchAll(
  cluster: Pick<Cluster, "readLog">,
  targets: readonly Target[],
  request: TailRequest,
  { filter, limit, context = 0, onMatch, call, readMs = READ_MS }: SearchOptions,
): Promise<Searched[]> {
  const { signal } = call;
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new ToolError("unavailable", `The log was not read within the ${readMs} ms of a search`));
  }, readMs);
  const budget = new ScanBudget(SCAN_MS);
  const total = targets.length;
  let done = 0;
  try {
    const searched = await mapConcurrently(targets, AT_ONCE_MAX, async (target) => {
      const inTime = { ...call, signal: AbortSignal.any([signal, late.signal]) };
      const reading = await readTail(cluster, target, request, inTime);
      signal.throwIfAborted();
      const found = onMatch && ((line: LogLine) => onMatch(entryOf(target, line)));
      const scan = reading.kind === "read"
        ? await budget.scan(reading.text, { filter, limit, context, onMatch: found }, signal)
        : undefined;
      done++;
      call.notify({ progress: done, total, message: `Searched ${done} of ${total} logs` });
      // The text, some megabytes, has served.
      return { target, reading: reading.kind === "read" ? { ...reading, text: "" } : reading, scan };
    });
    throwIfAllRefused(searched);
    return searched;
  } finally {
    clearTimeout(timer);
  }
}

/** Where no log could be read for one and the same reason, that is the answer. */
function throwIfAllRefused(searched: readonly Searched[]): void {
  const errors = searched.flatMap(({ reading }) => reading.kind === "refused" ? [reading.error] : []);
  const [first] = errors;
  if (first && errors.length === searched.length && errors.every(({ kind }) => kind === first.kind)) throw first;
}
