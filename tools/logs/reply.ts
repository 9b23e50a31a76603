import { Buffer } from "node:buffer";
import { DEFAULT_PAGE_BYTES } from "../paging.ts";
import { redactText } from "../redact.ts";
import type { LogFinds } from "./backend.ts";
import type { LogEntry } from "./merge.ts";

/** How large an answer may be. */
export interface ReplySize {
  readonly messageCharsMax: number;
  /** Bytes of the lines and of what is said beside them, as JSON. */
  readonly bytesMax: number;
  /** Of these, for what the backend warns of. */
  readonly warningBytesMax: number;
  /** How to get more than that. */
  readonly advice: string;
}

/** What 2,000 tokens hold, where nobody asked for a number of lines. */
export const DEFAULT_SIZE: ReplySize = {
  messageCharsMax: 500,
  bytesMax: DEFAULT_PAGE_BYTES,
  warningBytesMax: 1_500,
  advice: "narrow by query, pod or since_seconds, or set limit",
};

/** What a reader can use at once, and under the bound of a reply, which would cut the newest lines off. */
export const FULL_SIZE: ReplySize = {
  messageCharsMax: 4096,
  bytesMax: 262_144,
  warningBytesMax: 16_384,
  advice: "narrow by query, pod or since_seconds",
};

/** For what is said of the cuts themselves. */
const NOTICE_BYTES = 250;
/** Characters that are looked through for secrets beyond those that are shown: one may be cut in two. */
const BEYOND_CHARS = 8_192;

/** A longer word is cut in two. */
const WORD_CHARS = 200;

/** Entries within the bounds of a reply, and what was cut. */
export interface BoundedEntries {
  readonly entries: readonly LogEntry[];
  readonly warnings: readonly string[];
}

/** Cuts long messages, then the oldest entries where all together are too long, and says so after what else is said. */
export function boundReply(finds: Pick<LogFinds, "entries" | "warnings">, size: ReplySize): BoundedEntries {
  const said = boundWarnings(finds.warnings, size.warningBytesMax);
  const room = size.bytesMax - NOTICE_BYTES - said.reduce((sum, text) => sum + bytesOf(text), 0);
  const { entries, warnings } = boundEntries(finds.entries, { ...size, bytesMax: room });
  return { entries, warnings: [...said, ...warnings] };
}

/** The same of entries alone. */
export function boundEntries(
  all: readonly LogEntry[],
  { messageCharsMax, bytesMax, advice }: Omit<ReplySize, "warningBytesMax">,
): BoundedEntries {
  const kept: LogEntry[] = [];
  let long = 0;
  let room = bytesMax;
  for (const entry of all.toReversed()) {
    const message = cutMessage(entry.message, messageCharsMax);
    const bounded = message === entry.message ? entry : { ...entry, message };
    room -= bytesOf(bounded);
    if (room < 0 && kept.length > 0) break;
    kept.push(bounded);
    if (message.endsWith("…") && entry.message.length > messageCharsMax) long++;
  }
  const warnings = [];
  if (long > 0) warnings.push(`Messages cut to their first ${messageCharsMax} characters, with … at the end: ${long}`);
  const left = all.length - kept.length;
  if (left > 0) warnings.push(`Older lines left out, since they do not fit into the answer: ${left}; ${advice}`);
  return { entries: kept.reverse(), warnings };
}

/** The first warnings that fit, each cut to what may be said at once, and how many do not. */
export function boundWarnings(all: readonly string[], bytesMax: number): readonly string[] {
  const kept: string[] = [];
  let room = bytesMax;
  for (const text of all) {
    const cut = cutText(text, Math.floor(bytesMax / 6));
    room -= bytesOf(cut);
    if (room < 0) break;
    kept.push(cut);
  }
  const left = all.length - kept.length;
  return left > 0 ? [...kept, `${left} more warnings are left out: name pods by "pod"`] : kept;
}

/**
 * A message to show: secrets go first, for half of one is known by nothing. The cut is between two words where there are
 * some: what only the operator's own patterns know is a word mostly.
 */
export function cutMessage(message: string, charsMax: number): string {
  const text = redactText(message.slice(0, charsMax + BEYOND_CHARS));
  if (text.length <= charsMax) return text;
  const space = text.lastIndexOf(" ", charsMax);
  return space > charsMax - WORD_CHARS ? `${text.slice(0, space)}…` : cutText(text, charsMax);
}

function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  // Not between the two halves of a character.
  const end = text.codePointAt(charsMax - 1) ?? 0;
  return `${text.slice(0, end > 0xffff ? charsMax - 1 : charsMax)}…`;
}

/** With the comma after it. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
