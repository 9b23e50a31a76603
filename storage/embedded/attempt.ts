import { StorageError } from "../errors.ts";

/** Does it, and wraps what the database throws. @param action completes "Cannot …" @throws {StorageError} */
export function attempt<T>(action: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StorageError(`Cannot ${action}: ${reason}`, { cause });
  }
}
