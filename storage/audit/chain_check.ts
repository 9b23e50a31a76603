import type { StoredAuditRecord } from "../audit_log.ts";
import { type ChainHead, GENESIS } from "./chain.ts";
import { type Finding, ofChain, ofRecord } from "./finding.ts";
import { chooseStanding, judgePlace, type Place } from "./place_check.ts";
import type { Anchor, CheckedStatements } from "./register_check.ts";

/** Records that may claim one place before the rest is not looked at any more: more than one is wrong already. */
const CLAIMS_MAX = 16;

/** Where the reading of a chain begins, if not at its beginning. */
export interface ChainStart {
  /** The first record that is read; which one it names as the one before is not checked. */
  readonly seq: number;
  /** Where the chain stood when it was last verified, at that record or behind it. */
  readonly known?: ChainHead | undefined;
}

/** For whoever has to name a start: the reading begins at the beginning, whatever somebody put before it. */
export const FROM_THE_BEGINNING: ChainStart = { seq: Number.MIN_SAFE_INTEGER };

/** What became of a chain's check. */
export interface CheckedChain {
  readonly records: number;
  /** Records behind the last checkpoint that holds. */
  readonly unanchored: number;
  /** Where the next check may begin; `undefined` where nothing is left of the chain. */
  readonly head: ChainHead | undefined;
}

/**
 * Checks one chain: its records as they come, in the order of `seq` and, where two claim one, of `id`.
 *
 * It goes on behind what it finds, as well as it can be told what the chain was: of an edit only the edited record is
 * named, of a removal only the gap.
 */
export class ChainCheck {
  readonly #chainId: string;
  readonly #said: CheckedStatements;
  /** Sorted by `seq`. */
  readonly #anchors: readonly Anchor[];
  /** Of the first that has not been passed. */
  #nextAnchor = 0;
  readonly #onFinding: (finding: Finding) => void;
  #place: Place;
  /** Records that all fit the place; what comes next tells which of them is the chain's. */
  #standing: readonly StoredAuditRecord[] = [];
  #claims: StoredAuditRecord[] = [];
  #records = 0;
  #unanchored = 0;
  /** The last place that an anchor confirmed. */
  #confirmedSeq = 0;
  #contradicted = false;

  constructor(
    chainId: string,
    said: CheckedStatements,
    start: ChainStart | undefined,
    onFinding: (finding: Finding) => void,
  ) {
    this.#chainId = chainId;
    this.#said = said;
    this.#onFinding = onFinding;
    for (const finding of said.findings) onFinding(finding);
    const { tombstone } = said;
    const begin: Place = tombstone
      ? { seq: tombstone.throughSeq, hashes: [tombstone.hash], record: undefined }
      : { seq: GENESIS.seq, hashes: [GENESIS.hash], record: undefined };
    const midway = start !== undefined && start.seq > begin.seq + 1;
    this.#place = midway ? { seq: start.seq - 1, hashes: undefined, record: undefined } : begin;
    const known = start?.known && { ...start.known, source: "The last verification", isCheckpoint: false };
    this.#anchors = [...(known ? [known] : []), ...said.anchors].filter(({ seq }) => seq >= this.#place.seq)
      .sort((a, b) => a.seq - b.seq);
    if (tombstone && !midway) this.#holdToAnchors(this.#place);
  }

  add(record: StoredAuditRecord): void {
    if (this.#records === 0 && !this.#said.opening) this.#onFinding(unopened(record, this.#said));
    if (this.#claims.length > 0 && this.#claims[0]?.seq !== record.seq) this.#settle();
    this.#records++;
    this.#unanchored++;
    if (this.#claims.length < CLAIMS_MAX) this.#claims.push(record);
    else this.#onFinding(ofRecord("inserted", record, `${CLAIMS_MAX} records before it claim the same place`));
  }

  /** Ends the check: what should have come and did not is missing, where the reading went on to the chain's end. */
  end({ isWhole }: { readonly isWhole: boolean } = { isWhole: true }): CheckedChain {
    if (this.#claims.length > 0) this.#settle();
    this.#chooseStanding(() => false);
    if (isWhole) this.#expectEnd();
    const { seq, hashes } = this.#place;
    const hash = hashes?.[0];
    return {
      records: this.#records,
      unanchored: this.#unanchored,
      head: this.#records > 0 && hash !== undefined ? { seq, hash } : undefined,
    };
  }

  #expectEnd(): void {
    const { opening, tombstone } = this.#said;
    const { seq } = this.#place;
    const last = this.#anchors.at(-1);
    const isEmpty = this.#records === 0 && !tombstone;
    if (last && last.seq > seq) {
      const end = isEmpty ? "the whole chain is gone" : `the chain ends at seq ${seq}`;
      this.#report("missing", seq + 1, `${last.source} has seq ${last.seq}, but ${end}`);
    } else if (isEmpty && opening) {
      this.#report("missing", seq + 1, "The chain was opened, but the whole chain is gone");
    }
  }

  /** All that claim a place are there. */
  #settle(): void {
    const claims = this.#claims;
    this.#claims = [];
    const seq = claims[0]?.seq ?? 0;
    if (seq <= this.#place.seq) {
      const { tombstone } = this.#said;
      const expected = tombstone
        ? `Retention removed the records through seq ${tombstone.throughSeq}`
        : "Expected seq 1 or more";
      for (const record of claims) this.#onFinding(ofRecord("inserted", record, expected));
      return;
    }
    if (seq > this.#place.seq + 1) this.#skipTo(seq, claims);
    const { standing, hashes, findings } = judgePlace(claims, this.#place);
    this.#chooseStanding(({ hash }) => standing.some(({ prevHash }) => prevHash === hash));
    for (const finding of findings) this.#onFinding(finding);
    this.#place = { seq, hashes, record: standing[0] };
    this.#standing = standing;
    this.#holdToAnchors(this.#place);
    const { closing } = this.#said;
    if (closing && seq === closing.seq + 1 && standing[0]) {
      this.#onFinding(ofRecord("inserted", standing[0], `The chain was closed at seq ${closing.seq}`));
    }
  }

  #skipTo(seq: number, claims: readonly StoredAuditRecord[]): void {
    this.#chooseStanding(() => false);
    const first = this.#place.seq + 1;
    const gone = first === seq - 1 ? "It is gone" : `Gone are ${seq - first} records, through seq ${seq - 1}`;
    this.#report("missing", first, `${gone}: the next is id ${claims[0]?.id}, event ${claims[0]?.eventId}`);
    this.#place = { seq: seq - 1, hashes: undefined, record: undefined };
  }

  /** Where several records fitted the last place, names those that are not the chain's. */
  #chooseStanding(isTrue: (record: StoredAuditRecord) => boolean): void {
    if (this.#standing.length > 1) {
      for (const finding of chooseStanding(this.#standing, isTrue).findings) this.#onFinding(finding);
    }
    this.#standing = [];
  }

  #holdToAnchors({ seq, hashes = [] }: Place): void {
    for (let anchor = this.#anchors[this.#nextAnchor]; anchor; anchor = this.#anchors[++this.#nextAnchor]) {
      if (anchor.seq > seq) return;
      // One of an earlier place tells of what is missing already.
      if (anchor.seq === seq) this.#holdTo(anchor, hashes);
    }
  }

  #holdTo({ seq, hash, source, isCheckpoint }: Anchor, hashes: readonly string[]): void {
    if (hashes.includes(hash)) {
      this.#confirmedSeq = seq;
      if (isCheckpoint) this.#unanchored = 0;
      if (this.#standing.length > 1) {
        this.#place = { seq, hashes: [hash], record: this.#standing.find((standing) => standing.hash === hash) };
        this.#chooseStanding((standing) => standing.hash === hash);
      }
    } else if (!this.#contradicted) {
      // Whoever rewrote this one rewrote all behind it: one finding says so.
      this.#contradicted = true;
      const since = seq === this.#confirmedSeq + 1 ? "" : `: rewritten since seq ${this.#confirmedSeq + 1} or later`;
      const reason = `${source} has hash ${hash} for it, but it has ${hashes[0]}${since}`;
      const { record } = this.#place;
      this.#onFinding(
        record ? ofRecord("rewritten", record, reason) : ofChain("rewritten", this.#chainId, seq, reason),
      );
    }
  }

  #report(kind: Finding["kind"], seq: number, reason: string): void {
    this.#onFinding(ofChain(kind, this.#chainId, seq, reason));
  }
}

function unopened(record: StoredAuditRecord, { anchors }: CheckedStatements): Finding {
  return anchors.some(({ isCheckpoint }) => isCheckpoint)
    ? ofChain("missing", record.chainId, undefined, "The opening of the chain is gone")
    : ofRecord("inserted", record, "Nobody who is trusted has opened its chain");
}
