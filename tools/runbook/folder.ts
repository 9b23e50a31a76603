import { basename, sep } from "node:path";
import { ToolError } from "../error.ts";
import { walkMarkdown } from "./walk.ts";
import { isWithin } from "./within.ts";

const FILE_BYTES_MAX = 262_144;
const SUFFIX = ".md";

/**
 * Paths of the Markdown files in the folder and below it by the ids that they have, in the order of ids; of so many ids
 * at most. More than one path is an id that names no one file.
 *
 * @param idOf the id that a file's name without `.md` stands for; `undefined` for a file that is no runbook
 * @throws {ToolError} `unavailable` without the folder.
 */
export async function findRunbooks(
  folder: string,
  idOf: (name: string) => string | undefined,
  idsMax: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const root = await locate(folder);
  const found = new Map<string, string[]>();
  try {
    for await (const path of walkMarkdown(root)) {
      const id = idOf(basename(path));
      if (id === undefined) continue;
      const paths = found.get(id);
      if (paths) paths.push(path);
      else found.set(id, [path]);
      if (found.size === idsMax) break;
    }
  } catch (error) {
    throw noFolder(folder, "it cannot be listed", error);
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * Text of a runbook's file; `undefined` where there is none.
 *
 * @param name its path within the folder, without `.md`: an id, or one that `findRunbooks` gave
 * @throws {ToolError} `unavailable` without the folder, `tool_failed` for a file that is none, is too large, or is a link
 * out of the folder.
 */
export async function readRunbookFile(folder: string, name: string): Promise<string | undefined> {
  const root = await locate(folder);
  try {
    return await read(root, name);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw unusable(name, "it cannot be opened", error);
  }
}

async function read(root: string, name: string): Promise<string> {
  const path = await Deno.realPath(`${root}${sep}${name}${SUFFIX}`);
  // Links within the folder are fine: Kubernetes mounts a ConfigMap's files as links.
  if (!isWithin(root, path)) {
    throw unusable(name, "it is a link to a place outside of the runbook folder");
  }
  // Asked before it is opened: opening a named pipe would wait for its other end.
  const { isFile, size } = await Deno.stat(path);
  if (!isFile) throw unusable(name, "it is not a file");
  if (size > FILE_BYTES_MAX) {
    throw unusable(name, `it has ${size} bytes, more than the ${FILE_BYTES_MAX} that are read`);
  }
  return decode(name, await Deno.readFile(path));
}

async function locate(folder: string): Promise<string> {
  try {
    const path = await Deno.realPath(folder);
    if ((await Deno.stat(path)).isDirectory) return path;
    throw noFolder(folder, "it is not a folder");
  } catch (error) {
    if (error instanceof ToolError) throw error;
    const reason = error instanceof Deno.errors.NotFound ? "there is no such folder" : "it cannot be opened";
    throw noFolder(folder, reason, error);
  }
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw unusable(name, "it is not UTF-8 text", error);
  }
}

function noFolder(folder: string, reason: string, cause?: unknown): ToolError {
  return new ToolError("unavailable", `Cannot open the runbook folder ${JSON.stringify(folder)}: ${reason}`, {
    hint: "Ask the operator to set RUNBOOK_DIR to a folder of Markdown runbooks",
    cause,
  });
}

function unusable(name: string, reason: string, cause?: unknown): ToolError {
  return new ToolError("tool_failed", `Cannot read runbook "${name}": ${reason}`, {
    hint: `Ask the operator to correct ${name}${SUFFIX}; the other runbooks can be read`,
    cause,
  });
}
