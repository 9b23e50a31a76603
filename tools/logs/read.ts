import type { Cluster, ClusterCall, LogAnswer, LogRequest } from "../k8s/cluster.ts";
import { withDeadline } from "../deadline.ts";
import { ToolError } from "../error.ts";
import type { Target } from "./targets.ts";

/** How reading one log went: `refused` is an error that would be the whole search's if every log had met it. */
export type Reading =
  | { readonly kind: "read"; readonly text: string; readonly lines: number; readonly cut: boolean }
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "refused"; readonly error: ToolError };

/** What is asked of each log, and the bounds of reading it. */
export type TailRequest = Omit<LogRequest, "pod" | "container">;

const ATTEMPTS_MAX = 4;
/** The API takes up to 30 s to give up on a node that is down, while a log that can be read comes in far less. */
const LOG_MS = 5_000;

/**
 * Reads the newest lines of a log. The API cuts the newest off where they do not fit into the bytes: then fewer are
 * asked for, as many as seem to fit.
 */
export async function readTail(
  cluster: Pick<Cluster, "readLog">,
  target: Target,
  request: TailRequest,
  call: ClusterCall,
  timeoutMs = LOG_MS,
): Promise<Reading> {
  const { signal } = call;
  try {
    return await withDeadline(signal, timeoutMs, async (signal) => {
      let lines = request.lines;
      for (let attempt = 1;; attempt++) {
        const answer = await cluster.readLog({ ...request, ...target, lines }, { ...call, signal });
        if (answer.kind === "unreadable") return answer;
        const retryLines = Math.min(Math.floor(countLines(answer) * 0.9), Math.floor(lines / 2));
        if (!answer.cut || retryLines < 1 || attempt === ATTEMPTS_MAX) {
          return { kind: "read", text: answer.text, lines, cut: answer.cut };
        }
        lines = retryLines;
      }
    });
  } catch (thrown) {
    const error = signal.aborted ? signal.reason : thrown;
    if (!(error instanceof ToolError)) throw error;
    if (error.kind !== "timeout" || signal.aborted) return { kind: "refused", error };
    return { kind: "refused", error: new ToolError("unavailable", `The log did not come within ${timeoutMs} ms`) };
  }
}

function countLines({ text }: Extract<LogAnswer, { kind: "read" }>): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** Does the work for every item, at most `atOnce` at a time. @returns the results in the items' order. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const rest = items.entries();
  const worker = async () => {
    for (const [index, item] of rest) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
