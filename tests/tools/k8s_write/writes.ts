import { type Authorizer, openAuthorizer } from "../../../tools/authorizer.ts";
import type { CallPathOptions } from "../../../tools/call.ts";
import type { CallContext } from "../../../tools/call_context.ts";
import { type KubernetesClusterOptions, openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import type { WriteConfirm } from "../../../tools/k8s/write/ask_first.ts";
import { clusterWriteTools } from "../../../tools/k8s/write/toolset.ts";
import type { ToolsetOptions } from "../../../tools/catalogue.ts";
import type { Grant } from "../../services/kubernetes/access.ts";
import { type KubernetesApi, startKubernetesApi } from "../../services/kubernetes.ts";
import { testCallPath, testContext } from "../call_path.ts";

const SHOP = ["deployments", "statefulsets", "daemonsets"];

/** All that the toolset may need, to a user or group. */
export function writeGrants(to: string): Grant[] {
  const workloads = [...SHOP, ...["deployments", "statefulsets", "replicasets"].map((plural) => `${plural}/scale`)];
  return [
    { to, verbs: ["get", "patch"], resources: workloads.map((one) => `${one}.apps`), namespace: "shop" },
    { to, verbs: ["get", "patch"], resources: ["nodes"] },
  ];
}

export interface WriteOptions extends Pick<KubernetesClusterOptions, "impersonate" | "requestTimeoutMs"> {
  readonly writeConfirm?: WriteConfirm;
  readonly authorizer?: Partial<Authorizer>;
  readonly path?: Partial<CallPathOptions>;
}

/** The toolset on a call path, over an API. */
export async function openWrites(
  api: KubernetesApi,
  { authorizer, path, writeConfirm, ...options }: WriteOptions = {},
) {
  const source = { kind: "url", url: api.url, token: api.token, ca: api.certificates.authority } as const;
  const cluster = openKubernetesCluster(source, options);
  await cluster.warm();
  const all = { ...openAuthorizer, ...authorizer };
  const clock = { now: () => Date.parse("2026-11-22T12:00:00Z") };
  // What the toolset takes of the options.
  const tools = clusterWriteTools({ cluster, authorizer: all, clock, writeConfirm } as unknown as ToolsetOptions);
  const intents: string[] = [];
  const call = testCallPath(tools, {
    authorizer: all,
    intents: { intend: ({ eventId }) => Promise.resolve(void intents.push(eventId)) },
    ...path,
  });
  return {
    ...call,
    intents,
    /** Calls a tool and gives its result. */
    async run(tool: string, args: Readonly<Record<string, unknown>>, context: Partial<CallContext> = {}) {
      const { text } = await call.call({ method: "tools/call", tool, args }, testContext(context));
      return JSON.parse(text);
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** An API whose account has the toolset's rights. */
export async function startWritableApi(): Promise<KubernetesApi> {
  const api = await startKubernetesApi();
  api.grant(...writeGrants("system:serviceaccount:mcp-lab:mcp-server"));
  return api;
}

/** The PATCH requests that would change something. */
export function patches(api: KubernetesApi) {
  return api.requests.filter(({ method, url }) => method === "PATCH" && !url.searchParams.has("dryRun"));
}
