/**
 * Loads every module that a server may load, those too that only some settings or calls need, so that the image has them
 * transpiled and compiled in its cache: a container with a read-only root cannot add to it. Loading opens nothing.
 */
import { walkFiles } from "./walk.ts";

for (const folder of ["rpc", "storage", "tools", "server"]) {
  for await (const path of walkFiles(folder, ".ts")) await import(`file://${Deno.cwd()}/${path}`);
}
