import { digestOf } from "../../digest.ts";
import type { PlannedCall } from "./plan.ts";
import type { Parameters } from "./parameters.ts";

/** 32 hex digits over all, then 4 for each part, by which it can be told later what has changed. */
export type PlanDigest = string;

const PARTS = ["the runbook's text", "the parameters", "the calls", "who may make them", "the values"] as const;
const PART_CHARS = 4;

export const PLAN_DIGEST = /^[0-9a-f]{32}(-[0-9a-f]{4}){5}$/;

export function planDigest(
  { markdown, parameters, calls }: {
    readonly markdown: string;
    readonly parameters: Parameters;
    readonly calls: readonly PlannedCall[];
  },
): PlanDigest {
  const parts = [
    markdown,
    parameters,
    calls.map(({ step, command, tool, args, changes }) => ({ step, command, tool, args, changes })),
    calls.map(({ verdict, reason }) => ({ verdict, reason })),
    calls.map(({ pin }) => pin ?? null),
  ];
  return [digestOf(parts), ...parts.map((part) => digestOf(part).slice(0, PART_CHARS))].join("-");
}

/** What is no longer as it was, of two digests that differ. */
export function changedBetween(before: PlanDigest, now: PlanDigest): string[] {
  const [, ...old] = before.split("-");
  const [, ...parts] = now.split("-");
  return PARTS.filter((_, index) => old[index] !== parts[index]);
}
