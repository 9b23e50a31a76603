import type { Onlooker } from "../whole/steady.ts";
import type { Subject } from "../whole/subject.ts";
import { type Sample, takeSample } from "./sample.ts";
import { rowOf, type Window, type WindowRow } from "./windows.ts";

const SAMPLE_MS = 1000;
const SAMPLES_A_WINDOW = 10;

interface OpenWindow extends Window {
  readonly tookMs: number[];
  errors: number;
  readonly samples: Sample[];
}

/** Looks at a server each second while it is under load. */
export interface Observer extends Onlooker {
  /** What was seen so far, some seconds each. */
  readonly windows: readonly Window[];
}

/** @param onWindow told what happened in each stretch of ten seconds */
export function createObserver(server: Subject, onWindow: (row: WindowRow) => void): Observer {
  const open = (): OpenWindow => ({ tookMs: [], errors: 0, samples: [] });
  let window = open();
  const windows = [window];
  let failure: unknown;
  return {
    windows,
    onReply(tookMs, isError) {
      window.tookMs.push(tookMs);
      if (isError) window.errors++;
    },
    start(mix) {
      const look = async () => {
        const sample = await takeSample(server);
        const before = windows.at(-1)?.samples.at(-1) ?? windows.at(-2)?.samples.at(-1);
        if (sample.turnedAway > (before ?? sample).turnedAway) await mix.renewSlow();
        window.samples.push(sample);
        if (window.samples.length < SAMPLES_A_WINDOW) return;
        const end = windows.length * SAMPLES_A_WINDOW;
        onWindow(rowOf(`${end - SAMPLES_A_WINDOW}–${end}`, window));
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
