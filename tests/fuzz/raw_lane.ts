import assert from "node:assert/strict";
import { handshake } from "../server/raw_client.ts";
import { concat } from "./bytes.ts";
import { keyOfReply } from "./oracle.ts";
import type { Random } from "./random.ts";
import { frame, type RawFrames, rawFrames } from "./raw_frames.ts";
import type { Tally } from "./tally.ts";

const END_WAIT_MS = 20_000;
/** 1000 answers the close that we send; the others say what was wrong. */
const CODES = new Set([1000, 1002, 1003, 1007, 1008, 1009]);
const NORMAL_CLOSE = Uint8Array.of(0x03, 0xe8);

/** Opens sockets by hand, one a piece of bad wire, and reads what the server says to it until it hangs up. */
export async function fuzzRaw(
  port: number,
  { random, count, tally }: { readonly random: Random; readonly count: number; readonly tally: Tally },
): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const raw = rawFrames(random);
    const answer = await talk(port, raw, frame(random, 8, NORMAL_CLOSE));
    tally.count("raw frames");
    try {
      check(raw, answer, tally);
    } catch (cause) {
      throw new Error(`${raw.name}: ${cause}; sent ${raw.bytes.toHex()}, got ${answer.toHex()}`, { cause });
    }
  }
}

/**
 * Everything that the server says until it hangs up. It learns that we say no more: at once or, since a close cancels
 * calls, when the reply that must come is there.
 */
async function talk(port: number, { bytes, expected }: RawFrames, close: Uint8Array): Promise<Uint8Array> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    connection.close();
  }, END_WAIT_MS);
  const chunks: Uint8Array[] = [];
  try {
    const write = async (data: Uint8Array) => {
      for (let rest = data; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
    };
    const read = async () => {
      const buffer = new Uint8Array(16_384);
      const length = await connection.read(buffer);
      if (length !== null) chunks.push(buffer.subarray(0, length));
      return length !== null;
    };
    const reads = async (text: string) => {
      while (!new TextDecoder("latin1").decode(concat(chunks)).includes(text) && await read());
    };
    await write(new TextEncoder().encode(handshake(port)));
    await reads("\r\n\r\n");
    await write(bytes);
    if (expected === "reply") await reads('"raw"');
    // The server may have hung up already, and says so by a reset.
    await write(close);
    await connection.closeWrite();
    while (await read());
  } catch (error) {
    const isHungUp = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.NotConnected;
    if (!isHungUp && !isLate) throw error;
  } finally {
    clearTimeout(timer);
    if (!isLate) connection.close();
  }
  assert(!isLate, "the server hangs up");
  return concat(chunks);
}

function check({ expected }: RawFrames, answer: Uint8Array, tally: Tally): void {
  const texts: string[] = [];
  let ended = "without a close frame";
  for (const { opcode, payload } of framesOf(answer)) {
    if (opcode === 1) texts.push(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    if (opcode !== 8) continue;
    const code = payload.length < 2 ? 1000 : (payload[0] ?? 0) * 256 + (payload[1] ?? 0);
    assert(CODES.has(code), `closed with ${code}`);
    ended = `${code}`;
  }
  tally.count(`raw ended ${ended}`);
  for (const text of texts) keyOfReply(text);
  if (expected === "reply") assert.deepEqual(texts.map(keyOfReply), ['"raw"']);
  if (expected === "end") assert.deepEqual(texts, []);
}

/** A server's frames, which have no mask, after the head of the handshake. */
function* framesOf(bytes: Uint8Array) {
  let at = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n") + 4;
  assert(at > 3, "the handshake was answered");
  while (at + 2 <= bytes.length) {
    const view = new DataView(bytes.buffer, at);
    const short = view.getUint8(1) & 127;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length = short < 126 ? short : short === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
    yield { opcode: view.getUint8(0) & 15, payload: bytes.subarray(at + head, at + head + length) };
    at += head + length;
  }
}
