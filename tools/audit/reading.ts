import { StorageError } from "../../storage/errors.ts";
import { ToolError } from "../error.ts";

/** Reads the log. @throws {ToolError} `unavailable` where its store is away, or takes too long for so much */
export async function readingAudit<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    throw new ToolError("unavailable", "Cannot read the audit log: its store is away, or was too slow for this", {
      hint: "Narrow it by time, or try again in a minute",
      cause,
    });
  }
}
