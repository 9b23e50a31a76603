/** A reply as the load sees it: the slot that it answers, and its bytes, which are valid until the next read. */
export type OnReply = (slot: number, reply: Uint8Array) => void;

/** How one connection asks and hears: everything that is sent is ready before the measurement begins. */
export interface Wire {
  readonly port: number;
  /** What opens a connection, and the answer's first bytes; `undefined` where it needs nothing. */
  readonly handshake: { readonly sent: Uint8Array; readonly answer: string } | undefined;
  /** Questions that one connection may have under way. */
  readonly depth: number;
  /** @param connection from 0 @param slot from 0, below `depth` */
  question(connection: number, slot: number): Uint8Array;
  /** @returns what takes the bytes of one connection as they come, however they are parted */
  reader(onReply: OnReply): (chunk: Uint8Array) => void;
}

const EMPTY = new Uint8Array();
export const encoder = new TextEncoder();
export const decoder = new TextDecoder();

/**
 * Parts a stream into messages.
 *
 * @param take reads one message at the start of the bytes, and tells its length with all that is around it; 0 = not all
 *   of it is here
 */
export function inMessages(take: (bytes: Uint8Array) => number): (chunk: Uint8Array) => void {
  let rest = EMPTY;
  return (chunk) => {
    let bytes = chunk;
    if (rest.length > 0) {
      bytes = new Uint8Array(rest.length + chunk.length);
      bytes.set(rest);
      bytes.set(chunk, rest.length);
    }
    while (bytes.length > 0) {
      const length = take(bytes);
      if (length === 0) break;
      bytes = bytes.subarray(length);
    }
    // The chunk's memory is read into again.
    rest = bytes.length === 0 ? EMPTY : bytes.slice();
  };
}
