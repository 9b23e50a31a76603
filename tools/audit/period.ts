import { z } from "zod";
import type { Clock } from "../../storage/clock.ts";
import { ToolError } from "../error.ts";

/** A moment as callers write it. */
const moment = z.iso.datetime({ offset: true, message: "Use RFC 3339, such as 2026-11-22T10:30:00Z" });

export const periodInput = {
  since_seconds: z.int().min(1).max(31_536_000).optional().describe("Only of the last so many seconds"),
  from: moment.optional().describe("From this moment on, RFC 3339"),
  to: moment.optional().describe("Up to this moment, RFC 3339"),
};

export interface PeriodRequest {
  readonly since_seconds?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** @throws {ToolError} `invalid_params` for two beginnings, and for an end before the beginning */
export function periodOf(
  { since_seconds, from, to }: PeriodRequest,
  clock: Pick<Clock, "now">,
): { readonly fromMs: number | undefined; readonly toMs: number | undefined } {
  if (since_seconds !== undefined && from !== undefined) {
    throw new ToolError("invalid_params", "Got both since_seconds and from", { hint: "Give one of them" });
  }
  const fromMs = since_seconds !== undefined
    ? clock.now() - since_seconds * 1000
    : from !== undefined
    ? Date.parse(from)
    : undefined;
  const toMs = to !== undefined ? Date.parse(to) : undefined;
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) {
    throw new ToolError("invalid_params", `Expected to after its beginning, but got ${to}`, {
      hint: "Give an earlier beginning or a later end",
    });
  }
  return { fromMs, toMs };
}
