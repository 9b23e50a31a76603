import { UsageError } from "../options.ts";

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
