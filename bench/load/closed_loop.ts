import process from "node:process";
import { openConnection, readUntil, writeAll } from "./connections.ts";
import { residentMiB, threadsMs } from "./process_cost.ts";
import { percentiles, type Run } from "./run.ts";
import { decoder, type Wire } from "./wire.ts";

/** A server that hangs fails the run. */
const PATIENCE_MS = 20_000;
/** So many calls a second are room for the times they took. */
const CALLS_PER_SECOND_MAX = 400_000;

export interface Load {
  readonly wire: Wire;
  /** Of the server. */
  readonly pid: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whether a reply is one: what is measured must have been done. Asked of each that is as long as none before it. */
  readonly isAnswer: (reply: string) => boolean;
}

/**
 * Asks over so many connections for some seconds; each slot asks again as soon as it is answered.
 *
 * @throws for a reply that is none
 */
export async function closedLoop({ wire, pid, connections, seconds, isAnswer }: Load): Promise<Run> {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(wire)));
  const late = setTimeout(() => open.forEach((connection) => connection.close()), seconds * 1000 + PATIENCE_MS);
  const tookMs = new Float64Array(Math.ceil(seconds * CALLS_PER_SECOND_MAX));
  const known = new Set<number>();
  let [calls, received] = [0, 0];
  try {
    const [serverMs, load, startedMs] = [threadsMs(pid), process.cpuUsage(), performance.now()];
    const endMs = startedMs + seconds * 1000;
    await Promise.all(open.map(async (connection, index) => {
      const askedMs = new Float64Array(wire.depth).fill(startedMs);
      const questions = Array.from({ length: wire.depth }, (_, slot) => wire.question(index, slot));
      let due: Uint8Array[] = questions;
      let underWay = due.length;
      let nowMs = startedMs;
      const read = wire.reader((slot, reply) => {
        if (!known.has(reply.length)) {
          const text = decoder.decode(reply);
          if (!isAnswer(text)) throw new Error(`Not an answer: ${text}`);
          known.add(reply.length);
        }
        tookMs[calls++] = nowMs - (askedMs[slot] ?? NaN);
        underWay--;
        if (nowMs >= endMs) return;
        askedMs[slot] = nowMs;
        due.push(questions[slot] ?? wire.question(index, slot));
        underWay++;
      });
      const send = async () => {
        const [first] = due;
        if (!first) return underWay === 0;
        const bytes = due.length === 1 ? first : joined(due);
        due = [];
        await writeAll(connection, bytes);
        return false;
      };
      await send();
      await readUntil(connection, (chunk) => {
        received += chunk.length;
        nowMs = performance.now();
        read(chunk);
      }, send);
    }));
    const [took, used] = [performance.now() - startedMs, process.cpuUsage(load)];
    const busyMs = threadsMs(pid) - serverMs;
    return {
      // To the last reply: those that leave together in one commit count whole.
      callsPerSecond: calls / took * 1000,
      ...percentiles(tookMs.subarray(0, calls)),
      processorMicros: busyMs * 1000 / calls,
      serverShare: busyMs / took,
      loadShare: (used.user + used.system) / 1000 / took,
      bytes: received / calls + wire.question(0, 0).length,
      residentMiB: residentMiB(pid),
    };
  } finally {
    clearTimeout(late);
    for (const connection of open) closeQuietly(connection);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch { /* It was closed for being late. */ }
}
