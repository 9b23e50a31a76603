/**
 * Writes the files that a ConfigMap repeats into its manifest: `kubectl apply -f` takes one file, and makes none of
 * others. tests/k8s/postgres_init_test.ts fails where this was forgotten.
 *
 *     deno run -A tests/k8s/config_maps.ts
 */
import { readMigrations } from "../../storage/postgres/migrate.ts";

/** A manifest whose last object is a ConfigMap, and the files that are its entries, by their paths in the project. */
export interface ConfigMapSource {
  readonly manifest: string;
  readonly files: readonly string[];
}

/** What each of them repeats. */
export async function configMaps(): Promise<readonly ConfigMapSource[]> {
  const migrations = (await readMigrations()).map(({ name }) => `storage/postgres/migrations/${name}.sql`);
  return [
    { manifest: "k8s/lab/postgres.yaml", files: migrations },
    { manifest: "k8s/lab/prometheus.yaml", files: ["k8s/monitoring/prometheus.yml", "k8s/monitoring/alerts.yml"] },
  ];
}

const ROOT = new URL("../../", import.meta.url);

/** The manifest with its ConfigMap's entries as the files are now. @throws where it has no `data:` at a line of its own */
export async function withEntries({ manifest, files }: ConfigMapSource): Promise<string> {
  const text = await Deno.readTextFile(new URL(manifest, ROOT));
  const start = text.lastIndexOf("\ndata:\n");
  if (start < 0) throw new Error(`Cannot find the ConfigMap of ${JSON.stringify(manifest)}: expected it last`);
  const entries = await Promise.all(files.map(async (path) => {
    const content = await Deno.readTextFile(new URL(path, ROOT));
    const name = path.slice(path.lastIndexOf("/") + 1);
    return `  ${name}: |\n${content.replaceAll(/^(?=.)/gm, "    ")}`;
  }));
  return `${text.slice(0, start)}\ndata:\n${entries.join("")}`;
}

if (import.meta.main) {
  for (const source of await configMaps()) {
    await Deno.writeTextFile(new URL(source.manifest, ROOT), await withEntries(source));
  }
}
