import { z } from "zod";
import type { Authorizer } from "../authorizer.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { troubledFirst } from "./health.ts";
import { NAMESPACE } from "./known_kinds.ts";
import { notesOf, warningsMember } from "./list_notes.ts";
import { mayReach } from "./reach.ts";
import { textNotes, textTable } from "./text_table.ts";

const PAGE_MAX = 500;
const NAME = "k8s.namespaces";

const namespaceSchema = z.object({
  metadata: z.object({ name: z.string(), creationTimestamp: z.string().optional() }),
  status: z.object({ phase: z.string().optional() }).optional(),
});

/** `k8s.namespaces`: the namespaces that the caller may look into. */
export function k8sNamespaces(cluster: Pick<Cluster, "objects">, authorizer: Pick<Authorizer, "authorize">) {
  return defineTool({
    name: NAME,
    toolset: "k8s",
    summary: "List namespaces",
    description: "Lists the namespaces that the caller may look into, those that are being deleted first.",
    input: z.strictObject(pageInput(PAGE_MAX)),
    output: z.object({
      namespaces: z.array(z.object({
        name: z.string().describe("Name"),
        phase: z.string().describe("Active or Terminating"),
        created: z.string().optional().describe("Time in UTC"),
      })).describe("By name"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "names of namespaces",
    print: (result) =>
      textTable(["name", "phase", "created"], result.namespaces.map((one) => [one.name, one.phase, one.created])) +
      textNotes(result),
    run: async ({ limit, cursor }, call) => {
      const list = await cluster.objects.listObjects({ kind: NAMESPACE }, namespaceSchema, call);
      const shown = list.items.flatMap(({ metadata: { name, creationTimestamp }, status }) => {
        if (!mayReach(authorizer, call.principal, NAME, name)) return [];
        const created = creationTimestamp === undefined ? {} : { created: creationTimestamp };
        return [{ name, phase: status?.phase ?? "Active", ...created }];
      });
      const { items, ...page } = cutPage(troubledFirst(shown, ({ phase }) => phase !== "Active"), { limit, cursor });
      return { namespaces: items, ...page, ...warningsMember(notesOf(list, list.items.length, "a role")) };
    },
  });
}
