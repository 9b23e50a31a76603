import { z } from "zod";
import { ToolError } from "../error.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { troubledFirst, troubleTest } from "./health.ts";
import { fieldsInput, kindInput, labelsInput } from "./kind_input.ts";
import { notesOf, shorten, warningsMember } from "./list_notes.ts";
import { namespaceName } from "./namespace.ts";
import { textNotes, textTable } from "./text_table.ts";

const PAGE_MAX = 500;
/** A cell of a custom kind may hold a whole document. */
const CELL_CHARS_MAX = 200;

/** `k8s.list`: the objects of any kind, as `kubectl get` prints them. */
export function k8sList(cluster: Pick<Cluster, "objects">) {
  return defineTool({
    name: "k8s.list",
    toolset: "k8s",
    summary: "List objects of any kind",
    description:
      "Lists objects of any kind as kubectl get prints them, those in trouble first. All namespaces without " +
      "namespace. Narrow it by labels or fields. k8s.get shows one.",
    input: z.strictObject({
      ...kindInput,
      namespace: namespaceName.optional(),
      labels: labelsInput,
      fields: fieldsInput,
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      columns: z.array(z.string()).describe("What the cells of a row are"),
      rows: z.array(z.array(z.string())).describe("A row an object"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "objects of the cluster",
    print: (result) => textTable(result.columns, result.rows) + textNotes(result),
    run: async ({ kind: named, group, version, namespace, labels, fields, limit, cursor }, call) => {
      const { objects } = cluster;
      const kind = await objects.findKind({ kind: named, group, version }, call);
      if (!kind.namespaced && namespace !== undefined) throw inNoNamespace(kind.plural);
      const table = await objects.listTable({ kind, namespace, labels, fields }, call);
      const isTroubled = troubleTest(kind.kind, table.columns);
      const sorted = isTroubled ? troubledFirst(table.rows, ({ cells }) => isTroubled(cells)) : table.rows;
      const isEverywhere = namespace === undefined && kind.namespaced;
      const rows = sorted.map((row) => {
        const cells = row.cells.map((cell) => shorten(cell, CELL_CHARS_MAX));
        return isEverywhere ? [row.namespace ?? "", ...cells] : cells;
      });
      const { items, ...page } = cutPage(rows, { limit, cursor });
      const troubled = isTroubled ? table.rows.filter(({ cells }) => isTroubled(cells)).length : 0;
      const warnings = notesOf(table, rows.length, "namespace, labels or fields");
      if (page.next !== undefined || cursor !== undefined) {
        const order = troubled > 0 ? `: first the ${troubled} in trouble, then the others` : "";
        warnings.push(`${page.returned} of ${page.total} ${kind.plural}${order}`);
      }
      const columns = isEverywhere ? ["Namespace", ...table.columns] : [...table.columns];
      return { columns, rows: items, ...page, ...warningsMember(warnings) };
    },
  });
}

/** A namespace that is passed over would pass for a bound of what is shown. */
export function inNoNamespace(plural: string): ToolError {
  return new ToolError("invalid_params", `Cannot look for ${plural} in a namespace: they are in none`, {
    hint: "Leave namespace out",
  });
}
