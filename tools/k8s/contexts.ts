import type { Clusters } from "../clusters.ts";
import type { ClusterSource } from "./cluster_source.ts";
import { readContexts } from "./kube_config.ts";

/** Each is a word of the schema of each tool that asks a cluster. */
const CLUSTERS_MAX = 50;

/**
 * The clusters behind contexts of a kubeconfig; its current context is the default.
 *
 * @param wanted names of contexts, or all that there are
 * @throws {Error} that says what was expected of `wanted`.
 */
export async function chooseContexts(
  source: ClusterSource | undefined,
  wanted: "every" | readonly string[],
): Promise<Clusters> {
  if (source?.kind !== "kubeconfig") {
    const other = source?.kind === "account" ? "the pod's service account comes first" : "KUBECONFIG is not set";
    throw new Error(`expected KUBECONFIG, whose contexts it names, but ${other}`);
  }
  const { names: known, current } = await readContexts(source.paths);
  const names = wanted === "every" ? known : [...new Set(wanted)];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`expected contexts of KUBECONFIG, ${print(known)}, but got ${print(unknown)}`);
  }
  if (current === undefined || !names.includes(current)) {
    const got = current === undefined ? "which names none" : print([current]);
    throw new Error(`expected the current context of KUBECONFIG, ${got}, among them: it is the default`);
  }
  if (names.length > CLUSTERS_MAX) {
    throw new Error(`expected at most ${CLUSTERS_MAX} contexts, but got ${names.length}`);
  }
  return { names, default: current };
}

function print(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ") || "none";
}
