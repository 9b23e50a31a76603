import assert from "node:assert/strict";
import { expectedReply, keyOfReply } from "./oracle.ts";
import type { Frames } from "./frames.ts";
import type { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

/** Frames that are sent before any reply is awaited. */
const WINDOW = 64;
const REPLIES_WAIT_MS = 60_000;

/** Frames that a peer is turned away for, and the code that says so. */
const FATAL: readonly (readonly [code: number, make: () => string | ArrayBuffer])[] = [
  [1003, () => new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"mcp.tools.list"}').buffer],
  [1003, () => new ArrayBuffer(0)],
  [1009, () => `"${"x".repeat(1_048_576)}"`],
  [1009, () => "[".repeat(1_048_577)],
  [1009, () => `"${"é".repeat(524_288)}"`],
];

/** Sends windows of frames over one socket after another until `count` are sent, and checks what comes back. */
export async function fuzzSocket(
  url: string,
  { frames, random, count, tally }: {
    readonly frames: Frames;
    readonly random: Random;
    readonly count: number;
    readonly tally: Tally;
  },
): Promise<void> {
  for (let sent = 0; sent < count;) {
    const socket = await openSocket(url);
    try {
      for (let isOpen = true; isOpen && sent < count;) {
        const size = Math.min(1 + random.int(WINDOW), count - sent);
        const texts = Array.from({ length: size }, () => frames.next());
        const fatal = random.once(15) ? random.pick(FATAL) : undefined;
        tally.count("windows");
        await exchange(socket, texts, fatal, tally);
        sent += size + (fatal ? 1 : 0);
        isOpen = fatal === undefined && !random.once(50);
      }
    } finally {
      socket.close();
    }
  }
}

/** Sends all at once; every reply must be one that is owed, and unless the socket is closed all of them come. */
async function exchange(
  socket: WebSocket,
  texts: readonly string[],
  fatal: (typeof FATAL)[number] | undefined,
  tally: Tally,
): Promise<void> {
  const owed = new Map<string, number>();
  let missing = 0;
  for (const text of texts) {
    // What goes over the wire has no lone surrogates: the socket sends U+FFFD for each.
    const key = expectedReply(text.toWellFormed());
    if (key === undefined) continue;
    owed.set(key, (owed.get(key) ?? 0) + 1);
    missing++;
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`${missing} replies did not come`)), REPLIES_WAIT_MS);
  socket.onmessage = ({ data }) => {
    try {
      const key = keyOfReply(data);
      const left = owed.get(key) ?? 0;
      assert(left > 0, `a reply that nobody waits for: ${data.slice(0, 300)}`);
      owed.set(key, left - 1);
      tally.count("replies");
      if (--missing === 0 && !fatal) resolve();
    } catch (error) {
      reject(error);
    }
  };
  socket.onclose = ({ code, reason }) => {
    tally.count(`closed ${code}`);
    if (code === fatal?.[0]) resolve();
    else reject(new Error(`The socket closed with ${code} ${reason}, ${missing} replies before its time`));
  };
  for (const text of texts) socket.send(text);
  if (fatal) socket.send(fatal[1]());
  tally.count("socket frames", texts.length + (fatal ? 1 : 0));
  if (missing === 0 && !fatal) resolve();
  try {
    await promise;
  } catch (cause) {
    const waiting = [...owed].filter(([, left]) => left > 0).map(([key]) => key).slice(0, 3);
    const sent = texts.map((text) => text.slice(0, 300)).join("\n");
    throw new Error(`${cause instanceof Error ? cause.message : cause}; owed: ${waiting}; sent:\n${sent}`, { cause });
  } finally {
    clearTimeout(timer);
    socket.onmessage = socket.onclose = null;
  }
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.onopen = () => resolve();
  socket.onerror = (event) => reject(new Error(`Cannot open a socket: ${(event as ErrorEvent).message}`));
  await promise;
  // What goes wrong later is told by the close.
  socket.onerror = null;
  return socket;
}
