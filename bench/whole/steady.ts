import { closedLoop } from "../load/closed_loop.ts";
import { openConnection, readUntil, writeAll } from "../load/connections.ts";
import { type Steady, steadyLoad } from "../load/open_loop.ts";
import { residentMiB } from "../load/process_cost.ts";
import { frameOf } from "../load/websocket_wire.ts";
import { type Shape, webSocketCell } from "./cell.ts";
import type { Subject } from "./subject.ts";

const SHAPE: Shape = [50, 8];
const CAPACITY_SECONDS = 2;
const SHARE = 0.8;
/** What a message may have, 1 MiB, less its envelope. */
const LARGE_CHARS = 1_048_000;
/** It asks for so much a second, and reads nothing. */
const SLOW_ASKS_PER_SECOND = 20;

/** What a server did at 80 % of what it can. */
export interface AtShare extends Steady {
  readonly capacity: number;
  readonly callsPerSecond: number;
  /** Longest that its event loop stood still, in milliseconds; 0 = never for long enough to be told. */
  readonly stallMaxMs: number;
  readonly stallsOver50Ms: number;
  readonly grownMiB: number;
}

/**
 * `ctx.get` over 50 connections at 80 % of the calls a second that the server reached a moment before, while another
 * connection sends a message of 1 MiB a second, and a third asks and never reads.
 *
 * @param server started with bench/whole/stalls.ts
 */
export async function measureSteady(server: Subject, seconds: number): Promise<AtShare> {
  const cell = webSocketCell(["server", server], "ctx.get", SHAPE);
  const { callsPerSecond: capacity } = await closedLoop({ ...cell, seconds: CAPACITY_SECONDS });
  const callsPerSecond = capacity * SHARE;
  const residentBefore = residentMiB(server.pid);
  const printedBefore = server.output().length;
  const mixed = await startMix(cell);
  try {
    const steady = await steadyLoad({ ...cell, seconds, callsPerSecond });
    const stalls = [...server.output().slice(printedBefore).matchAll(/stood still for ([\d.]+) ms/g)]
      .map(([, ms]) => Number(ms));
    return {
      ...steady,
      ...{ capacity, callsPerSecond },
      stallMaxMs: Math.max(0, ...stalls),
      stallsOver50Ms: stalls.filter((ms) => ms > 50).length,
      grownMiB: residentMiB(server.pid) - residentBefore,
    };
  } finally {
    await mixed();
  }
}

/** @returns what ends it */
async function startMix({ wire }: ReturnType<typeof webSocketCell>): Promise<() => Promise<void>> {
  const [large, slow] = [await openConnection(wire), await openConnection(wire)];
  const params = { key: "bench-large", value: "x".repeat(LARGE_CHARS) };
  const largeFrame = frameOf(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.set", params }));
  const slowFrame = frameOf('{"jsonrpc":"2.0","id":1,"method":"mcp.tools.list","params":{}}');
  // Each write waits for the one before; what fails at the end was cut off by it.
  let [largeDone, slowDone] = [Promise.resolve(), Promise.resolve()];
  const timers = [
    setInterval(() => largeDone = largeDone.then(() => writeAll(large, largeFrame)).catch(() => {}), 1000),
    setInterval(
      () => slowDone = slowDone.then(() => writeAll(slow, slowFrame)).catch(() => {}),
      1000 / SLOW_ASKS_PER_SECOND,
    ),
  ];
  const reading = readUntil(large, () => {}, () => Promise.resolve(false)).catch(() => {});
  return async () => {
    for (const timer of timers) clearInterval(timer);
    large.close();
    slow.close();
    await Promise.all([reading, largeDone, slowDone]);
  };
}
