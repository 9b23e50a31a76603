import { setImmediate } from "node:timers";
import { type NextTurn, nextTurn } from "../storage/next_turn.ts";
import type { Slots } from "./peer.ts";

/** Messages that are begun in one turn of the event loop: some milliseconds of work. */
const BEGUN_MAX = 128;
/** Messages that are begun in it besides although no slot is free, so that calls are refused, which is less work. */
const SURPLUS_MAX = 256;
/** Milliseconds after which those that are behind are asked again. */
const BEHIND_MS = 5;

/** The messages of one connection. */
export interface Lane {
  /** Characters that wait. */
  readonly chars: number;
  /** Begins a message in this turn of the event loop or, after those that came before it, in one of the next. */
  take(text: string): void;
  /** What waits is not begun any more. @returns how many messages that were */
  clear(): number;
}

export interface TurnsOptions {
  readonly begunMax?: number;
  readonly surplusMax?: number;
  /** Whether what is begun would only wait for others; never where left out. */
  readonly isBehind?: (() => boolean) | undefined;
  /** Goes on with what waits. */
  readonly nextTurn?: NextTurn;
}

/** What waits of a lane. */
interface Waiting {
  readonly begin: (text: string) => void;
  readonly slots: Slots;
  /** Each holds a slot. */
  readonly held: string[];
  /** Came when none was free. */
  readonly surplus: string[];
  chars: number;
  /** Messages of it that were begun in this turn after they had waited. */
  given: number;
}

/**
 * Shares the turns of the event loop between connections, a message each, and of none more than may run. Deno hands over
 * what has come without a turn between: replies, timers and other connections would wait for as long as peers send faster
 * than this process answers.
 *
 * However much is refused, each turn begins some of what has a slot as well. While those are behind who would only keep
 * waiting what is begun, nothing with a slot is: as text it takes a fraction of the memory.
 */
export class Turns {
  readonly #begunMax: number;
  readonly #surplusMax: number;
  readonly #isBehind: () => boolean;
  readonly #nextTurn: NextTurn;
  /** Lanes in which something waits, with a slot or without; the first one is next. */
  readonly #holding: Waiting[] = [];
  readonly #beyond: Waiting[] = [];
  #begun = 0;
  #isCounting = false;

  constructor(options: TurnsOptions = {}) {
    this.#begunMax = options.begunMax ?? BEGUN_MAX;
    this.#surplusMax = options.surplusMax ?? SURPLUS_MAX;
    this.#isBehind = options.isBehind ?? (() => false);
    this.#nextTurn = options.nextTurn ?? nextTurn;
  }

  /** @param begin told of each message; must not throw @param slots of the connection */
  open(begin: (text: string) => void, slots: Slots): Lane {
    const lane: Waiting = { begin, slots, held: [], surplus: [], chars: 0, given: 0 };
    return {
      get chars() {
        return lane.chars;
      },
      take: (text) => this.#take(lane, text),
      clear: () => {
        const waited = lane.held.length + lane.surplus.length;
        lane.held.forEach(() => slots.release());
        lane.held.length = lane.surplus.length = lane.chars = 0;
        return waited;
      },
    };
  }

  #take(lane: Waiting, text: string): void {
    this.#goOn(setImmediate);
    const isFirst = lane.held.length + lane.surplus.length === 0;
    if (isFirst && this.#begun < this.#begunMax && !this.#isBehind()) {
      this.#begun++;
      return lane.begin(text);
    }
    lane.chars += text.length;
    if (lane.surplus.length === 0 && lane.slots.take()) enqueue(this.#holding, lane, lane.held, [text]);
    else enqueue(this.#beyond, lane, lane.surplus, [text]);
  }

  #goOn(later: NextTurn): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    later(this.#turn);
  }

  readonly #turn = () => {
    this.#isCounting = false;
    for (const lane of this.#beyond) this.#promote(lane);
    for (const lane of [...this.#holding, ...this.#beyond]) lane.given = 0;
    const isBehind = this.#isBehind();
    if (isBehind) this.#forgetCleared();
    this.#begun = isBehind ? 0 : this.#beginOf(this.#holding, "held", this.#begunMax);
    this.#beginOf(this.#beyond, "surplus", this.#surplusMax);
    if (this.#beyond.length > 0 || (this.#holding.length > 0 && !isBehind)) this.#goOn(this.#nextTurn);
    else if (this.#holding.length > 0) this.#goOn(askLater);
    // Nothing waits: what comes from now on is counted anew.
    else if (this.#begun > 0) this.#goOn(setImmediate);
  };

  /** Lanes are let go as they are begun: while nothing is, those of connections that have closed would stay. */
  #forgetCleared(): void {
    this.#holding.splice(0, Infinity, ...this.#holding.filter(({ held }) => held.length > 0));
  }

  /** Gives slots that have become free to the oldest. */
  #promote(lane: Waiting): void {
    const { surplus, slots, held } = lane;
    let free = 0;
    while (free < surplus.length && slots.take()) free++;
    if (free > 0) enqueue(this.#holding, lane, held, surplus.splice(0, free));
  }

  /** Begins what waits in one queue of each lane, a message of one after the other. @returns how many were begun */
  #beginOf(lanes: Waiting[], queue: "held" | "surplus", max: number): number {
    const later: Waiting[] = [];
    let begun = 0;
    while (begun < max) {
      const lane = lanes.shift();
      if (!lane) break;
      if (lane.given === lane.slots.max) {
        later.push(lane);
        continue;
      }
      const text = lane[queue].shift();
      // It was cleared.
      if (text === undefined) continue;
      if (lane[queue].length > 0) lanes.push(lane);
      lane.given++;
      lane.chars -= text.length;
      if (queue === "held") lane.slots.release();
      begun++;
      lane.begin(text);
    }
    lanes.push(...later);
    return begun;
  }
}

function askLater(ask: () => void): void {
  setTimeout(ask, BEHIND_MS);
}

function enqueue(lanes: Waiting[], lane: Waiting, queue: string[], texts: readonly string[]): void {
  if (queue.length === 0) lanes.push(lane);
  queue.push(...texts);
}
