import { printFinding } from "../../storage/audit/finding.ts";
import type { LogVerification } from "../../storage/audit/reading.ts";
import type { AuditIntent } from "../../storage/intent_log.ts";

/** Findings, or chains, that a report for people lists. */
const LISTED_MAX = 20;

/** A verification, and what it was made against. */
export interface Report {
  readonly source: string;
  readonly verification: LogVerification;
  /** Read from the given files. */
  readonly checkpoints: number;
  /** `undefined`: any. */
  readonly trustedKeys: readonly string[] | undefined;
  /** As it was given. */
  readonly since: string | undefined;
}

/** For people. */
export function printReport({ source, verification, checkpoints, trustedKeys, since }: Report): string {
  const { records, chains, removed, unanchored, unclosed, findings, findingCount, openIntents } = verification;
  const period = since === undefined ? "" : ` since ${since}`;
  return [
    `Verified ${amount(records, "record")} in ${amount(chains, "chain")} of ${source}${period}`,
    checkpoints > 0
      ? `  Up to their chain's last checkpoint: ${records - unanchored}. Behind it, unanchored: ${unanchored}`
      : "  Unanchored: all, since no checkpoints were given; a cut-off end or a chain removed as a whole may not show",
    trustedKeys
      ? `  Trusted keys: ${trustedKeys.join(", ")}`
      : "  Trusted keys: none given, so any that a chain names; a chain made up as a whole does not show",
    ...(removed > 0 ? [`  Removed by retention, with a tombstone: ${amount(removed, "record")}`] : []),
    ...(unclosed.length > 0
      ? [`  Without an orderly closing, after a crash or still growing: ${listed(unclosed, ", ")}`]
      : []),
    ...(openIntents.length > 0
      ? [
        "  Intents without a record, of calls that still run or whose replica died; look what they changed:",
        listed(openIntents.map(printIntent), "\n"),
      ]
      : []),
    "",
    ...(findingCount === 0 ? ["OK: nothing was changed, removed, inserted or reordered"] : [
      `TAMPERING FOUND, in ${amount(findingCount, "place")}. The first:`,
      listed(findings.map((finding) => `  ${printFinding(finding)}`), "\n", findingCount),
    ]),
  ].join("\n");
}

/** For programs: one line. */
export function reportJson({ source, verification, checkpoints, trustedKeys, since }: Report): string {
  const { heads, ...rest } = verification;
  return JSON.stringify({
    ok: verification.findingCount === 0,
    source,
    since: since ?? null,
    checkpoints,
    trustedKeys: trustedKeys ?? null,
    ...rest,
    heads: Object.fromEntries(heads),
  });
}

function printIntent({ eventId, atMs, toolName, principal, replica, params }: AuditIntent): string {
  return `    ${new Date(atMs).toISOString()} ${toolName} by ${principal} on ${replica}, ${eventId}: ${params}`;
}

function amount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function listed(items: readonly string[], separator: string, count = items.length): string {
  const more = count - Math.min(items.length, LISTED_MAX);
  return [...items.slice(0, LISTED_MAX), ...(more > 0 ? [`… and ${more} more`] : [])].join(separator);
}
