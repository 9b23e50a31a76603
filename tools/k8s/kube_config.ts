import { Buffer } from "node:buffer";
import { delimiter } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { ToolError } from "../error.ts";
import type { ClusterSource } from "./cluster_source.ts";

/**
 * Reads where the cluster is and which credentials to use. It is here that `@kubernetes/client-node` is loaded, which
 * takes 400 ms and more: on the first use, or when the server has nothing else to do.
 *
 * @throws {ToolError} `unavailable` when the source cannot be used.
 */
export async function loadKubeConfig(source: ClusterSource): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  try {
    return load(source, () => new KubeConfig());
  } catch (cause) {
    throw new ToolError("unavailable", `Cannot use the cluster's configuration: ${messageOf(cause)}`, {
      hint: configurationHint(source),
      cause,
    });
  }
}

/** The names of a kubeconfig's contexts, and of its current one. @throws {Error} when it cannot be read. */
export async function readContexts(
  paths: string,
): Promise<{ readonly names: readonly string[]; readonly current: string | undefined }> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const { contexts, currentContext } = loadFiles(paths, () => new KubeConfig());
  return { names: contexts.map(({ name }) => name), current: currentContext || undefined };
}

/** What an operator checks when the configuration or its credentials do not work. */
export function configurationHint(source: ClusterSource): string {
  switch (source.kind) {
    case "account":
      return `Ask the operator to check the service account mounted at ${JSON.stringify(source.folder)}`;
    case "kubeconfig":
      return `Ask the operator to check KUBECONFIG=${JSON.stringify(source.paths)}: its ` +
        (source.context === undefined ? "current context" : `context ${JSON.stringify(source.context)}`) +
        ", and the credentials of its user";
    case "url":
      return "Ask the operator to check KUBE_API_URL, KUBE_TOKEN and KUBE_CA";
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function load(source: ClusterSource, create: () => KubeConfig): KubeConfig {
  const config = source.kind === "kubeconfig" ? loadFiles(source.paths, create) : create();
  if (source.kind === "kubeconfig" && source.context !== undefined) config.setCurrentContext(source.context);
  if (source.kind === "account") {
    const { host, port, folder } = source;
    config.loadFromClusterAndUser(
      {
        name: "in-cluster",
        server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
        caFile: `${folder}/ca.crt`,
        skipTLSVerify: false,
      },
      // The token is read from its file again every minute: the kubelet rotates it.
      { name: "service-account", authProvider: { name: "tokenFile", config: { tokenFile: `${folder}/token` } } },
    );
  }
  if (source.kind === "url") {
    const { url, token, ca } = source;
    config.loadFromClusterAndUser(
      {
        name: "url",
        server: url.replace(/\/+$/, ""),
        skipTLSVerify: false,
        ...(ca && { caData: Buffer.from(ca).toString("base64") }),
      },
      { name: "token", token },
    );
  }
  requireUsable(config, source.kind === "kubeconfig" && source.context !== undefined);
  return config;
}

/** Several files as kubectl merges them: the first to name a thing wins, and one that is missing is passed over. */
function loadFiles(paths: string, create: () => KubeConfig): KubeConfig {
  const files = paths.split(delimiter).filter((path) => path !== "");
  const merged = create();
  let loaded = 0;
  for (const file of files) {
    const config = create();
    try {
      config.loadFromFile(file);
    } catch (error) {
      if (files.length > 1 && isNotFound(error)) continue;
      throw error;
    }
    loaded++;
    config.clusters = config.clusters.filter(({ name }) => !merged.clusters.some((other) => other.name === name));
    config.users = config.users.filter(({ name }) => !merged.users.some((other) => other.name === name));
    config.contexts = config.contexts.filter(({ name }) => !merged.contexts.some((other) => other.name === name));
    merged.mergeConfig(config, Boolean(merged.currentContext));
  }
  if (loaded === 0) throw new Error(`None of the files ${JSON.stringify(paths)} exists`);
  return merged;
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Refuses what would later fail in obscurer words, or would be passed over in silence. */
function requireUsable(config: KubeConfig, isChosen: boolean): void {
  const context = config.getContextObject(config.currentContext);
  if (!context) {
    const names = config.contexts.map(({ name }) => JSON.stringify(name)).join(", ");
    throw new Error(
      `Expected ${isChosen ? "the name of" : "current-context to name"} a context, but got ${
        JSON.stringify(config.currentContext ?? null)
      }` +
        (names ? `; there are ${names}` : ""),
    );
  }
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`Context ${JSON.stringify(context.name)} names a cluster that is not there`);
  if (!config.getCurrentUser()) throw new Error(`Context ${JSON.stringify(context.name)} names no user that is there`);
  if (!cluster.server.startsWith("https://")) {
    throw new Error(`Expected the API's URL to start with https://, but got ${JSON.stringify(cluster.server)}`);
  }
  // Deno's fetch always verifies the certificate, and for the name that it connects to.
  if (cluster.skipTLSVerify) {
    throw new Error(`insecure-skip-tls-verify is not supported: give the API's authority for ${cluster.server}`);
  }
  if (cluster.tlsServerName) {
    throw new Error(`tls-server-name is not supported: use a name for ${cluster.server} that its certificate has`);
  }
}
