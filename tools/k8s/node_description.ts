import { z } from "zod";
import { conditionWords } from "./container_words.ts";
import { conditionSchema, type PodRequests } from "./pod_shape.ts";
import { parseQuantity, toMebibytes, toMillicores } from "./quantity.ts";
import { requestsOf } from "./requests.ts";

const TEXT_CHARS_MAX = 160;
const TAINTS_MAX = 10;

export const nodeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    unschedulable: z.boolean().optional(),
    taints: z.array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() })).optional(),
  }).optional(),
  status: z.object({
    allocatable: z.record(z.string(), z.string()).optional(),
    conditions: z.array(conditionSchema).optional(),
    nodeInfo: z.object({ kubeletVersion: z.string() }).optional(),
  }),
});

export const nodeMembers = {
  name: z.string().describe("Name"),
  ready: z.boolean().describe("Takes pods"),
  problems: z.array(z.string()).optional().describe("What is wrong"),
  taints: z.array(z.string()).optional().describe("What keeps pods away"),
  cpu_m: z.int().describe("Millicores for pods"),
  cpu_requested_m: z.int().optional().describe("Millicores that pods request"),
  memory_mi: z.int().describe("MiB for pods"),
  memory_requested_mi: z.int().optional().describe("MiB that pods request"),
  pods: z.int().describe("Pods it may have"),
  pods_running: z.int().optional().describe("Pods it has"),
  version: z.string().optional().describe("Kubelet's version"),
};

type DescribedNode = z.output<z.ZodObject<typeof nodeMembers>>;

/** @param pods that hold something of the node; `undefined` where that is not known */
export function describeNode(
  { metadata, spec = {}, status }: z.output<typeof nodeSchema>,
  pods: readonly PodRequests[] | undefined,
): DescribedNode {
  const { allocatable = {}, conditions = [], nodeInfo } = status;
  const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
  const bad = conditions.filter(({ type, status }) =>
    // Ready must be true, all others false; Unknown is bad for either.
    status !== (type === "Ready" ? "True" : "False")
  );
  const problems = [
    ...bad.map((one) => conditionWords(one, TEXT_CHARS_MAX)),
    ...(spec.unschedulable ? ["cordoned"] : []),
  ];
  const taints = (spec.taints ?? []).slice(0, TAINTS_MAX)
    .map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`);
  const requested = pods?.map(requestsOf);
  const sum = (resource: "cpu" | "memory") => requested?.reduce((total, one) => total + one[resource], 0) ?? 0;
  return {
    name: metadata.name,
    ready: isReady,
    ...(problems.length > 0 && { problems }),
    ...(taints.length > 0 && { taints }),
    cpu_m: toMillicores(parseQuantity(allocatable["cpu"]) ?? 0),
    ...(requested && { cpu_requested_m: toMillicores(sum("cpu")) }),
    memory_mi: toMebibytes(parseQuantity(allocatable["memory"]) ?? 0),
    ...(requested && { memory_requested_mi: toMebibytes(sum("memory")) }),
    pods: Math.round(parseQuantity(allocatable["pods"]) ?? 0),
    ...(pods && { pods_running: pods.length }),
    ...(nodeInfo && { version: nodeInfo.kubeletVersion }),
  };
}
