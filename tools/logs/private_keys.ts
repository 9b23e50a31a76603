import { Buffer } from "node:buffer";
import { REDACTED } from "../redaction/pattern.ts";
import { type Frame, withinFrame } from "./frame.ts";
import { parseLine } from "./line.ts";

const BOUNDARY = /-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** The beginning of a PEM block in Base64. */
const ENCODED = /LS0tLS1CRUdJTi[\w+/]*={0,2}/;
/** A whole line of a key, its last one and a PGP checksum included. */
const BODY = /^=?[A-Za-z0-9+/]{2,100}={0,2}$/;
/** No word is so long: it goes whatever a logger writes around it. */
const LONG_BODY = /[A-Za-z0-9+/]{40,}={0,2}/g;
/** The last line of a key in one line with its end; only `(?<!…)` keeps the time linear. */
const BODY_BEFORE_END = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{2,}={0,2}(?=(?:\\[nr]|\s){0,4}-----END )/g;
/** A key of 16,384 bits has some 200 lines. */
const KEY_LINES_MAX = 256;

/** Where a key begins or ends, and what the line has around it: its other lines may have the same. */
interface Boundary extends Frame {
  /** −1: what is hidden stands above; 1: below. */
  readonly step: -1 | 1;
  /** It is in Base64, and so is its end: the key goes on as long as its lines do. */
  readonly isEncoded: boolean;
}

/**
 * Takes out the private keys that stand in a log over several lines, also where a logger writes words around each.
 * Redaction, which sees one line at a time, knows a key by its first line only; here its lines stand together. Other
 * lines among them stay, as two writers mix.
 */
export function hidePrivateKeys(lines: readonly string[]): readonly string[] {
  let hidden: string[] | undefined;
  for (const [index, line] of lines.entries()) {
    for (const boundary of boundariesOf(line)) {
      const { step, isEncoded } = boundary;
      // The line of an end may begin with the last of the key.
      for (let at = step > 0 ? index + 1 : index; Math.abs(at - index) <= KEY_LINES_MAX; at += step) {
        const other = lines[at];
        if (other === undefined || (at !== index && isBoundary(other))) break;
        const { timestamp, message } = parseLine(other);
        const rest = at === index ? message.replace(BODY_BEFORE_END, REDACTED) : hideBody(message, boundary);
        if (rest !== message) (hidden ??= [...lines])[at] = timestamp === "" ? rest : `${timestamp} ${rest}`;
        else if (isEncoded) break;
      }
    }
  }
  return hidden ?? lines;
}

/** The boundaries whose key goes on in other lines: the first line may be older than the log, the last not yet written. */
function boundariesOf(line: string): readonly Boundary[] {
  if (!isBoundary(line)) return [];
  const { message } = parseLine(line);
  const found = [...message.matchAll(BOUNDARY)];
  const [first, last] = [found[0], found.at(-1)];
  const at = (match: RegExpExecArray, step: -1 | 1, isEncoded = false): Boundary => ({
    before: message.slice(0, match.index),
    after: message.slice(match.index + match[0].length),
    step,
    isEncoded,
  });
  const encoded = ENCODED.exec(message);
  return [
    ...(first?.[1] === "END" ? [at(first, -1)] : []),
    ...(last?.[1] === "BEGIN" ? [at(last, 1)] : []),
    ...(!last && encoded ? [at(encoded, 1, true)] : []),
  ];
}

function isBoundary(line: string): boolean {
  if (line.includes("PRIVATE KEY")) return line.search(BOUNDARY) >= 0;
  const [encoded] = (line.includes("LS0tLS1CRUdJTi") && ENCODED.exec(line)) || [];
  return encoded !== undefined && Buffer.from(encoded, "base64").includes("PRIVATE KEY");
}

/** Hides what a line has within the words that stand around the boundary too, or else what is long in it. */
function hideBody(message: string, frame: Frame): string {
  for (const [start, end] of [withinFrame(message, frame) ?? [0, 0], [0, message.length]]) {
    const inner = message.slice(start, end);
    const body = inner.trim();
    if (BODY.test(body)) return message.slice(0, start) + inner.replace(body, REDACTED) + message.slice(end);
  }
  return message.replace(LONG_BODY, REDACTED);
}
