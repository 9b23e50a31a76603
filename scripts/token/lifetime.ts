import { readTime, UsageError } from "../options.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9})([smhd])$/;
/** A hundred years. */
const DURATION_MAX_MS = 36_500 * 86_400_000;

/** A number of seconds, minutes, hours or days, in milliseconds. @throws {UsageError} */
export function readDuration(option: string, text: string): number {
  const ms = durationOf(text);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `Invalid --${option} ${JSON.stringify(text)}: expected a duration such as 24h or 7d, of at most 36500d`,
  );
}

/** When a key ends, in milliseconds since the epoch; `undefined` for `never`. @throws {UsageError} */
export function readExpires(text: string, nowMs: number): number | undefined {
  if (text === "never") return undefined;
  const duration = durationOf(text);
  const endMs = duration === undefined && !DURATION.test(text) ? endOf(text) : nowMs + (duration ?? NaN);
  if (endMs > nowMs && endMs <= nowMs + DURATION_MAX_MS) return endMs;
  throw new UsageError(
    `Invalid --expires ${JSON.stringify(text)}: expected a time to come, at most 36500d from now`,
  );
}

function durationOf(text: string): number | undefined {
  const [, count, unit = ""] = DURATION.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? NaN);
  return ms <= DURATION_MAX_MS ? ms : undefined;
}

function endOf(text: string): number {
  try {
    return readTime("expires", text) ?? NaN;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}, a duration such as 90d, or never`);
  }
}
