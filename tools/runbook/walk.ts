import { sep } from "node:path";
import { isWithin } from "./within.ts";

/** `content/runbooks/<component>` of a clone of prometheus-operator/runbooks is three folders down. */
const DEPTH_MAX = 3;
const FOLDERS_MAX = 200;
/** Of all folders together: a folder of something else is not read to its end. */
const ENTRIES_MAX = 10_000;
const SUFFIX = ".md";

/**
 * Paths of the Markdown files in a folder and in those within it, without `.md`, those near the top first. Hidden folders
 * are left out; a link to a folder is followed within the root, and each folder is read once.
 *
 * @param root its real path
 * @throws {Error} of Deno where the folder itself cannot be listed
 */
export async function* walkMarkdown(root: string): AsyncGenerator<string, void, undefined> {
  const folders = [{ path: "", depth: 0 }];
  const seen = new Set([root]);
  let entries = 0;
  for (const { path, depth } of folders) { // It grows as it is walked.
    for await (const entry of listFolder(root, path)) {
      if (++entries > ENTRIES_MAX) return;
      const { name } = entry;
      if (name.endsWith(SUFFIX)) yield path + name.slice(0, -SUFFIX.length);
      else if (depth < DEPTH_MAX && folders.length < FOLDERS_MAX && !name.startsWith(".") && !entry.isFile) {
        const real = await folderAt(root, path + name);
        if (real === undefined || seen.has(real)) continue;
        seen.add(real);
        folders.push({ path: `${path}${name}/`, depth: depth + 1 });
      }
    }
  }
}

async function* listFolder(root: string, path: string): AsyncGenerator<Deno.DirEntry, void, undefined> {
  try {
    yield* Deno.readDir(root + sep + path);
  } catch (error) {
    // Within the root, one that is gone or closed to us is as one without runbooks.
    if (path === "") throw error;
  }
}

/** The real path of a folder within the root; `undefined` for anything else. */
async function folderAt(root: string, path: string): Promise<string | undefined> {
  try {
    const real = await Deno.realPath(root + sep + path);
    return isWithin(root, real) && (await Deno.stat(real)).isDirectory ? real : undefined;
  } catch {
    return undefined;
  }
}
