import type { ContextStore } from "../../storage/context_store.ts";
import { VersionConflictError } from "../../storage/errors.ts";
import { ToolError } from "../error.ts";

/**
 * A write that expected another version, told with what is there now, so that the caller can decide at once: it need not
 * read again.
 *
 * @param stored the key in the store, @param key as the caller calls it
 * @throws {ToolError} `conflict`; and whatever else the write fails with
 */
export async function withinVersion<T>(
  store: Pick<ContextStore, "get">,
  { stored, key }: { readonly stored: string; readonly key: string },
  write: Promise<T>,
): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!(error instanceof VersionConflictError)) throw error;
    const entry = await store.get(stored);
    const { expected } = error;
    const version = entry?.version ?? 0;
    throw new ToolError("conflict", `Cannot change context "${key}": it is at version ${version}, not ${expected}`, {
      hint: version === 0
        ? "There is no such value (any more): call again with expected_version 0 to set it anew"
        : "Take the current value in data into account, and call again with its version as expected_version",
      data: { key, expected_version: expected, version, value: entry?.value ?? null, writer: entry?.writer ?? null },
      cause: error,
    });
  }
}
