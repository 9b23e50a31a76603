/** What a client knows of a call that has no answer: it waits still, or its connection went away. */
export type Unanswered = "waiting" | "gone";

/** Room beyond the load's bound, for the calls that look whether a server is back. */
const PROBES_MAX = 5000;

/** What the client knows of one call. */
export type Fate =
  | { readonly kind: Unanswered }
  | { readonly kind: "result" }
  | { readonly kind: "error"; readonly code: number; readonly executed: boolean };

/** Audit unavailable and too many in flight: the two answers that promise no record. */
export const REFUSALS: ReadonlySet<number> = new Set([-32007, -32008]);

// One number a call, or a million calls would be a million objects. JSON-RPC's codes are negative.
const RESULT = 0;
const WAITING = 1;
const GONE = 2;
/** −32007 after the tool ran: the one code whose data the ledger keeps. */
const EXECUTED = 3;
const AUDIT_UNAVAILABLE = -32007;

/** The clients' own book of every call: what was sent, and what came back. */
export class Ledger {
  readonly name: string;
  readonly #fates: Int32Array;
  readonly #callsMax: number;
  readonly #misled: string[] = [];
  #size = 0;

  /** @param name goes into every marker: unique in a database @param callsMax the load's bound */
  constructor(name: string, callsMax: number) {
    this.name = name;
    this.#callsMax = callsMax;
    this.#fates = new Int32Array(callsMax + PROBES_MAX);
  }

  /** Calls sent. */
  get size(): number {
    return this.#size;
  }

  /** Whether the load has sent as much as it may. */
  get isFull(): boolean {
    return this.#size >= this.#callsMax;
  }

  /** Calls that got an answer that cannot be theirs. */
  get misled(): readonly string[] {
    return this.#misled;
  }

  /** Enters a call that is about to be sent. @returns its number; 0, 1, 2, … */
  open(): number {
    if (this.#size === this.#fates.length) {
      throw new RangeError(`Cannot enter a call: the ledger "${this.name}" holds ${this.#size} already`);
    }
    this.#fates[this.#size] = WAITING;
    return this.#size++;
  }

  /** The text, unique in a database, by which the call is found in the audit log: it is part of its arguments. */
  marker(call: number): string {
    return `${this.name}.${call}`;
  }

  /** The number of the call that bears the marker; `undefined` where none does. */
  callOf(marker: string): number | undefined {
    const call = marker.startsWith(`${this.name}.`) ? Number(marker.slice(this.name.length + 1)) : NaN;
    return Number.isInteger(call) && call >= 0 && call < this.#size ? call : undefined;
  }

  /** Enters the reply. @returns its error code; `undefined` for a result */
  answer(call: number, text: string): number | undefined {
    const error = errorOf(text);
    // Every result of the load repeats its call's marker.
    if (error === "none" && text.includes(`"${this.marker(call)}"`)) {
      this.#fates[call] = RESULT;
      return undefined;
    }
    if (typeof error === "object") {
      this.#fates[call] = error.code === AUDIT_UNAVAILABLE && error.executed ? EXECUTED : error.code;
      return error.code;
    }
    this.#misled.push(this.marker(call));
    this.#fates[call] = GONE;
    return undefined;
  }

  /** The connection went away before the answer came. */
  lose(call: number): void {
    if (this.#fates[call] === WAITING) this.#fates[call] = GONE;
  }

  fate(call: number): Fate {
    const code = this.#fates[call];
    switch (code) {
      case undefined:
        throw new RangeError(`The ledger "${this.name}" has no call ${call}`);
      case RESULT:
        return { kind: "result" };
      case WAITING:
        return { kind: "waiting" };
      case GONE:
        return { kind: "gone" };
      case EXECUTED:
        return { kind: "error", code: AUDIT_UNAVAILABLE, executed: true };
      default:
        return { kind: "error", code, executed: false };
    }
  }
}

/** What a reply says went wrong, if anything; `undefined` where it is no reply of JSON-RPC. */
function errorOf(text: string): "none" | { readonly code: number; readonly executed: boolean } | undefined {
  const reply: unknown = JSON.parse(text);
  if (typeof reply !== "object" || reply === null) return undefined;
  if ("result" in reply) return "none";
  const error = "error" in reply ? reply.error : undefined;
  if (typeof error !== "object" || error === null) return undefined;
  if (!("code" in error) || typeof error.code !== "number") return undefined;
  const data = "data" in error ? error.data : undefined;
  const executed = typeof data === "object" && data !== null && "executed" in data && data.executed === true;
  return { code: error.code, executed };
}
