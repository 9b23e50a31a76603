import { ToolError } from "../../error.ts";
import { cleanText } from "../../untrusted/clean.ts";
import type { LogBackend, LogCall, LogFinds, LogQuery } from "../backend.ts";
import { hideInLoneLine } from "../lone_lines.ts";
import { entryOf, mergeNewest } from "../merge.ts";
import { ALL_LINES, parseQuery, readQuery } from "../query.ts";
import { ScanBudget } from "../scan.ts";
import { printLogQl } from "./logql.ts";
import type { Loki, LokiRequest } from "./loki.ts";
import type { LokiStream } from "./reply.ts";

/** Where a search says no time: Loki must have one. */
const SECONDS_DEFAULT = 86_400;
/** What Loki gives at most unless it is configured otherwise. */
const LINES_MAX = 5_000;
/** Lines that match are counted up to here. */
const COUNTED_MAX = 1_001;
const ATTEMPTS_MAX = 4;
/** Milliseconds of the processor. */
const SCAN_MS = 3_000;

/** The lines of one container. */
interface Log {
  readonly pod: string;
  readonly container: string;
  readonly lines: (readonly [nanos: bigint, line: string])[];
}

/**
 * The logs that Loki keeps, under the labels `namespace`, `pod` and `container`.
 *
 * @param now milliseconds since the epoch
 */
export function lokiLogs(loki: Loki, now: () => number): LogBackend {
  return {
    async search(search: LogQuery, call): Promise<LogFinds> {
      const { namespace, pod, container, query, sinceSeconds = SECONDS_DEFAULT, runs, limit, context, onMatch } =
        search;
      // Also where Loki matches: a query is refused in the same words whatever the backend.
      const filter = await parseQuery(query);
      const isFiltered = readQuery(query).kind !== "all";
      // What stands around a line is known only where all lines come.
      const isFoundHere = isFiltered && context > 0;
      const lines = onMatch || isFoundHere ? LINES_MAX : isFiltered ? COUNTED_MAX : limit + 1;
      const endMs = now();
      const request = {
        query: printLogQl({ namespace, pod, container, query: isFoundHere ? undefined : query }),
        startMs: endMs - sinceSeconds * 1000,
        endMs,
        limit: Math.max(lines, limit + 1),
      };
      const { streams, asked } = await readNewest(loki, request, call);
      const logs = logsOf(streams, namespace);
      const budget = new ScanBudget(SCAN_MS);
      const found = await Promise.all(logs.map(async ({ lines, ...source }) => {
        const text = printLines(lines, isFiltered && !isFoundHere);
        const told = onMatch && ((line: Parameters<typeof entryOf>[1]) => onMatch(entryOf(source, line)));
        const scanned = { filter: isFoundHere ? filter : ALL_LINES, limit, context, onMatch: told };
        return { source, scan: await budget.scan(text, scanned, call.signal) };
      }));
      const read = streams.reduce((sum, stream) => sum + stream.lines.length, 0);
      const isFull = read >= asked;
      const endedEarly = found.some(({ scan }) => scan.endedEarly);
      const matched = found.reduce((sum, { scan }) => sum + scan.matched, 0);
      call.notify({ progress: 1, total: 1, message: `Searched ${read} lines of Loki` });
      return {
        entries: mergeNewest(found.map(({ source, scan }) => ({ ...source, lines: scan.lines })), limit),
        matched,
        isIncomplete: isFull || endedEarly,
        warnings: [
          ...(runs === "current" ? [] : ["Loki keeps all runs of a container together: these lines are of any"]),
          ...(matched === 0 ? [nothingFound(namespace, sinceSeconds)] : []),
          ...(isFull && (onMatch || isFiltered)
            ? [`Loki was asked for the newest ${asked} lines: older ones are not counted`]
            : []),
          ...(endedEarly ? ["The query took too long: not all lines were searched; use a simpler query"] : []),
        ],
      };
    },
  };
}

/** As many of the newest lines as fit: fewer are asked for where they are too large, or more than Loki gives. */
async function readNewest(loki: Loki, request: LokiRequest, { signal }: LogCall) {
  let asked = request.limit;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    try {
      const answer = await loki.queryRange({ ...request, limit: asked }, signal);
      if (answer.kind === "read") return { streams: answer.streams, asked };
      asked = Math.max(1, Math.floor(asked / 4));
    } catch (error) {
      const given = error instanceof ToolError
        ? /max entries limit.*\(\d+ > (\d+)\)/.exec(error.message)?.[1]
        : undefined;
      if (given === undefined || Number(given) < 1 || Number(given) >= asked) throw error;
      asked = Number(given);
    }
  }
  throw new ToolError("tool_failed", "The lines that Loki gives are too large to be read", {
    hint: "Narrow it by query, pod or since_seconds",
  });
}

/** The lines by container. @throws {ToolError} `tool_failed` for a line of another namespace than was asked for. */
function logsOf(streams: readonly LokiStream[], namespace: string): readonly Log[] {
  const logs = new Map<string, Log>();
  for (const { labels, lines } of streams) {
    if (labels["namespace"] !== namespace) {
      throw new ToolError(
        "tool_failed",
        `Loki gave lines that are not of namespace "${namespace}": they are not shown`,
        {
          hint: "Ask the operator to check what is between this server and Loki",
        },
      );
    }
    const { pod = "", container = "" } = labels;
    const key = JSON.stringify([pod, container]);
    const log = logs.get(key) ?? { pod, container, lines: [] };
    logs.set(key, log);
    for (const [nanos, line] of lines) log.lines.push([BigInt(nanos), line]);
  }
  // Backwards first, so that lines of one moment turn back to the order in which they were written.
  for (const { lines } of logs.values()) lines.reverse().sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return [...logs.values()];
}

/** Lines as the cluster prints them; an entry of several lines becomes several. */
function printLines(lines: Log["lines"], areLone: boolean): string {
  return lines.flatMap(([nanos, entry]) => {
    const time = printNanos(nanos);
    return entry.replace(/\n$/, "").split("\n").map((line) => {
      const message = cleanText(line);
      return `${time} ${areLone ? hideInLoneLine(message) : message}\n`;
    });
  }).join("");
}

function printNanos(nanos: bigint): string {
  const seconds = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(nanos % 1_000_000_000n).padStart(9, "0")}Z`;
}

function nothingFound(namespace: string, seconds: number): string {
  return `Loki has no such lines of namespace "${namespace}" in the last ${seconds} seconds: check its name and the ` +
    "pod's, or raise since_seconds";
}
