/** A store could not do what was asked: it is away, too slow, or refused. `cause` holds the driver's error. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}

/** A context write expected another version than the one that is stored. */
export class VersionConflictError extends Error {
  override readonly name = "VersionConflictError";
  readonly expected: number;
  readonly current: number;

  /** @param expected the version that the writer had read; 0 = "no entry". @param current the stored one; 0 = none. */
  constructor(key: string, expected: number, current: number) {
    super(`Cannot set ${JSON.stringify(key)}: expected version ${expected}, but it is at version ${current}`);
    this.expected = expected;
    this.current = current;
  }
}

/** A write would have taken the writer over its quota; nothing was written. */
export class QuotaExceededError extends Error {
  override readonly name = "QuotaExceededError";
  readonly quota: "keys" | "bytes";
  readonly used: number;
  readonly max: number;

  constructor(quota: "keys" | "bytes", used: number, max: number) {
    super(`Expected at most ${max} ${quota} of one writer, but this write makes it ${used}`);
    this.quota = quota;
    this.used = used;
    this.max = max;
  }
}
