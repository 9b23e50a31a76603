import type { KubernetesApi } from "../kubernetes.ts";

/**
 * Writes a kubeconfig with a context for each cluster, each with credentials of its own; the first is the current one.
 * @returns its path
 */
export async function writeContexts(folder: string, apis: Readonly<Record<string, KubernetesApi>>): Promise<string> {
  const parts = Object.entries(apis).map(([name, api]) => {
    const { clusters: [{ cluster }], users: [{ user }] } = JSON.parse(api.kubeconfig({ user: "token" }));
    return { name, cluster, user };
  });
  const path = `${folder}/contexts.json`;
  const config = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": parts[0]?.name },
    clusters: parts.map(({ name, cluster }) => ({ name: `cluster of ${name}`, cluster })),
    users: parts.map(({ name, user }) => ({ name: `user of ${name}`, user })),
    contexts: parts.map(({ name }) => ({ name, context: { cluster: `cluster of ${name}`, user: `user of ${name}` } })),
  };
  await Deno.writeTextFile(path, JSON.stringify(config));
  return path;
}
