import { setImmediate } from "node:timers";
import type { Slots } from "./peer.ts";

/** Messages that are begun in one turn of the event loop: some milliseconds of work. */
const BEGUN_MAX = 128;
/** Messages that are begun in it besides because more wait than may run, so that calls are refused, which is less work. */
const SURPLUS_MAX = 256;

/** The messages of one connection. */
export interface Lane {
  /** Characters that wait. */
  readonly chars: number;
  /** Begins a message in this turn of the event loop or, after those that came before it, in one of the next. */
  take(text: string): void;
  /** What waits is not begun any more. @returns how many messages that were */
  clear(): number;
}

interface Waiting {
  readonly texts: string[];
  readonly begin: (text: string) => void;
  readonly slots: Slots;
  /** Slots that those hold which wait, one each as far as there are so many. */
  held: number;
  chars: number;
  /** Messages of it that were begun in this turn after they had waited. */
  given: number;
}

/**
 * Shares the turns of the event loop between connections, a message each, and of none more than may run. Deno hands over
 * what has come without a turn between: replies, timers and other connections would wait for as long as peers send faster
 * than this process answers.
 */
export class Turns {
  readonly #begunMax: number;
  readonly #surplusMax: number;
  /** Lanes in which something waits; the first one is next. */
  #waiting: Waiting[] = [];
  #begun = 0;
  #surplus = 0;
  #isCounting = false;

  constructor({ begunMax = BEGUN_MAX, surplusMax = SURPLUS_MAX } = {}) {
    this.#begunMax = begunMax;
    this.#surplusMax = surplusMax;
  }

  /** @param begin told of each message; must not throw @param slots of the connection */
  open(begin: (text: string) => void, slots: Slots): Lane {
    const lane: Waiting = { texts: [], begin, slots, held: 0, chars: 0, given: 0 };
    return {
      get chars() {
        return lane.chars;
      },
      take: (text) => this.#take(lane, text),
      clear: () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== lane);
        for (; lane.held > 0; lane.held--) slots.release();
        lane.chars = 0;
        return lane.texts.splice(0).length;
      },
    };
  }

  #take(lane: Waiting, text: string): void {
    this.#count();
    if (lane.texts.length === 0 && this.#begun < this.#begunMax) {
      this.#begun++;
      return lane.begin(text);
    }
    if (lane.slots.take()) lane.held++;
    lane.chars += text.length;
    if (lane.texts.push(text) === 1) this.#waiting.push(lane);
  }

  #count(): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    setImmediate(this.#turn);
  }

  readonly #turn = () => {
    this.#isCounting = false;
    this.#begun = this.#surplus = 0;
    const later: Waiting[] = [];
    for (const lane of this.#waiting) lane.given = 0;
    while (this.#begun < this.#begunMax && this.#surplus < this.#surplusMax) {
      const lane = this.#waiting.shift();
      if (!lane) break;
      const text = lane.texts.shift();
      if (text === undefined) continue;
      lane.chars -= text.length;
      if (lane.texts.length > 0) (++lane.given < lane.slots.max ? this.#waiting : later).push(lane);
      // Where more wait than hold a slot, a call that is begun finds one only if another has ended.
      if (lane.texts.length >= lane.held) this.#surplus++;
      else {
        this.#begun++;
        lane.held--;
        lane.slots.release();
      }
      this.#count();
      lane.begin(text);
    }
    this.#waiting.push(...later);
  };
}
