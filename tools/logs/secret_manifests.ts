import { hideManifestData } from "../redaction/manifest.ts";
import { type Frame, withinFrame } from "./frame.ts";
import { parseLine } from "./line.ts";

const KIND = /(?:- )?(?:"kind":[ \t]*"Secret(?:List)?",?|kind:[ \t]*(["']?)Secret(?:List)?\1)(?:[ \t]+$)?/;
/** Up and down from where a Secret is named. */
const MANIFEST_LINES_MAX = 2000;
/** Lines of other writers in a row among those of a Secret. */
const FOREIGN_LINES_MAX = 4;

/**
 * Takes out the data of Kubernetes Secrets that were printed into a log. Redaction, which sees one line at a time, does
 * not know whose data a line is; here the lines with the same words around them stand together.
 */
export function hideSecretManifests(lines: readonly string[]): readonly string[] {
  let hidden: string[] | undefined;
  /** Lines that were looked at together with another that names a Secret: not again. */
  const done = new Set<number>();
  for (const [index, line] of lines.entries()) {
    if (!line.includes("Secret") || done.has(index)) continue;
    const { message } = parseLine(line);
    const kind = KIND.exec(message);
    if (!kind) continue;
    // Of what stands before it spaces belong to the manifest, but for one after a logger's words.
    const before = message.slice(0, kind.index).replace(/[ \t]+$/, "");
    const frame = {
      before: before === "" ? "" : message.slice(0, Math.min(kind.index, before.length + 1)),
      after: message.slice(kind.index + kind[0].length),
    };
    const manifest = [...linesAround(lines, index, frame, -1).reverse(), ...linesAround(lines, index - 1, frame, 1)];
    const text = manifest.map(({ inner }) => inner).join("\n");
    const safe = hideManifestData(text).split("\n");
    for (const [each, { at, inner, around: [start, end] }] of manifest.entries()) {
      done.add(at);
      if (safe[each] !== inner) (hidden ??= [...lines])[at] = `${start}${safe[each]}${end}`;
    }
  }
  return hidden ?? lines;
}

interface Framed {
  readonly at: number;
  readonly inner: string;
  /** The line without `inner`. */
  readonly around: readonly [string, string];
}

/** The lines after `index`, or before it, that have the frame. */
function linesAround(lines: readonly string[], index: number, frame: Frame, step: 1 | -1): Framed[] {
  const found: Framed[] = [];
  let foreign = 0;
  for (let at = index + step; foreign <= FOREIGN_LINES_MAX && Math.abs(at - index) <= MANIFEST_LINES_MAX; at += step) {
    const line = lines[at];
    if (line === undefined) break;
    const { timestamp, message } = parseLine(line);
    const within = withinFrame(message, frame);
    if (!within) {
      foreign++;
      continue;
    }
    foreign = 0;
    const [start, end] = within;
    const time = timestamp === "" ? "" : `${timestamp} `;
    found.push({
      at,
      inner: message.slice(start, end),
      around: [`${time}${message.slice(0, start)}`, message.slice(end)],
    });
  }
  return found;
}
