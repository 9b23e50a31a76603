import { parseArgs, type ParseArgsConfig } from "node:util";

/** What was typed cannot be done: the message says what can. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads a command's options; nothing else may be typed. @throws {UsageError} */
export function readOptions<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
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

/** A whole number of days. @throws {UsageError} */
export function readDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= 36_500) return days;
  throw new UsageError(`Invalid --days ${JSON.stringify(text)}: expected a whole number from 1 to 36500`);
}

/** Does what needs a file that was named. @throws {UsageError} when it cannot be read */
export async function withFile<T>(option: string, path: string, read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read --${option} ${JSON.stringify(path)}: ${reason}`);
  }
}
