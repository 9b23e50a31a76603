import { concat } from "./bytes.ts";
import type { Random } from "./random.ts";

/** Bytes to send over an open WebSocket, and what must come of them. */
export interface RawFrames {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** `reply`: the request in it is answered. `end`: the connection ends without a reply. `any`: it may be either. */
  readonly expected: "reply" | "end" | "any";
}

const encoder = new TextEncoder();
const REQUEST = '{"jsonrpc":"2.0","id":"raw","method":"ctx.get","params":{"key":"é😀"}}';
const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;

/** A client's frame, masked with random bytes. */
export function frame(
  random: Random,
  opcode: number,
  payload: Uint8Array,
  { fin = true, reserved = 0, masked = true, claimed = payload.length } = {},
): Uint8Array<ArrayBuffer> {
  const length = claimed < 126
    ? [claimed]
    : claimed < 65_536
    ? [126, claimed >> 8, claimed & 255]
    : [127, ...Array.from({ length: 8 }, (_, byte) => Math.floor(claimed / 2 ** (8 * (7 - byte))) % 256)];
  const mask = masked ? Array.from({ length: 4 }, () => random.int(256)) : [];
  const data = masked ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  return concat([Uint8Array.from([first, (masked ? 0x80 : 0) | (length[0] ?? 0), ...length.slice(1), ...mask]), data]);
}

/** A message in pieces, cut anywhere, with pings between them. */
function fragments(random: Random, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  for (let at = 0, piece = 0; at < payload.length; piece++) {
    const end = at + 1 + random.int(20);
    const opcode = piece === 0 ? TEXT : CONTINUATION;
    pieces.push(frame(random, opcode, payload.subarray(at, end), { fin: end >= payload.length }));
    if (end < payload.length && random.once(3)) pieces.push(frame(random, PING, Uint8Array.of(random.int(256))));
    at = end;
  }
  return concat(pieces);
}

/** One connection's worth of bytes by someone who did not read RFC 6455, or read it to the end. */
export function rawFrames(random: Random): RawFrames {
  const request = encoder.encode(REQUEST);
  const bad = Uint8Array.from(
    random.pick([[0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2]]),
  );
  const at = random.int(request.length);
  const noUtf8 = concat([request.subarray(0, at), bad, request.subarray(at)]);
  const noise = Uint8Array.from({ length: 1 + random.int(300) }, () => random.int(256));
  const of = (name: string, expected: RawFrames["expected"], ...frames: readonly Uint8Array[]): RawFrames => ({
    name,
    expected,
    bytes: concat(frames),
  });
  return random.pick([
    () => of("a request in fragments", "reply", fragments(random, request)),
    () =>
      of(
        "an empty fragment first",
        "reply",
        frame(random, TEXT, noise.subarray(0, 0), { fin: false }),
        frame(random, CONTINUATION, request),
      ),
    () => of("text that is no UTF-8", "end", frame(random, TEXT, noUtf8)),
    () => of("fragments that are no UTF-8", "end", fragments(random, noUtf8)),
    () => of("a reserved opcode", "end", frame(random, random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), request)),
    () => of("a reserved bit", "end", frame(random, TEXT, request, { reserved: 1 + random.int(7) })),
    () => of("no mask", "any", frame(random, TEXT, request, { masked: false })),
    () => of("a long ping", "end", frame(random, PING, encoder.encode("x".repeat(126 + random.int(100))))),
    () => of("a ping in fragments", "end", frame(random, PING, noise.subarray(0, 5), { fin: false })),
    () => of("a continuation of nothing", "end", frame(random, CONTINUATION, request)),
    () =>
      of(
        "a text within a text",
        "end",
        frame(random, TEXT, request.subarray(0, 9), { fin: false }),
        frame(random, TEXT, request),
      ),
    () =>
      of(
        "a binary message in fragments",
        "end",
        frame(random, 2, request, { fin: false }),
        frame(random, CONTINUATION, request),
      ),
    () => of("a close of one byte", "end", frame(random, 8, Uint8Array.of(3))),
    () =>
      of(
        "a close with a code that there is not",
        "end",
        frame(random, 8, Uint8Array.of(random.int(3), random.int(256))),
      ),
    () =>
      of("a length that no message has", "end", frame(random, TEXT, request, { claimed: 2 ** (27 + random.int(26)) })),
    () => of("a frame that breaks off", "end", frame(random, TEXT, request).subarray(0, 1 + random.int(60))),
    () => of("noise", "any", noise),
    () => of("a request, then noise", "any", frame(random, TEXT, request), noise),
  ])();
}
