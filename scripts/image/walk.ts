/** Paths of the files under a folder whose names end so, as `folder/path`; of `"."` without the folder. */
export async function* walkFiles(folder: string, ending: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory) yield* walkFiles(path, ending);
    else if (name.endsWith(ending)) yield path;
  }
}
