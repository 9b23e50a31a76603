import { type Authorizer, openAuthorizer } from "../../../tools/authorizer.ts";
import { type CatalogueOptions, createCatalogue } from "../../../tools/catalogue.ts";
import type { CallContext } from "../../../tools/call_context.ts";
import { openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import { prometheusNotConfigured } from "../../../tools/prom/prometheus.ts";
import { openRunbookLibrary } from "../../../tools/runbook/library.ts";
import { chooseToolsets } from "../../../tools/toolsets.ts";
import { SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import { testCallPath, testContext } from "../call_path.ts";
import { startWritableApi } from "../k8s_write/writes.ts";
import { MapCache } from "../prom/map_cache.ts";

export const CART = `---
title: Cart is slow
severity: warning
---

## Look

\`\`\`sh
kubectl get pods -n <namespace>
\`\`\`

## Restart

\`\`\`sh
kubectl rollout restart deployment/<deployment> -n <namespace>
\`\`\`

## By hand

\`\`\`sh
kubectl get pods -n <namespace> | xargs kubectl delete
\`\`\`

## Scale

\`\`\`sh
kubectl scale deployment/storefront --replicas=3 -n <namespace>
\`\`\`
`;

export const PARAMETERS = { namespace: "shop", deployment: "cart" };
export const PLAN = { runbook_id: "cart", parameters: PARAMETERS, plan: true };

/** The catalogue's own tools over a cluster, with a runbook to plan. */
export async function openRunbookLab({ toolsets = ["runbook", "runbook-run", "k8s-write"], text = CART } = {}) {
  const api = await startWritableApi();
  api.grant({ to: SERVICE_ACCOUNT, verbs: ["list"], resources: ["pods"], namespace: "shop" });
  api.grant({ to: SERVICE_ACCOUNT, verbs: ["get"], resources: ["pods/log"], namespace: "shop" });
  const folder = await Deno.makeTempDir({ prefix: "runbooks-" });
  const write = (text: string) => Deno.writeTextFile(`${folder}/cart.md`, text);
  await write(text);
  const source = { kind: "url", url: api.url, token: api.token, ca: api.certificates.authority } as const;
  const cluster = openKubernetesCluster(source);
  await cluster.warm();
  let authorize: Authorizer["authorize"] = openAuthorizer.authorize;
  const authorizer = {
    ...openAuthorizer,
    authorize: (request: Parameters<typeof authorize>[0]) => authorize(request),
  };
  const cache = new MapCache();
  const tools = await createCatalogue({
    ...{ authorizer, cluster, cache, toolsets: chooseToolsets(toolsets), prometheus: prometheusNotConfigured() },
    runbooks: openRunbookLibrary(folder),
    clock: { now: () => Date.parse("2026-11-22T12:00:00Z") },
    contextScope: "shared",
    guardrail: { check: () => Promise.resolve([]) },
    // No other tool is called.
  } as unknown as CatalogueOptions);
  const intents: string[] = [];
  const path = testCallPath(tools, {
    authorizer,
    resultBytesMax: 100_000,
    toolTimeoutMs: 20_000,
    intents: { intend: ({ eventId }) => Promise.resolve(void intents.push(eventId)) },
  });
  return {
    ...path,
    ...{ api, cache, intents, write, tools },
    /** From now on the policy says this. */
    decide: (by: Authorizer["authorize"]) => authorize = by,
    // deno-lint-ignore no-explicit-any -- a result of JSON.parse
    async run(tool: string, args: Readonly<Record<string, unknown>>, context: Partial<CallContext> = {}): Promise<any> {
      const { text } = await path.call({ method: "tools/call", tool, args }, testContext(context));
      return JSON.parse(text);
    },
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
