import { parseLine } from "./line.ts";

const BOUNDARY = /-----(BEGIN|END) [A-Z ]*PRIVATE KEY-----/;
const BODY = /^[A-Za-z0-9+/]{2,100}={0,2}$/;
/** A key of 16,384 bits has some 200 lines. */
const KEY_LINES_MAX = 256;

/**
 * Takes out the private keys that stand in a log over several lines. Redaction, which sees one line at a time, knows a
 * key by its first and last line only; here its lines stand together. Other lines among them stay, as two writers mix.
 */
export function hidePrivateKeys(lines: readonly string[]): readonly string[] {
  if (!lines.some((line) => BOUNDARY.test(line))) return lines;
  const hidden = [...lines];
  for (const [index, line] of lines.entries()) {
    const boundary = BOUNDARY.exec(line)?.[1];
    if (boundary === undefined) continue;
    // The first line may be older than what was read, the last one not yet written.
    const step = boundary === "BEGIN" ? 1 : -1;
    for (let at = index + step; Math.abs(at - index) <= KEY_LINES_MAX; at += step) {
      const other = lines[at];
      if (other === undefined || BOUNDARY.test(other)) break;
      const { timestamp, message } = parseLine(other);
      if (BODY.test(message.trim())) hidden[at] = `${timestamp && `${timestamp} `}[REDACTED]`;
    }
  }
  return hidden;
}
