import { closedLoop } from "../load/closed_loop.ts";
import { type Steady, type SteadyLoad, steadyLoad } from "../load/open_loop.ts";
import { residentMiB } from "../load/process_cost.ts";
import { median } from "../load/run.ts";
import { type Cell, type Shape, webSocketCell } from "./cell.ts";
import { type Mix, startMix } from "./mix.ts";
import { longestOf, ownStalls, type Stall, stallsIn } from "./stall.ts";
import type { Subject } from "./subject.ts";

const SHAPE: Shape = [50, 8];
/** Until V8 has compiled what is hot: a cold server reaches a third of what it can. */
const WARM_SECONDS = 8;
/** How capacity is measured: in so many windows, of which one is told. */
export interface CapacityWindows {
  readonly count: number;
  readonly seconds: number;
  readonly told: (callsPerSecond: readonly number[]) => number;
}

/** For a short run. */
const WINDOWS: CapacityWindows = { count: 5, seconds: 1.5, told: median };
export const SHARE = 0.8;
export const STALL_MS_MAX = 50;

/** What a server did at 80 % of what it can. */
export interface AtShare extends Steady {
  readonly capacity: number;
  readonly callsPerSecond: number;
  readonly longestStall: Stall;
  /** Of those in which the host kept no core. */
  readonly longestOwnStall: Stall;
  readonly stallsOver50Ms: number;
  readonly grownMiB: number;
}

/** Looks on while a server is asked at 80 %. */
export interface Onlooker extends Pick<SteadyLoad, "onReply"> {
  /** The load begins. @returns what is called when it has ended */
  start(mix: Mix): () => Promise<void>;
}

/**
 * `ctx.get` over 50 connections at 80 % of the calls a second that the server, once warm, reached a moment before, while
 * another connection sends a message of 1 MiB a second, and a third asks and never reads.
 *
 * @param server started by `startWatched`
 */
export async function measureSteady(
  server: Subject,
  seconds: number,
  onlooker?: Onlooker,
  windows = WINDOWS,
): Promise<AtShare> {
  const cell = webSocketCell(["server", server], "ctx.get", SHAPE);
  await using mix = await startMix(cell.wire);
  const capacity = await capacityOf(cell, windows);
  const callsPerSecond = capacity * SHARE;
  const residentBefore = residentMiB(server.pid);
  const printedBefore = server.output().length;
  const stop = onlooker?.start(mix);
  try {
    const steady = await steadyLoad({ ...cell, seconds, callsPerSecond, ...onlooker });
    const stalls = stallsIn(server.output().slice(printedBefore));
    return {
      ...steady,
      ...{ capacity, callsPerSecond },
      longestStall: longestOf(stalls),
      longestOwnStall: longestOf(ownStalls(stalls)),
      stallsOver50Ms: stalls.filter(({ ms }) => ms > STALL_MS_MAX).length,
      grownMiB: residentMiB(server.pid) - residentBefore,
    };
  } finally {
    await stop?.();
  }
}

/** Calls a second that a warm server answers, beside the mix, when it is asked without a pause. */
async function capacityOf(cell: Cell, { count, seconds, told }: CapacityWindows): Promise<number> {
  await closedLoop({ ...cell, seconds: WARM_SECONDS });
  const reached = [];
  for (let window = 0; window < count; window++) {
    reached.push((await closedLoop({ ...cell, seconds })).callsPerSecond);
  }
  return told(reached);
}
