import { z } from "zod";
import type { Clock } from "../../storage/clock.ts";
import { ToolError } from "../error.ts";

/** Steps of a range whose step nobody chose: what a sparkline shows. */
const STEPS = 60;
/** Prometheus' own bound on the points of one series. */
const STEPS_MAX = 11_000;
const SECONDS_DEFAULT = 3600;
const SECONDS_MAX = 366 * 86_400;

/** Steps that people read: an automatic one is the next of these. */
const NICE_SECONDS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

const moment = z.iso.datetime({ offset: true, message: "Use RFC 3339, such as 2026-11-22T10:30:00Z" });

export const rangeInput = {
  since_seconds: z.int().min(1).max(SECONDS_MAX).optional().describe(
    `The last so many seconds; default ${SECONDS_DEFAULT}`,
  ),
  start: moment.optional().describe("In place of since_seconds, RFC 3339"),
  end: moment.optional().describe("RFC 3339; default now"),
  step_seconds: z.int().min(1).max(SECONDS_MAX).optional().describe(`Default: some ${STEPS} steps`),
};

export interface RangeArguments {
  readonly since_seconds?: number | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly step_seconds?: number | undefined;
}

/** A time in steps; all in seconds since the epoch. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly stepSeconds: number;
}

/** @throws {ToolError} `invalid_params` for two beginnings, an end before the beginning, or too many steps */
export function rangeOf(
  { since_seconds, start: from, end: to, step_seconds }: RangeArguments,
  clock: Pick<Clock, "now">,
): Range {
  if (since_seconds !== undefined && from !== undefined) {
    throw new ToolError("invalid_params", "Got both since_seconds and start", { hint: "Give one of them" });
  }
  const end = Math.floor(to === undefined ? clock.now() / 1000 : Date.parse(to) / 1000);
  const start = from === undefined ? end - (since_seconds ?? SECONDS_DEFAULT) : Math.floor(Date.parse(from) / 1000);
  if (start >= end) {
    throw new ToolError("invalid_params", `Expected an end after the start ${from}, but got ${to ?? "now"}`, {
      hint: "Give an earlier start or a later end",
    });
  }
  const stepSeconds = step_seconds ?? stepFor((end - start) / STEPS);
  const steps = Math.floor((end - start) / stepSeconds) + 1;
  if (steps > STEPS_MAX) {
    const least = stepFor((end - start) / (STEPS_MAX - 1));
    throw new ToolError("invalid_params", `${steps} steps are more than the ${STEPS_MAX} that Prometheus gives`, {
      hint: `Use step_seconds of at least ${least}, or a shorter time`,
      data: { step_seconds: least },
    });
  }
  // On whole steps: the same question a second later has the same steps, and Prometheus' caches serve it.
  const aligned = step_seconds === undefined ? Math.ceil(start / stepSeconds) * stepSeconds : start;
  return { start: aligned, end, stepSeconds };
}

/** The steps of a range. */
export function timesOf({ start, end, stepSeconds }: Range): readonly number[] {
  return Array.from(
    { length: Math.max(0, Math.floor((end - start) / stepSeconds) + 1) },
    (_, i) => start + i * stepSeconds,
  );
}

/** The next step that people read, of at least so many seconds. */
export function stepFor(seconds: number): number {
  return NICE_SECONDS.find((nice) => nice >= seconds) ?? Math.ceil(seconds / 86_400) * 86_400;
}
