import { openConnection, readUntil, writeAll } from "../load/connections.ts";
import { frameOf } from "../load/websocket_wire.ts";
import type { Wire } from "../load/wire.ts";

/** What a message may have, 1 MiB, less its envelope. */
const LARGE_CHARS = 1_048_000;
/** A peer that reads nothing asks for so much: in some two minutes more than the server lets wait for it. */
const SLOW_ASKS_PER_SECOND = 20;
const SLOW_VALUE_CHARS = 8192;
const LINE = "2026-11-02T10:00:00Z web-7d9f8b6c5-abcde GET /api/v1/namespaces/default/pods 200 12ms user=alice\n";

/** What goes on beside a measured load: one peer that never reads, and one that sends a message of 1 MiB a second. */
export interface Mix extends AsyncDisposable {
  /** Puts another in the place of the one that never reads, which the server has turned away. */
  renewSlow(): Promise<void>;
}

/** A peer that sends the same every so often, each time when the write before is done. */
interface Sender extends AsyncDisposable {
  readonly connection: Deno.TcpConn;
}

export async function startMix(wire: Wire): Promise<Mix> {
  await store(wire, "bench-slow", lines(SLOW_VALUE_CHARS));
  const large = await openSender(wire, messageOf("ctx.set", { key: "bench-large", value: lines(LARGE_CHARS) }), 1);
  const reading = readUntil(large.connection, () => {}, () => Promise.resolve(false)).catch(() => {});
  const openSlow = () => openSender(wire, messageOf("ctx.get", { key: "bench-slow" }), SLOW_ASKS_PER_SECOND);
  let slow = await openSlow();
  return {
    async renewSlow() {
      await slow[Symbol.asyncDispose]();
      slow = await openSlow();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([large[Symbol.asyncDispose](), slow[Symbol.asyncDispose](), reading]);
    },
  };
}

async function openSender(wire: Wire, message: string, perSecond: number): Promise<Sender> {
  const connection = await openConnection(wire);
  const frame = frameOf(message);
  let last = Promise.resolve();
  // What fails was cut off, by the server or at the end.
  const timer = setInterval(
    () => last = last.then(() => writeAll(connection, frame)).catch(() => {}),
    1000 / perSecond,
  );
  return {
    connection,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      connection.close();
      await last;
    },
  };
}

async function store(wire: Wire, key: string, value: string): Promise<void> {
  using connection = await openConnection(wire);
  let isAnswered = false;
  const read = wire.reader(() => isAnswered = true);
  await writeAll(connection, frameOf(messageOf("ctx.set", { key, value })));
  await readUntil(connection, read, () => Promise.resolve(isAnswered));
}

function messageOf(method: string, params: Readonly<Record<string, string>>): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

/** What such a text mostly is: a log. */
function lines(chars: number): string {
  return LINE.repeat(Math.ceil(chars / LINE.length)).slice(0, chars);
}
