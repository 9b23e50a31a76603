import { z } from "zod";
import { parseAnswer, unreadable } from "./answer_json.ts";
import type { ApiAnswer } from "./http.ts";
import { shownObject } from "./object_json.ts";
import type { ObjectKind, ObjectTable } from "./objects.ts";

/** Asks for the cells that `kubectl get` prints, or for whole objects from what cannot print them. */
export const TABLE_ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

const listMetadata = z.object({ continue: z.string().optional() });
const tableSchema = z.object({
  kind: z.literal("Table"),
  metadata: listMetadata,
  columnDefinitions: z.array(z.object({ name: z.string(), priority: z.number().optional() })),
  rows: z.array(z.object({
    cells: z.array(z.unknown()),
    object: z.object({ metadata: z.object({ namespace: z.string().optional() }) }).nullish(),
  })).nullish(),
});
const objectsSchema = z.object({
  kind: z.string().endsWith("List"),
  metadata: listMetadata,
  items: z.array(z.looseObject({})).nullish(),
});

export interface TablePage {
  readonly columns: readonly string[];
  readonly items: ObjectTable["rows"];
  readonly next: string | undefined;
}

/** The columns that `kubectl get` prints without `-o wide`. @throws {ToolError} `tool_failed` when it is no Table. */
export function parseTablePage(answer: ApiAnswer): TablePage {
  const { metadata, columnDefinitions, rows } = parseAnswer(answer, tableSchema);
  const shown = columnDefinitions.flatMap(({ name, priority = 0 }, index) => priority === 0 ? [{ name, index }] : []);
  return {
    columns: shown.map(({ name }) => name),
    items: (rows ?? []).map(({ cells, object }) => ({
      namespace: object?.metadata.namespace,
      cells: shown.map(({ index }) => printCell(cells[index])),
    })),
    next: metadata.continue || undefined,
  };
}

/** @param schema what is kept of each object @throws {ToolError} `tool_failed` for an object of another shape. */
export function parseObjectPage<T>(answer: ApiAnswer, { kind }: ObjectKind, schema: z.ZodType<T>) {
  const { metadata, items } = parseAnswer(answer, objectsSchema);
  const parsed = (items ?? []).map((item) => {
    const { data, error } = schema.safeParse(shownObject({ kind, ...item }));
    if (error) throw unreadable(`a ${kind}: ${error.issues[0]?.path.join(".")}: ${error.issues[0]?.message}`, error);
    return data;
  });
  return { columns: [], items: parsed, next: metadata.continue || undefined };
}

function printCell(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
