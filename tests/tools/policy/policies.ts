import { z } from "zod";
import type { AccessedTool, Authorizer } from "../../../tools/authorizer.ts";
import type { Principal } from "../../../tools/call_context.ts";
import type { Clusters } from "../../../tools/clusters.ts";
import { createPolicyAuthorizer } from "../../../tools/policy/authorizer.ts";
import { parsePolicy } from "../../../tools/policy/parse.ts";

/** Tools such as the catalogue has, as far as a policy looks at them. */
export const TOOLS = {
  list: { name: "mcp.tools.list", effect: "read", input: z.strictObject({}) },
  get: { name: "ctx.get", effect: "read", input: z.strictObject({ key: z.string() }) },
  set: { name: "ctx.set", effect: "own", input: z.strictObject({ key: z.string(), value: z.any() }) },
  pods: {
    name: "k8s.list_pods",
    effect: "read",
    input: z.strictObject({ namespace: z.string(), limit: z.int().default(100) }),
  },
  restart: {
    name: "k8s.restart",
    effect: "outside",
    input: z.strictObject({ namespace: z.string().optional(), name: z.string() }),
  },
  query: { name: "prom.query_simple", effect: "read", input: z.strictObject({ query: z.string() }) },
} as const satisfies Record<string, AccessedTool>;

/** The clusters of a server that has several. */
export const CLUSTERS: Clusters = { names: ["test", "prod-eu", "prod-us"], default: "test" };

/** A tool that asks a cluster, as such a server has it. */
export function ofClusters({ input, ...tool }: AccessedTool): AccessedTool {
  return { ...tool, input: z.strictObject({ ...input.shape, cluster: z.enum(CLUSTERS.names).optional() }) };
}

export function principal(roles: readonly string[] = [], more: Partial<Principal> = {}): Principal {
  return { name: "alice", authMethod: "token", roles, ...more };
}

/** @param clusters those of the server; left out where it asks one alone */
export async function authorizerOf(document: unknown, clusters?: Clusters): Promise<Authorizer> {
  return createPolicyAuthorizer(await parsePolicy(JSON.stringify(document), clusters));
}
