/**
 * Rewrites deno.json, in a copy of the project that is being built into an image, to what the shipped sources use: no
 * packages of the tests, no tasks whose files are left out. `deno ci --prod` knows development packages of a package.json
 * only, and `deno run` wants every package of deno.json in its cache.
 */
import { walkFiles } from "./walk.ts";

interface Config {
  readonly imports: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, { readonly command: string }>>;
  readonly [other: string]: unknown;
}

/** What `deno run` and `deno task` read of a configuration. */
const KEPT = ["version", "license", "nodeModulesDir", "unstable", "lock", "compilerOptions"];

/**
 * What is left of a configuration for an image.
 *
 * @param sources texts of the files that it holds; a package that one of them has as a string counts as used
 * @param files their paths, as tasks name them
 */
export function toProduction(config: Config, sources: readonly string[], files: ReadonlySet<string>): Config {
  const isUsed = (name: string) => sources.some((text) => text.includes(`"${name}"`) || text.includes(`"${name}/`));
  const isShipped = ({ command }: { command: string }) => files.has(/\S+\.ts/.exec(command)?.[0] ?? "");
  return {
    ...Object.fromEntries(Object.entries(config).filter(([key]) => KEPT.includes(key))),
    imports: Object.fromEntries(Object.entries(config.imports).filter(([name]) => isUsed(name))),
    tasks: Object.fromEntries(Object.entries(config.tasks).filter(([, task]) => isShipped(task))),
  };
}

if (import.meta.main) {
  const files = new Set(await Array.fromAsync(walkFiles(".", ".ts")));
  const sources = await Promise.all([...files].map((path) => Deno.readTextFile(path)));
  const config = JSON.parse(await Deno.readTextFile("deno.json"));
  await Deno.writeTextFile("deno.json", JSON.stringify(toProduction(config, sources, files), null, 2));
}
