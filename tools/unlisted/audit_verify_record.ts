import { z } from "zod";
import type { AuditLog, StoredAuditRecord } from "../../storage/audit_log.ts";
import type { CheckedPart, CheckedRecord, RecordCheck } from "../../storage/record_check.ts";
import type { Authorizer } from "../authorizer.ts";
import { readingAudit } from "../audit/reading.ts";
import { ToolError } from "../error.ts";
import { defineTool } from "../tool.ts";

/** Checks that one replica runs at once: each has a connection of its own. */
const CHECKS_MAX = 4;

export interface VerifyRecordOptions {
  readonly audit: Pick<AuditLog, "query">;
  /** `undefined` for a log in this process's memory. */
  readonly recordCheck: RecordCheck | undefined;
  readonly authorizer: Pick<Authorizer, "mayEnter">;
}

/**
 * Checks one record of the audit log in its place, and says what was checked and what that does not prove. Whoever may
 * not read the whole log finds their own records alone, and is told nothing of others' but their places.
 */
export function auditVerifyRecord({ audit, recordCheck, authorizer }: VerifyRecordOptions) {
  let running = 0;
  return defineTool({
    name: "audit.verify_record",
    toolset: "core",
    summary: "Verify an audit record",
    description: "Recomputes the hash of one record of the audit log and checks its links in its chain",
    input: z.strictObject({ event_id: z.uuid().describe("The record of one call") }),
    output: z.object({
      intact: z.boolean().describe("Nothing was found"),
      place: z.object({
        chain: z.string(),
        seq: z.number(),
        hash: z.string(),
        computed: z.string().describe("What the hash is of what the record holds now"),
        prev_hash: z.string(),
      }),
      checked: z.array(z.string()).describe("What was checked, a sentence each"),
      not_proven: z.array(z.string()).describe("What that does not prove, a sentence each"),
      findings: z.array(z.object({
        kind: z.string(),
        seq: z.number().nullable(),
        event_id: z.string().nullable(),
        reason: z.string(),
      })).describe("What is not as it was written"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: false,
    async run({ event_id: eventId }, { principal, signal }) {
      const own = !authorizer.mayEnter(principal, "audit").allowed;
      const query = { limit: 1, eventId, ...(own && { principal: principal.name }) };
      const [record] = await readingAudit(audit.query(query));
      if (!record) throw new ToolError("not_found", "The log has no such record that you may read");
      if (!recordCheck) {
        throw new ToolError("unavailable", "Cannot verify a log in the server's memory", { hint: "Set DATA_DIR" });
      }
      if (running >= CHECKS_MAX) {
        throw new ToolError("overloaded", "Too many records are being verified", { hint: "Try again in a second" });
      }
      running++;
      try {
        const checked = await readingAudit(recordCheck.check(record, signal));
        return answerOf(record, checked, own ? record.eventId : undefined);
      } finally {
        running--;
      }
    },
  });
}

/** @param onlyEventId the one record that findings may tell of to somebody who may not read the others */
function answerOf(record: StoredAuditRecord, checked: CheckedRecord, onlyEventId: string | undefined) {
  const { chainId: chain, seq, hash, prevHash: prev_hash } = record;
  return {
    intact: checked.findings.length === 0,
    place: { chain, seq, hash, computed: checked.computedHash, prev_hash },
    checked: whatWasChecked(record, checked),
    not_proven: whatIsNotProven(checked),
    findings: checked.findings.map((finding) => told(finding, onlyEventId)),
  };
}

function told({ kind, seq, eventId, reason }: CheckedRecord["findings"][number], onlyEventId: string | undefined) {
  const mayTell = onlyEventId === undefined || eventId === onlyEventId;
  return {
    kind,
    seq: seq ?? null,
    event_id: mayTell ? eventId ?? null : null,
    reason: mayTell ? reason : "Not of your record: an auditor finds out more",
  };
}

function whatWasChecked({ seq }: StoredAuditRecord, { part, isLast, before, behind, anyKey }: CheckedRecord) {
  const previous = seq <= 1 ? "It names no record before it, as the first of a chain does" : "The record before it";
  return [
    "The hash of this record, computed anew from every column but id",
    seq <= 1 ? previous : `${previous}, seq ${seq - 1}: its own hash, and that this one names it`,
    isLast
      ? "Nothing is behind it in its chain yet"
      : `The record behind it, seq ${seq + 1}: its own hash, and that it names this one`,
    ...(before || behind ? [`Every hash and link of ${printPart(part)}`] : []),
    ...(before ? [`${before}, which the chain follows without a gap`] : []),
    ...(behind ? [`${behind}, which the chain leads to`] : []),
    anyKey
      ? "Signatures, by whatever key the statement names: no trusted key is set"
      : "Signatures, by the keys that the settings trust",
  ];
}

function whatIsNotProven({ isOpened, before, behind, late, anyKey, findings }: CheckedRecord) {
  return [
    ...(behind
      ? []
      : ["Nothing signed is near behind this record: whoever rewrote it with all that follows does not show here"]),
    ...(before || !isOpened ? [] : ["Nothing signed is near before it: earlier records were not looked at"]),
    ...(late ? [`The time was over before ${printPart(late)} was read to its end`] : []),
    ...(anyKey
      ? ["A chain that was made up as a whole, with a key of its own, does not show without trusted keys"]
      : []),
    ...(findings.some(({ kind }) => kind === "missing")
      ? ["What is missing may still wait in a spool after an outage of Postgres: look again when that is empty"]
      : []),
    "The rest of the log was not verified: `deno task audit verify` does that, with the checkpoints of the servers' logs",
  ];
}

function printPart({ fromSeq, throughSeq }: CheckedPart): string {
  return `seq ${Math.max(fromSeq, 1)} to ${throughSeq}`;
}
