import { Buffer } from "node:buffer";

/** A line of the input, without its end; `undefined` for one that is longer than it may be. */
export type Line = string | undefined;

const LINE_FEED = 0x0a;

/** Reads lines of UTF-8. Of a line that is too long no more than the bound is held. @param bytesMax of a line */
export async function* readLines(input: ReadableStream<Uint8Array>, bytesMax: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const take = (): Line => {
    const line = bytes > bytesMax ? undefined : Buffer.concat(parts).toString();
    [parts, bytes] = [[], 0];
    return line;
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    hold(chunk.subarray(start));
  }
  if (bytes > 0) yield take();

  function hold(part: Uint8Array): void {
    bytes += part.byteLength;
    if (bytes > bytesMax) parts = [];
    else parts.push(part);
  }
}
