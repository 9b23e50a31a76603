/** Where a cluster's API is, and how the server shows who it is. */
export type ClusterSource =
  /** The service account that a pod is given: `host` and `port` of the API, and the folder of `token` and `ca.crt`. */
  | { readonly kind: "account"; readonly host: string; readonly port: string; readonly folder: string }
  /**
   * `paths`: a kubeconfig file, or several with the system's path separator between them, as in `KUBECONFIG`.
   * `context`: the one of its contexts to use; the current one where left out.
   */
  | { readonly kind: "kubeconfig"; readonly paths: string; readonly context?: string | undefined }
  /** `ca`: PEM of the authority that signed the API's certificate; only the system's authorities where left out. */
  | { readonly kind: "url"; readonly url: string; readonly token: string; readonly ca?: string | undefined };

/** Where Kubernetes mounts a pod's service account. */
export const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The settings that name a cluster, and what Kubernetes itself sets in a pod. */
export interface ClusterEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
  readonly KUBERNETES_SERVICE_PORT?: string | undefined;
  readonly KUBECONFIG?: string | undefined;
  readonly KUBE_API_URL?: string | undefined;
  readonly KUBE_TOKEN?: string | undefined;
  readonly KUBE_CA?: string | undefined;
}

/**
 * The cluster to use: the in-cluster account, else `KUBECONFIG`, else `KUBE_API_URL`; `undefined` where none is set.
 *
 * @param isFile tells an account's folder that is mounted from one that is not (`automountServiceAccountToken: false`)
 */
export function findClusterSource(
  environment: ClusterEnvironment,
  isFile: (path: string) => boolean = isThere,
  folder = ACCOUNT_FOLDER,
): ClusterSource | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, KUBECONFIG, KUBE_API_URL } = environment;
  if (host && port && isFile(`${folder}/token`)) return { kind: "account", host, port, folder };
  if (KUBECONFIG) return { kind: "kubeconfig", paths: KUBECONFIG };
  if (KUBE_API_URL) {
    return { kind: "url", url: KUBE_API_URL, token: environment.KUBE_TOKEN ?? "", ca: environment.KUBE_CA };
  }
  return undefined;
}

/** The same source by another of its contexts, which only a kubeconfig has. */
export function inContext(source: ClusterSource, context: string | undefined): ClusterSource {
  return source.kind === "kubeconfig" ? { ...source, context } : source;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
