import { parseArgs, type ParseArgsConfig } from "node:util";

/** What was typed cannot be done: the message says what can. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Reads a command's options; nothing else may be typed. @throws {UsageError} */
export function readOptions<const Given extends Options>(args: readonly string[], options: Given) {
  return parse(() => parseArgs({ args: [...args], options })).values;
}

/** Reads a command's options and the one word beside them; `undefined` where it was left out. @throws {UsageError} */
export function readWord<const Given extends Options>(args: readonly string[], options: Given) {
  const { values, positionals } = parse(() => parseArgs({ args: [...args], options, allowPositionals: true }));
  const [word, more] = positionals;
  if (more !== undefined) throw new UsageError(`Unexpected argument '${more}': expected one`);
  return { word, values };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A time in milliseconds since the epoch; a day alone begins at midnight UTC. @throws {UsageError} */
export function readTime(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = TIME.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new UsageError(
    `Invalid --${option} ${JSON.stringify(text)}: expected a day such as 2026-11-22 or a time such as ` +
      "2026-11-22T10:30:00Z",
  );
}
