import { openConnection, readUntil, writeAll } from "./connections.ts";
import { percentiles, type Run } from "./run.ts";
import { decoder, type Wire } from "./wire.ts";

/** Timers are no finer. */
const TICK_MS = 1;
const PATIENCE_MS = 10_000;

export interface SteadyLoad {
  readonly wire: Wire;
  readonly connections: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  readonly isAnswer: (reply: string) => boolean;
  /** Told of each reply, and whether it was no answer. */
  readonly onReply?: (tookMs: number, isError: boolean) => void;
}

export type Steady = Pick<Run, "p50Ms" | "p95Ms" | "p99Ms" | "maxMs"> & {
  readonly calls: number;
  /** Replies that were no answer. */
  readonly errors: number;
};

/**
 * Asks at a fixed rate, whether answers come or not; what a call took counts from when it was due, so that a stall is
 * felt by all that were due in it.
 *
 * @throws when a reply is missing 10 s after the end
 */
export async function steadyLoad(
  { wire, connections, seconds, callsPerSecond, isAnswer, onReply }: SteadyLoad,
): Promise<Steady> {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(wire)));
  const calls = Math.round(callsPerSecond * seconds);
  const tookMs = new Float64Array(calls);
  const all = Promise.withResolvers<void>();
  const late = setTimeout(
    () => all.reject(new Error(`Of ${calls} calls only ${answered} were answered`)),
    seconds * 1000 + PATIENCE_MS,
  );
  const startedMs = performance.now();
  const dueMs = (call: number) => startedMs + call / callsPerSecond * 1000;
  let [sent, answered, errors] = [0, 0, 0];
  let isOver = false;
  const reading = open.map((connection) => {
    const take = wire.reader((call, reply) => {
      const isError = !isAnswer(decoder.decode(reply));
      if (isError) errors++;
      const took = performance.now() - dueMs(call);
      tookMs[call] = took;
      onReply?.(took, isError);
      if (++answered === calls) all.resolve();
    });
    return readUntil(connection, take, () => Promise.resolve(isOver)).catch((error) => {
      if (!isOver) all.reject(error);
    });
  });
  const writing = open.map(() => Promise.resolve());
  const tick = () => {
    const nowMs = performance.now();
    for (; sent < calls && dueMs(sent) <= nowMs; sent++) {
      const [index, call] = [sent % connections, sent];
      const connection = open[index];
      if (!connection) continue;
      // One after another on a connection: a write may take several turns.
      writing[index] = (writing[index] ?? Promise.resolve()).then(() =>
        writeAll(connection, wire.question(index, call))
      );
    }
    timer = sent < calls ? setTimeout(tick, TICK_MS) : undefined;
  };
  let timer: ReturnType<typeof setTimeout> | undefined = setTimeout(tick);
  try {
    await all.promise;
    return { calls, errors, ...percentiles(tookMs) };
  } finally {
    isOver = true;
    clearTimeout(late);
    clearTimeout(timer);
    for (const connection of open) connection.close();
    await Promise.allSettled([...reading, ...writing]);
  }
}
