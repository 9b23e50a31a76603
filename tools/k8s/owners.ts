import { z } from "zod";
import { ToolError } from "../error.ts";
import type { ClusterCall } from "./cluster.ts";
import type { ClusterObjects } from "./objects.ts";
import { ownerSchema } from "./pod_shape.ts";

/** ReplicaSet → Deployment → an operator's kind → … */
const OWNERS_MAX = 4;

type Owner = z.output<typeof ownerSchema>;

const ownedSchema = z.object({ metadata: z.object({ ownerReferences: z.array(ownerSchema).optional() }) });

/** Who made an object, nearest first, as `Kind/name`; as far as the account may look. */
export async function ownerChain(
  objects: Pick<ClusterObjects, "findKind" | "getObject">,
  namespace: string,
  owner: Owner | undefined,
  call: ClusterCall,
): Promise<string[]> {
  const chain: string[] = [];
  let next = owner;
  while (next !== undefined && chain.length < OWNERS_MAX) {
    chain.push(`${next.kind}/${next.name}`);
    next = await ownerOf(objects, namespace, next, call);
  }
  return chain;
}

async function ownerOf(
  objects: Pick<ClusterObjects, "findKind" | "getObject">,
  namespace: string,
  { apiVersion, kind: named, name }: Owner,
  call: ClusterCall,
): Promise<Owner | undefined> {
  const [version, group] = apiVersion.split("/").reverse();
  try {
    const kind = await objects.findKind({ kind: named, group: group ?? "", version }, call);
    if (!kind.namespaced) return undefined;
    return ownedSchema.parse(await objects.getObject({ kind, namespace, name }, call)).metadata.ownerReferences?.[0];
  } catch (error) {
    // What made it may be gone, or not be the caller's to see: the chain ends here.
    if (error instanceof ToolError && ["forbidden", "not_found", "tool_failed"].includes(error.kind)) return undefined;
    throw error;
  }
}
