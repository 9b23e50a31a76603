import { sep } from "node:path";

/** Whether a real path leads into a folder, whose real path is given too. */
export function isWithin(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}
