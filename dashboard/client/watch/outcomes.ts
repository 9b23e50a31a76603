/** How calls end, as the audit log says it. */
export const OUTCOMES: readonly string[] = [
  "ok",
  "tool_error",
  "invalid",
  "denied",
  "rate_limited",
  "timeout",
  "cancelled",
  "internal",
];

/** The colour of an outcome: a refusal is nobody's failure. */
export function toneOf(outcome: string): string {
  if (outcome === "ok") return "outcome-ok";
  return ["denied", "rate_limited", "invalid"].includes(outcome) ? "outcome-refused" : "outcome-bad";
}
