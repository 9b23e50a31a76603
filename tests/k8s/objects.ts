import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { findBinary } from "../services/process.ts";
import { ROOT } from "../services/server.ts";

/** A build of this size takes some 100 ms. */
const BUILD_MS = 30_000;

const labels = z.record(z.string(), z.string());
const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional(), labels: labels.optional() }),
});

/** An object of Kubernetes, as it is sent to the API. */
export type KubernetesObject = z.output<typeof objectSchema>;

/** The objects of a YAML text, an empty document left out. @throws where it is no YAML, or holds something else */
export function parseObjects(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const value: unknown = document.toJS();
    return value === null ? [] : [objectSchema.parse(value)];
  });
}

/** The objects of a file of this repository. */
export async function readManifest(path: string): Promise<readonly KubernetesObject[]> {
  return parseObjects(await Deno.readTextFile(`${ROOT}${path}`));
}

/** What `kubectl kustomize` makes of a folder of this repository. @throws with what it says where it fails */
export async function kustomize(path: string): Promise<readonly KubernetesObject[]> {
  const kubectl = findBinary("kubectl", ["/usr/local/bin/kubectl", "/usr/bin/kubectl"]);
  const { success, stdout, stderr } = await new Deno.Command(kubectl, {
    args: ["kustomize", `${ROOT}${path}`],
    signal: AbortSignal.timeout(BUILD_MS),
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot build ${path}: ${decoder.decode(stderr)}`);
  return parseObjects(decoder.decode(stdout));
}

/** `kind/name`, as kubectl prints it. */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.name}`;
}

/** The one object of a kind and name. @throws where there is none */
export function find(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`Cannot find ${kind}/${name} in ${objects.map(nameOf).join(", ")}`);
  return found;
}

export { labels as labelsSchema };
