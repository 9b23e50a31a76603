import { decoder, encoder, inMessages, type Wire } from "./wire.ts";

const FINAL_TEXT = 0x81;
const CLOSE = 0x88;
const MASKED = 0x80;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/**
 * One WebSocket connection of a client that costs little: its frames are made once, under a mask of zeros, which leaves
 * a text as it is. Replies come in any order, so each is known by its `id`.
 *
 * @param ask the message of a slot, whose `id` is the slot's number
 */
export function webSocketWire(port: number, path: string, depth: number, ask: (slot: number) => string): Wire {
  const questions = Array.from({ length: depth }, (_, slot) => frameOf(ask(slot)));
  const opening = [
    `GET ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
    "\r\n",
  ];
  return {
    port,
    depth,
    handshake: { sent: encoder.encode(opening.join("\r\n")), answer: "HTTP/1.1 101" },
    question: (_, slot) => questions[slot] ?? frameOf(ask(slot)),
    reader: (onReply) =>
      inMessages((bytes) => {
        const frame = frameAt(bytes);
        if (!frame) return 0;
        const payload = bytes.subarray(frame.start, frame.end);
        if (bytes[0] === CLOSE) throw new Error(`The server closed: ${decoder.decode(payload.subarray(2))}`);
        // Else a ping, which may wait: a measurement is shorter than the server's patience.
        if (bytes[0] === FINAL_TEXT) onReply(idOf(payload), payload);
        return frame.end;
      }),
  };
}

/** A text as one frame of a client (RFC 6455, section 5.2). */
export function frameOf(text: string): Uint8Array {
  const payload = encoder.encode(text);
  const { length } = payload;
  const header = length < TWO_BYTES ? 2 : length < 0x10000 ? 4 : 10;
  const frame = new Uint8Array(header + 4 + length);
  const view = new DataView(frame.buffer);
  frame[0] = FINAL_TEXT;
  frame[1] = MASKED | (header === 2 ? length : header === 4 ? TWO_BYTES : EIGHT_BYTES);
  if (header === 4) view.setUint16(2, length);
  if (header === 10) view.setBigUint64(2, BigInt(length));
  frame.set(payload, header + 4);
  return frame;
}

/** Where the payload of the first frame is; `undefined` while not all of it is here. */
function frameAt(bytes: Uint8Array): { readonly start: number; readonly end: number } | undefined {
  const short = bytes[1];
  if (short === undefined) return undefined;
  const start = short < TWO_BYTES ? 2 : short === TWO_BYTES ? 4 : 10;
  if (bytes.length < start) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = start === 2 ? short : start === 4 ? view.getUint16(2) : Number(view.getBigUint64(2));
  const end = start + length;
  return bytes.length < end ? undefined : { start, end };
}

const [ZERO, NINE] = [0x30, 0x39];
const ID = encoder.encode('"id":');
/** Every server here writes the id behind the version; an echo's is where the question had it. */
const ID_WITHIN = 40;

function idOf(payload: Uint8Array): number {
  for (let at = 0; at < ID_WITHIN; at++) {
    if (!ID.every((byte, i) => payload[at + i] === byte)) continue;
    let id = 0;
    for (let digit = at + ID.length;; digit++) {
      const byte = payload[digit] ?? 0;
      if (byte < ZERO || byte > NINE) return id;
      id = id * 10 + byte - ZERO;
    }
  }
  throw new Error(`A reply without an id: ${decoder.decode(payload.subarray(0, 200))}`);
}
