import { z } from "zod";
import { ROOT } from "../services/server.ts";
import { type KubernetesObject, nameOf } from "./objects.ts";

/** The compiler loads types of some thousand files. */
const CHECK_MS = 120_000;

type Validating = new (data: KubernetesObject) => { validate(): void };

/** The package that has the schema of an object. */
function moduleOf({ apiVersion, kind }: KubernetesObject): string {
  const owner = apiVersion.startsWith("monitoring.coreos.com/")
    ? "@kubernetes-models/prometheus-operator"
    : "kubernetes-models";
  return `${owner}/${apiVersion}/${kind}`;
}

/**
 * What Kubernetes' own schemas say against the objects: wrong types and formats, and what is missing.
 *
 * @throws where there is no such kind
 */
export async function schemaErrors(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const errors = await Promise.all(objects.map(async (object) => {
    const models: Record<string, unknown> = await import(moduleOf(object));
    // The package has a class of the kind's name, which its own types say only where the name is known.
    const model = z.custom<Validating>((value) => typeof value === "function").parse(models[object.kind]);
    try {
      new model(object).validate();
      return [];
    } catch (error) {
      return [`${nameOf(object)}: ${error instanceof Error ? error.message : String(error)}`];
    }
  }));
  return errors.flat();
}

/**
 * What the compiler says against the objects as literals of the schemas' types. It knows what the schemas let pass:
 * a field that does not exist, as which the API ignores a misspelt one.
 */
export async function unknownFields(objects: readonly KubernetesObject[]): Promise<string> {
  const lines = objects.map((object, index) =>
    `export const o${index}: import("${moduleOf(object)}").I${object.kind} = ${JSON.stringify(object)};`
  );
  const folder = await Deno.makeTempDir({ prefix: "manifests-" });
  try {
    await Deno.writeTextFile(`${folder}/objects.ts`, lines.join("\n"));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", `${ROOT}deno.json`, `${folder}/objects.ts`],
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(CHECK_MS),
    }).output();
    return success ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
