import type { StoredAuditRecord } from "../audit_log.ts";
import { type Finding, ofRecord } from "./finding.ts";
import { hashRecord } from "./hash.ts";

/** How far from its place a record is looked for that was sealed elsewhere. */
const MOVED_MAX = 64;

/** A place in a chain that has been passed: what follows must name it. */
export interface Place {
  readonly seq: number;
  /** Hashes that the next record may name as the one before; `undefined`: any, since what was here is not known. */
  readonly hashes: readonly string[] | undefined;
  /** The record that stands here, where there is one. */
  readonly record: StoredAuditRecord | undefined;
}

/** What was made of the records that claim a place. */
export interface Judgement {
  /** Those that fit: usually one. Where none does, the one that was taken for it. */
  readonly standing: readonly StoredAuditRecord[];
  /** What the next record may name. */
  readonly hashes: readonly string[];
  readonly findings: readonly Finding[];
}

/** Judges the records that claim the place behind another: which of them stands there, and what is wrong with the rest. */
export function judgePlace(claims: readonly StoredAuditRecord[], before: Place): Judgement {
  const judged = claims.map((record) => {
    const computed = hashRecord(record);
    return {
      record,
      computed,
      isWhole: computed === record.hash,
      isLinked: before.hashes === undefined || before.hashes.includes(record.prevHash),
    };
  });
  const fitting = judged.filter(({ isWhole, isLinked }) => isWhole && isLinked);
  // Where none fits, one that names the record before comes nearest.
  const taken = fitting.length > 0
    ? fitting
    : judged.toSorted((a, b) => Number(b.isLinked) - Number(a.isLinked)).slice(0, 1);
  const others = judged.filter((one) => !taken.includes(one)).map(({ record, computed, isWhole }) =>
    ofRecord(
      "inserted",
      record,
      isWhole
        ? `Its prev_hash ${record.prevHash} is not the hash of the record before`
        : `Expected hash ${computed} of what it holds, but got ${record.hash}; another record stands in its place`,
    )
  );
  if (fitting.length > 0) {
    const standing = fitting.map(({ record }) => record);
    return { standing, hashes: standing.map(({ hash }) => hash), findings: others };
  }
  const wrong = taken.flatMap(({ record, computed, isWhole }) =>
    isWhole ? [unlinked(record, before)] : [changed(record, computed, before)]
  );
  return {
    standing: taken.map(({ record }) => record),
    // What follows may have been sealed before the change.
    hashes: taken.flatMap(({ record, computed }) => [record.hash, computed]),
    findings: [...wrong, ...others],
  };
}

/** Says which of several records that fit a place stands there, once it is known. */
export function chooseStanding(
  standing: readonly StoredAuditRecord[],
  isTrue: (record: StoredAuditRecord) => boolean,
): { readonly record: StoredAuditRecord | undefined; readonly findings: readonly Finding[] } {
  const record = standing.find(isTrue) ?? standing[0];
  const others = standing.filter((other) => other !== record);
  return {
    record,
    findings: others.map((other) =>
      ofRecord(
        "inserted",
        other,
        `The record with id ${record?.id} claims the same place, and the chain goes on from it`,
      )
    ),
  };
}

/** A record that is what its hash says, behind one that it does not name: that one was replaced, or is another's. */
function unlinked(record: StoredAuditRecord, before: Place): Finding {
  const named = `the prev_hash ${record.prevHash} of seq ${record.seq} (id ${record.id}, event ${record.eventId})`;
  if (before.record) {
    return ofRecord("rewritten", before.record, `Its hash ${before.hashes?.join(" or ")} is not ${named}`);
  }
  return ofRecord("rewritten", record, `Expected prev_hash ${before.hashes?.join(" or ")}, but got ${record.prevHash}`);
}

function changed(record: StoredAuditRecord, computed: string, before: Place): Finding {
  if (before.hashes?.some((prevHash) => hashRecord({ ...record, prevHash }) === record.hash)) {
    return ofRecord("changed", record, `Expected prev_hash ${before.hashes.join(" or ")}, but got ${record.prevHash}`);
  }
  for (let distance = 1; distance <= MOVED_MAX; distance++) {
    for (const seq of [record.seq - distance, record.seq + distance]) {
      if (hashRecord({ ...record, seq }) !== record.hash) continue;
      return ofRecord("reordered", record, `It was sealed as seq ${seq}`);
    }
  }
  return ofRecord("changed", record, `Expected hash ${computed} of what it holds, but got ${record.hash}`);
}
