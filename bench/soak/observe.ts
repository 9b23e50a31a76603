import type { Onlooker } from "../whole/steady.ts";
import { type Stall, stallsIn } from "../whole/stall.ts";
import type { Subject } from "../whole/subject.ts";
import { type Sample, takeSample } from "./sample.ts";
import { type Figures, figuresOf, type Window } from "./windows.ts";

const SAMPLE_MS = 1000;
const SAMPLES_A_WINDOW = 10;

interface OpenWindow extends Window {
  readonly tookMs: number[];
  errors: number;
  readonly samples: Sample[];
  stalls: readonly Stall[];
}

/** Looks at a server each second while it is under load. */
export interface Observer extends Onlooker {
  /** What was seen so far, some seconds each. */
  readonly windows: readonly Window[];
}

/** @param onWindow told what happened in each stretch of ten seconds */
export function createObserver(server: Subject, onWindow: (at: string, figures: Figures) => void): Observer {
  const open = (): OpenWindow => ({ tookMs: [], errors: 0, samples: [], stalls: [] });
  let printed = 0;
  let window = open();
  const windows = [window];
  let failure: unknown;
  return {
    // One that was begun as the run ended has nothing in it.
    get windows() {
      return windows.filter(({ samples }) => samples.length > 0);
    },
    onReply(tookMs, isError) {
      window.tookMs.push(tookMs);
      if (isError) window.errors++;
    },
    start(mix) {
      printed = server.output().length;
      const look = async () => {
        const sample = await takeSample(server);
        const before = windows.at(-1)?.samples.at(-1) ?? windows.at(-2)?.samples.at(-1);
        if (sample.turnedAway > (before ?? sample).turnedAway) await mix.renewSlow();
        const output = server.output();
        window.samples.push(sample);
        window.stalls = [...window.stalls, ...stallsIn(output.slice(printed))];
        printed = output.lastIndexOf("\n") + 1;
        if (window.samples.length < SAMPLES_A_WINDOW) return;
        const end = windows.length * SAMPLES_A_WINDOW;
        onWindow(`${end - SAMPLES_A_WINDOW}–${end}`, figuresOf(window));
        windows.push(window = open());
      };
      let last = Promise.resolve();
      const timer = setInterval(() => last = last.then(look).catch((error) => void (failure ??= error)), SAMPLE_MS);
      return async () => {
        clearInterval(timer);
        await last;
        if (failure) throw failure;
      };
    },
  };
}
