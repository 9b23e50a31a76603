import { z } from "zod";
import { parseAnswer, unreadable } from "./answer_json.ts";
import type { ApiAnswer } from "./http.ts";
import type { PodPage, PodSummary } from "./cluster.ts";

/** Asks for the cells that `kubectl get` prints: the API computes them, so that no client has to know how. */
export const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

const tableSchema = z.object({
  kind: z.literal("Table"),
  metadata: z.object({ continue: z.string().optional(), remainingItemCount: z.number().optional() }),
  columnDefinitions: z.array(z.object({ name: z.string() })),
  rows: z.array(z.object({ cells: z.array(z.unknown()) })).nullish(),
});

/** The pods of a Table. @throws {ToolError} `tool_failed` when it is none, or lacks a column. */
export function parsePodTable(answer: ApiAnswer): Omit<PodPage, "warnings"> {
  const { metadata, columnDefinitions, rows } = parseAnswer(answer, tableSchema);
  const pods = (rows ?? []).map(({ cells }) => cells).map(podReader(columnDefinitions));
  return { pods, next: metadata.continue || undefined, remaining: metadata.remainingItemCount };
}

/** Reads the cells of a Table's rows. @throws {ToolError} `tool_failed` where it lacks a column */
export function podReader(
  columns: readonly { readonly name: string }[],
): (cells: readonly unknown[]) => PodSummary {
  // Columns have moved between versions: only their names can be relied upon.
  const column = (name: string) => {
    const index = columns.findIndex((definition) => definition.name === name);
    if (index >= 0) return index;
    throw unreadable(`its table has no column "${name}"`);
  };
  const [name, ready, status] = [column("Name"), column("Ready"), column("Status")];
  return (cells) => ({ name: String(cells[name]), status: String(cells[status]), ready: String(cells[ready]) });
}
