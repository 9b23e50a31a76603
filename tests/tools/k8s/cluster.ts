import assert from "node:assert/strict";
import { ToolError, type ToolErrorKind } from "../../../tools/error.ts";
import type { ClusterSource } from "../../../tools/k8s/cluster_source.ts";
import { type KubernetesCluster, openKubernetesCluster } from "../../../tools/k8s/kubernetes_cluster.ts";
import type { KubernetesApi } from "../../services/kubernetes.ts";
import type { KubeconfigOptions } from "../../services/kubernetes/kubeconfig.ts";

/** A cluster as its admin, or whoever `options` say. */
export async function openByKubeconfig(
  api: KubernetesApi,
  options: KubeconfigOptions = {},
  requestTimeoutMs = 10_000,
): Promise<KubernetesCluster> {
  const source: ClusterSource = { kind: "kubeconfig", paths: await api.kubeconfigFile(options) };
  return openKubernetesCluster(source, { requestTimeoutMs });
}

/** Expects a ToolError with these words. @returns it, for more. */
export async function rejectsWith(
  promise: Promise<unknown>,
  kind: ToolErrorKind,
  message: string | RegExp,
  hint: string | RegExp,
): Promise<ToolError> {
  const error = await promise.then(() => undefined, (error) => error);
  assert(error instanceof ToolError, `Expected a ToolError, but got ${Deno.inspect(error)}`);
  const matches = (text: string, expected: string | RegExp) =>
    typeof expected === "string" ? assert.equal(text, expected) : assert.match(text, expected);
  matches(error.message, message);
  matches(error.hint ?? "", hint);
  assert.equal(error.kind, kind);
  return error;
}
