import { ToolError } from "../error.ts";
import type { Cluster } from "./cluster.ts";

/** The cluster of a server that was given none: its tools are listed, and each call says what to set. */
export function clusterNotConfigured(): Cluster {
  const refuse = () =>
    Promise.reject(
      new ToolError("unavailable", "No Kubernetes cluster is configured", {
        hint: "Ask the operator to run the server in the cluster with a service account, or to set KUBECONFIG, " +
          "or KUBE_API_URL with KUBE_TOKEN and KUBE_CA",
        data: { settings: ["KUBECONFIG", "KUBE_API_URL", "KUBE_TOKEN", "KUBE_CA"] },
      }),
    );
  return {
    asCaller: false,
    objects: { findKind: refuse, listTable: refuse, listObjects: refuse, getObject: refuse, review: refuse },
    changes: { read: refuse, patch: refuse },
    listPods: refuse,
    watchedPods: () => Promise.resolve("off"),
    findContainers: refuse,
    readLog: refuse,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
