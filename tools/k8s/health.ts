/** What kubectl prints under STATUS of what is well, in lower case; anything else is worth a look. */
const WELL: ReadonlySet<string> = new Set([
  ...["running", "completed", "complete", "succeeded", "ready", "active", "bound", "available", "true", "normal"],
  ...["deployed", "healthy", "approved,issued", "ready,schedulingdisabled"],
]);
/** Columns that tell health, by what printers of kinds call them. */
const STATUS_COLUMNS = /^(?:status|phase|type)$/i;
const COUNT_COLUMNS = /^(?:ready|completions)$/i;

/** Whether a pod is as it should be, by what kubectl prints of it. */
export function isPodWell({ status, ready }: { readonly status: string; readonly ready: string }): boolean {
  return status === "Completed" || status === "Succeeded" || (status === "Running" && isWhole(ready));
}

/**
 * Tells which rows of a table are worth a look; `undefined` for a table that does not tell.
 *
 * @param kind `Pod`, …: for a Service TYPE is no trouble
 */
export function troubleTest(
  kind: string,
  columns: readonly string[],
): ((cells: readonly string[]) => boolean) | undefined {
  const statusAt = columns.findIndex((name) => STATUS_COLUMNS.test(name) && (name !== "Type" || kind === "Event"));
  const countAt = columns.findIndex((name) => COUNT_COLUMNS.test(name));
  if (statusAt < 0 && countAt < 0) return undefined;
  return (cells) => {
    const status = cells[statusAt]?.toLowerCase();
    if (status === "completed" || status === "complete" || status === "succeeded") return false;
    if (status !== undefined && !WELL.has(status)) return true;
    const count = cells[countAt];
    // Nodes and certificates print True under READY.
    return count !== undefined && (/^\d+\/\d+$/.test(count) ? !isWhole(count) : count === "False");
  };
}

/** The same items, those first that are worth a look; otherwise in their order. */
export function troubledFirst<T>(items: readonly T[], isTroubled: (item: T) => boolean): T[] {
  const troubled = items.filter(isTroubled);
  const isFirst = new Set(troubled);
  return [...troubled, ...items.filter((item) => !isFirst.has(item))];
}

function isWhole(count: string): boolean {
  const [some, all] = count.split("/");
  return some === all;
}
