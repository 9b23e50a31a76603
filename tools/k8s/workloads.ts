import { z } from "zod";
import { ToolError } from "../error.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { refusalWarning } from "./forbidden.ts";
import { troubledFirst } from "./health.ts";
import { DAEMON_SET, DEPLOYMENT, JOB, STATEFUL_SET } from "./known_kinds.ts";
import { labelsInput } from "./kind_input.ts";
import { notesOf, warningsMember } from "./list_notes.ts";
import { namespaceName } from "./namespace.ts";
import type { ObjectList } from "./objects.ts";
import { textNotes, textTable } from "./text_table.ts";
import { problemOf } from "./workload_problem.ts";
import { countsOf, workloadSchema, type WorkloadShape } from "./workload_shape.ts";

const PAGE_MAX = 500;
const KINDS = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET, JOB];

/** `k8s.workloads`: what should run in a namespace, and what of it does not. */
export function k8sWorkloads(cluster: Pick<Cluster, "objects">) {
  return defineTool({
    name: "k8s.workloads",
    toolset: "k8s",
    summary: "List workloads and what is wrong with them",
    description:
      "Lists the deployments, stateful sets, daemon sets and jobs of a namespace with the pods they want and " +
      "have, those with a problem first. k8s.rollout and k8s.describe_pod go on from there.",
    input: z.strictObject({ namespace: namespaceName, labels: labelsInput, ...pageInput(PAGE_MAX) }),
    output: z.object({
      workloads: z.array(z.object({
        kind: z.string().describe("Deployment, StatefulSet, DaemonSet or Job"),
        name: z.string().describe("Name"),
        desired: z.int().describe("Pods it wants; a job: completions"),
        ready: z.int().describe("Pods that are ready; a job: completions so far"),
        problem: z.string().optional().describe("What is wrong"),
      })).describe("Those with a problem first"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "conditions of workloads",
    print: (result) => {
      const rows = result.workloads.map((one) => [one.kind, one.name, `${one.ready}/${one.desired}`, one.problem]);
      return textTable(["kind", "name", "ready", "problem"], rows) + textNotes(result);
    },
    run: async ({ namespace, labels, limit, cursor }, call) => {
      const lists = await Promise.all(KINDS.map(async (kind) => {
        try {
          return await cluster.objects.listObjects({ kind, namespace, labels }, workloadSchema, call);
        } catch (error) {
          if (error instanceof ToolError && error.kind === "forbidden") return error;
          throw error;
        }
      }));
      const read = lists.filter((list): list is ObjectList<WorkloadShape> => !(list instanceof ToolError));
      const refused = lists.filter((list): list is ToolError => list instanceof ToolError);
      if (read.length === 0 && refused[0]) throw refused[0];
      const all = read.flatMap(({ items }) => items).map((workload) => {
        const { desired, ready } = countsOf(workload);
        const problem = problemOf(workload);
        const { kind, metadata: { name } } = workload;
        return { kind, name, desired, ready, ...(problem !== undefined && { problem }) };
      });
      const { items, ...page } = cutPage(troubledFirst(all, ({ problem }) => problem !== undefined), { limit, cursor });
      // That one kind has no objects says nothing of the namespace where another has.
      const said = (list: ObjectList<WorkloadShape>) => all.length > 0 ? { ...list, warnings: [] } : list;
      const notes = read.flatMap((list) => notesOf(said(list), list.items.length, "labels"));
      const warnings = [...new Set([...notes, ...refused.map((error) => `Not listed: ${refusalWarning(error)}`)])];
      return { workloads: items, ...page, ...warningsMember(warnings) };
    },
  });
}
