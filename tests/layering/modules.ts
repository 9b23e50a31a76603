import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";

/** One import of a module, as Deno's own parser found it. */
export interface Import {
  /** `storage/clock.ts` for a file of the tree; `npm:ioredis`, `node:net`, … for anything else. */
  readonly target: string;
  /** Gone before the code runs. */
  readonly typeOnly: boolean;
  /** Loaded when the code comes there: `await import(…)`. */
  readonly dynamic: boolean;
}

/** A module of the tree. */
export interface Module {
  /** `server/app.ts`, from the root. */
  readonly path: string;
  readonly source: string;
  readonly imports: readonly Import[];
}

/** Folders that are not the product's own code. */
const SKIPPED = new Set(["tests", "bench", "data", "docs", "node_modules"]);

const resolved = z.object({ specifier: z.string().optional(), error: z.string().optional() });
const information = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    error: z.string().optional(),
    dependencies: z.array(z.object({
      specifier: z.string(),
      code: resolved.optional(),
      type: resolved.optional(),
      isDynamic: z.boolean().default(false),
    })).default([]),
  })),
});

/**
 * Every module under the root with its imports, read by `deno info`; an import whose name is put together at run time is
 * not seen.
 *
 * @param config the deno.json whose names of packages hold
 * @throws where a module cannot be parsed or an import cannot be resolved.
 */
export async function readModules(root: string, config: string): Promise<readonly Module[]> {
  const paths = [...modulePaths(root, "")];
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = paths.map((path) => `import ${JSON.stringify(pathToFileURL(`${root}/${path}`).href)};\n`);
    await Deno.writeTextFile(entry, lines.join(""));
    const graph = await informationOf(entry, config);
    const byUrl = new Map(graph.modules.map((module) => [module.specifier, module]));
    return paths.map((path) => {
      const found = byUrl.get(pathToFileURL(`${root}/${path}`).href);
      if (!found || found.error !== undefined) throw new Error(`Cannot read ${path}: ${found?.error ?? "not found"}`);
      return {
        path,
        source: Deno.readTextFileSync(`${root}/${path}`),
        imports: found.dependencies.map(({ specifier, code, type, isDynamic }) => {
          const to = code ?? type;
          if (to?.specifier === undefined) throw new Error(`Cannot resolve ${specifier} in ${path}: ${to?.error}`);
          return { target: targetOf(to.specifier, root), typeOnly: code === undefined, dynamic: isDynamic };
        }),
      };
    });
  } finally {
    await Deno.remove(entry);
  }
}

async function informationOf(entry: string, config: string): Promise<z.output<typeof information>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", config, entry],
  }).output();
  if (!success) throw new Error(`deno info failed: ${new TextDecoder().decode(stderr)}`);
  return information.parse(JSON.parse(new TextDecoder().decode(stdout)));
}

/** `npm:ioredis@6.0.0` is `npm:ioredis`, `npm:@kubernetes/client-node@2.0.1/dist/x.js` its package. */
function targetOf(specifier: string, root: string): string {
  if (specifier.startsWith("file:")) return relative(root, fileURLToPath(specifier));
  const packaged = /^npm:\/?(@[^/]+\/[^@/]+|[^@/]+)/.exec(specifier)?.[1];
  return packaged === undefined ? specifier : `npm:${packaged}`;
}

function* modulePaths(root: string, folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(`${root}/${folder}`)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (name.startsWith(".") || SKIPPED.has(name)) continue;
    if (isDirectory) yield* modulePaths(root, `${folder}${name}/`);
    else if (/\.(?:[mc]?[jt]sx?)$/.test(name)) yield folder + name;
  }
}
