import { z } from "zod";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { eventFields, happenedMembers, listHappened } from "./happened.ts";
import { objectName } from "./kind_input.ts";
import { notesOf, warningsMember } from "./list_notes.ts";
import { namespaceName } from "./namespace.ts";
import { textNotes, textTable } from "./text_table.ts";

const PAGE_MAX = 500;

/** `k8s.events`: what happened lately, the newest first. */
export function k8sEvents(cluster: Pick<Cluster, "objects">) {
  return defineTool({
    name: "k8s.events",
    toolset: "k8s",
    summary: "List events, newest first",
    description:
      "Lists events, the newest first, equal ones as one with their count. The cluster keeps them for about an " +
      "hour. All namespaces without namespace; name, object_kind, type and reason narrow it.",
    input: z.strictObject({
      namespace: namespaceName.optional(),
      name: objectName.optional().describe("Name of the object"),
      object_kind: z.string().max(63).regex(/^[A-Z][A-Za-z0-9]*$/, "Use a kind as manifests do: Pod, Deployment, Node")
        .optional().describe("Kind of the object: Pod, Node, …"),
      type: z.enum(["Warning", "Normal"]).optional().describe("Only these"),
      reason: z.string().max(128).regex(/^[A-Za-z0-9]+$/, "Use a reason such as BackOff or FailedScheduling").optional()
        .describe("Only these: BackOff, FailedScheduling, …"),
      ...pageInput(PAGE_MAX),
    }),
    output: z.object({
      events: z.array(z.object(happenedMembers)).describe("The newest first"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "events of the cluster",
    print: (result) => {
      const rows = result.events.map((one) => [one.last, one.type, one.reason, one.object, one.count, one.message]);
      return textTable(["last", "type", "reason", "object", "count", "message"], rows) + textNotes(result);
    },
    run: async ({ namespace, name, object_kind: kind, type, reason, limit, cursor }, call) => {
      const fields = eventFields({ kind, name, type, reason });
      const list = await listHappened(cluster.objects, { namespace, fields }, call);
      const { items, ...page } = cutPage(list.happened, { limit, cursor });
      // The API gives them by name: with more than were looked at, newer ones may be among the rest.
      const unseen = list.more ? ["Newer events may be among those that were not looked at"] : [];
      const warnings = [...notesOf(list, list.looked, "namespace, name or type"), ...unseen];
      return { events: [...items], ...page, ...warningsMember(warnings) };
    },
  });
}
