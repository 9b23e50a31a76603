import { z } from "zod";
import { parseAnswer, unreadable } from "../answer_json.ts";
import type { PodSummary } from "../cluster.ts";
import type { ApiAnswer } from "../http.ts";
import { podReader } from "../pod_table.ts";

/** What happened, or how far the watch is. */
export type PodEvent =
  | { readonly kind: "put" | "removed"; readonly pods: readonly PodSummary[]; readonly version: string }
  | { readonly kind: "bookmark"; readonly version: string }
  /** What came since the version is not known any more. */
  | { readonly kind: "gone" };

const metadata = z.object({ resourceVersion: z.string().min(1) });
const rows = z.array(z.object({ cells: z.array(z.unknown()) })).nullish();
const columns = z.array(z.object({ name: z.string() }));
const listSchema = z.object({
  kind: z.literal("Table"),
  metadata: metadata.extend({ continue: z.string().optional() }),
  columnDefinitions: columns,
  rows,
});
const eventSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.enum(["ADDED", "MODIFIED", "DELETED"]),
    object: z.object({ kind: z.literal("Table"), metadata, columnDefinitions: columns.nullish(), rows }),
  }),
  z.object({ type: z.literal("BOOKMARK"), object: z.object({ metadata }) }),
  z.object({ type: z.literal("ERROR"), object: z.object({ code: z.number(), message: z.string().optional() }) }),
]);

/** A page of the list that a watch begins with. @throws {ToolError} `tool_failed` where it is none */
export function parsePodPage(answer: ApiAnswer) {
  const table = parseAnswer(answer, listSchema);
  return {
    pods: (table.rows ?? []).map(({ cells }) => cells).map(podReader(table.columnDefinitions)),
    version: table.metadata.resourceVersion,
    next: table.metadata.continue || undefined,
  };
}

/** Reads the lines of one watch, whose first Table alone has columns. */
export function podEventReader(): (line: string) => PodEvent {
  let read: ((cells: readonly unknown[]) => PodSummary) | undefined;
  return (line) => {
    const event = parseLine(line);
    switch (event.type) {
      case "BOOKMARK":
        return { kind: "bookmark", version: event.object.metadata.resourceVersion };
      case "ERROR":
        if (event.object.code === 410) return { kind: "gone" };
        throw unreadable(`its watch says ${event.object.code}: ${event.object.message ?? "no reason given"}`);
    }
    const { metadata: { resourceVersion: version }, columnDefinitions, rows } = event.object;
    if (columnDefinitions && columnDefinitions.length > 0) read = podReader(columnDefinitions);
    if (!read) throw unreadable("its watch tells no columns");
    const pods = (rows ?? []).map(({ cells }) => cells).map(read);
    return { kind: event.type === "DELETED" ? "removed" : "put", pods, version };
  };
}

function parseLine(line: string): z.output<typeof eventSchema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw unreadable("a line of its watch is no JSON", cause);
  }
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreadable(`its watch: ${parsed.error.issues[0]?.path.join(".") || "it"} is of another shape`, parsed.error);
}
