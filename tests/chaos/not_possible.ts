/** This machine does not let a scenario do its damage: it was not run, which is not the same as passed. */
export class NotPossibleError extends Error {
  override readonly name = "NotPossibleError";
}
