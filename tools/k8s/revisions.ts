import { z } from "zod";
import { ToolError } from "../error.ts";
import type { ClusterCall } from "./cluster.ts";
import { refusalWarning } from "./forbidden.ts";
import { CONTROLLER_REVISION, REPLICA_SET } from "./known_kinds.ts";
import { shorten } from "./list_notes.ts";
import type { ClusterObjects } from "./objects.ts";
import { ownerSchema } from "./pod_shape.ts";
import type { WorkloadShape } from "./workload_shape.ts";

const REVISION = "deployment.kubernetes.io/revision";
const CAUSE = "kubernetes.io/change-cause";
const TEXT_CHARS_MAX = 200;
const IMAGES_MAX = 6;

export const revisionMembers = {
  revision: z.int().describe("Number"),
  name: z.string().describe("Its ReplicaSet or ControllerRevision"),
  created: z.string().optional().describe("Time in UTC"),
  images: z.array(z.string()).describe("Images of its containers"),
  pods: z.int().optional().describe("Pods of it; a deployment's only"),
  cause: z.string().optional().describe("kubernetes.io/change-cause"),
};

type Revision = z.output<z.ZodObject<typeof revisionMembers>>;

const template = z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string().optional() })) }) });
const revisionSchema = z.object({
  metadata: z.object({
    name: z.string(),
    creationTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    ownerReferences: z.array(ownerSchema).optional(),
  }),
  spec: z.object({ template: template.optional() }).optional(),
  status: z.object({ replicas: z.number().optional() }).optional(),
  revision: z.number().optional(),
  data: z.object({ spec: z.object({ template: template.optional() }).optional() }).nullish(),
});

/** The revisions of a workload, the newest first; none, and why, where the account may not list them. */
export async function readRevisions(
  objects: Pick<ClusterObjects, "listObjects">,
  { kind: owner, metadata: { name }, spec: { selector } }: WorkloadShape,
  namespace: string,
  call: ClusterCall,
): Promise<{ readonly all: readonly Revision[]; readonly warnings: readonly string[] }> {
  const kind = owner === "Deployment" ? REPLICA_SET : CONTROLLER_REVISION;
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([label, value]) => `${label}=${value}`).join(",");
  try {
    const { items } = await objects.listObjects({ kind, namespace, labels: labels || undefined }, revisionSchema, call);
    const own = items.filter(({ metadata }) =>
      metadata.ownerReferences?.some((one) => one.kind === owner && one.name === name)
    );
    return { all: own.map(toRevision).sort((a, b) => b.revision - a.revision), warnings: [] };
  } catch (error) {
    if (!(error instanceof ToolError && error.kind === "forbidden")) throw error;
    return { all: [], warnings: [`No history: ${refusalWarning(error)}`] };
  }
}

function toRevision({ metadata, spec, status, revision, data }: z.output<typeof revisionSchema>): Revision {
  const { name, creationTimestamp, annotations = {} } = metadata;
  const containers = (spec?.template ?? data?.spec?.template)?.spec.containers ?? [];
  const cause = annotations[CAUSE];
  return {
    revision: revision ?? (Number(annotations[REVISION]) || 0),
    name,
    ...(creationTimestamp !== undefined && { created: creationTimestamp }),
    images: containers.slice(0, IMAGES_MAX).map(({ image = "" }) => shorten(image, TEXT_CHARS_MAX)),
    ...(status?.replicas !== undefined && { pods: status.replicas }),
    ...(cause !== undefined && { cause: shorten(cause, TEXT_CHARS_MAX) }),
  };
}
