import { z } from "zod";
import type { Authorizer } from "../authorizer.ts";
import { ToolError } from "../error.ts";
import { cutPage, pageInput, pageMembers } from "../paging.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { refusalWarning } from "./forbidden.ts";
import { troubledFirst } from "./health.ts";
import { NODE, POD } from "./known_kinds.ts";
import { notesOf, warningsMember } from "./list_notes.ts";
import { describeNode, nodeMembers, nodeSchema } from "./node_description.ts";
import { podRequestsSchema } from "./pod_shape.ts";
import { requireWholeCluster } from "./reach.ts";
import { isOnNode } from "./requests.ts";
import { textNotes, textTable } from "./text_table.ts";

const PAGE_MAX = 500;
const NAME = "k8s.nodes";

/** `k8s.nodes`: the cluster's nodes, what is wrong with them, and how full they are. */
export function k8sNodes(cluster: Pick<Cluster, "objects">, authorizer: Pick<Authorizer, "authorize">) {
  return defineTool({
    name: NAME,
    toolset: "k8s",
    summary: "List nodes, their pressure and how full they are",
    description:
      "Lists the nodes with problems (not ready, under pressure, cordoned), taints, and what their pods request " +
      "of what they have; those with a problem first.",
    input: z.strictObject(pageInput(PAGE_MAX)),
    output: z.object({
      nodes: z.array(z.object(nodeMembers)).describe("Those with a problem first"),
      ...pageMembers,
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "conditions and taints of nodes",
    print: (result) => {
      const rows = result.nodes.map((one) => [
        ...[one.name, one.ready ? "yes" : "no", `${one.cpu_requested_m ?? "?"}/${one.cpu_m}`],
        ...[
          `${one.memory_requested_mi ?? "?"}/${one.memory_mi}`,
          `${one.pods_running ?? "?"}/${one.pods}`,
          one.version,
        ],
        [...one.problems ?? [], ...(one.taints ?? []).map((taint) => `taint ${taint}`)].join("; "),
      ]);
      return textTable(["name", "ready", "cpu m", "memory Mi", "pods", "version", "problems"], rows) +
        textNotes(result);
    },
    run: async ({ limit, cursor }, call) => {
      requireWholeCluster(authorizer, call.principal, NAME);
      const [nodes, pods] = await Promise.all([
        cluster.objects.listObjects({ kind: NODE }, nodeSchema, call),
        cluster.objects.listObjects({ kind: POD }, podRequestsSchema, call).catch((error: unknown) => {
          if (error instanceof ToolError && error.kind === "forbidden") return error;
          throw error;
        }),
      ]);
      const isRefused = pods instanceof ToolError;
      const onNodes = isRefused ? undefined : Map.groupBy(pods.items.filter(isOnNode), ({ spec }) => spec.nodeName);
      const all = nodes.items.map((node) => describeNode(node, onNodes && (onNodes.get(node.metadata.name) ?? [])));
      const { items, ...page } = cutPage(troubledFirst(all, ({ problems }) => problems !== undefined), {
        limit,
        cursor,
      });
      const warnings = [
        ...notesOf(nodes, nodes.items.length, "k8s.list with fields"),
        ...(isRefused
          ? [`What is requested is not known: ${refusalWarning(pods)}`]
          : notesOf(pods, pods.items.length, "nothing")),
      ];
      return { nodes: items, ...page, ...warningsMember([...new Set(warnings)]) };
    },
  });
}
