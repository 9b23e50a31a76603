import { type Fate, type Ledger, REFUSALS } from "./ledger.ts";

/** Records of the audit log that bear one marker and one error code. */
export interface Records {
  readonly marker: string;
  /** `undefined` for `ok`. */
  readonly errorCode: number | undefined;
  readonly count: number;
}

/** Ledger and log, compared. */
export interface Reconciliation {
  /** Answers that promise a record: every result, and every error but −32007 and −32008. */
  readonly answered: number;
  /** Of these, the ones that are in the log. */
  readonly onRecord: number;
  /** Of these, the ones that are not. */
  readonly missing: number;
  /** Calls, of whatever fate, that are in the log more than once. */
  readonly duplicated: number;
  /** Answers −32007 and −32008. */
  readonly refused: number;
  /** Calls whose connection went away before an answer came. */
  readonly unanswered: number;
  /** Of these, the ones that are in the log. */
  readonly unansweredOnRecord: number;
  /** Each breach of the promise in words; at most one a kind, with its first call. */
  readonly violations: readonly string[];
}

/** Compares what the clients were told with what the log holds. */
export function reconcile(ledger: Ledger, records: Iterable<Records>): Reconciliation {
  const counts = new Uint16Array(ledger.size);
  const breaches = new Breaches();
  for (const { marker, errorCode, count } of records) {
    const call = ledger.callOf(marker);
    if (call === undefined) {
      breaches.add("records of calls that were never sent", marker);
      continue;
    }
    counts[call] = (counts[call] ?? 0) + count;
    const fate = ledger.fate(call);
    if (!agrees(fate, errorCode)) {
      breaches.add(
        "records say something else than the answer",
        `${marker} ${print(fate)}, on record ${errorCode ?? "ok"}`,
      );
    }
  }
  const sums = {
    answered: 0,
    onRecord: 0,
    missing: 0,
    duplicated: 0,
    refused: 0,
    unanswered: 0,
    unansweredOnRecord: 0,
  };
  for (let call = 0; call < ledger.size; call++) {
    const [fate, count, marker] = [ledger.fate(call), counts[call] ?? 0, ledger.marker(call)];
    if (count > 1) {
      sums.duplicated++;
      breaches.add("calls are on record more than once", `${marker} ${count} times`);
    }
    if (fate.kind === "waiting") {
      breaches.add("calls were never answered on a connection that stayed open", marker);
    } else if (fate.kind === "gone") {
      sums.unanswered++;
      if (count > 0) sums.unansweredOnRecord++;
    } else if (fate.kind === "error" && REFUSALS.has(fate.code)) {
      sums.refused++;
    } else {
      sums.answered++;
      if (count > 0) sums.onRecord++;
      else {
        sums.missing++;
        breaches.add("answered calls are not on record", `${marker} ${print(fate)}`);
      }
    }
  }
  for (const marker of ledger.misled) breaches.add("answers were not to the call", marker);
  return { ...sums, violations: breaches.print() };
}

/** Whether a record may stand beside what its client was told. */
function agrees(fate: Fate, errorCode: number | undefined): boolean {
  if (fate.kind === "result") return errorCode === undefined;
  if (fate.kind !== "error") return true;
  // Its record was given up on, not withdrawn: it may have been stored later, whatever the tool's outcome was.
  if (fate.executed) return true;
  // "Not executed": what could not be recorded was a refusal itself.
  if (REFUSALS.has(fate.code)) return errorCode !== undefined;
  return errorCode === fate.code;
}

function print(fate: Fate): string {
  return fate.kind === "error"
    ? `answered ${fate.code}`
    : fate.kind === "result"
    ? "answered with a result"
    : fate.kind;
}

/** Breaches by their kind: how many, and the first. */
class Breaches {
  readonly #kinds = new Map<string, { count: number; readonly first: string }>();

  add(kind: string, example: string): void {
    const known = this.#kinds.get(kind);
    if (known) known.count++;
    else this.#kinds.set(kind, { count: 1, first: example });
  }

  print(): readonly string[] {
    return Array.from(this.#kinds, ([kind, { count, first }]) => `${count} ${kind}; the first: ${first}`);
  }
}
