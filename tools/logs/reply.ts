import type { LogEntry } from "./merge.ts";

const MESSAGE_CHARS_MAX = 4096;
/** What a reader can use at once, and under the bound of a reply, which would cut the newest lines off. */
const REPLY_CHARS_MAX = 262_144;

/** Entries within the bounds of a reply, and what was cut. */
export interface BoundedEntries {
  readonly entries: LogEntry[];
  readonly warnings: readonly string[];
}

/** Cuts long messages, and then the oldest entries where all together are too long. */
export function boundEntries(all: readonly LogEntry[]): BoundedEntries {
  const isLong = ({ message }: LogEntry) => message.length > MESSAGE_CHARS_MAX;
  const entries = all.map((entry) => isLong(entry) ? { ...entry, message: cutMessage(entry.message) } : entry);
  let left = REPLY_CHARS_MAX;
  const tooMany = entries.findLastIndex(({ message }) => (left -= message.length) < 0) + 1;
  const long = all.slice(tooMany).filter(isLong).length;
  const warnings = [];
  if (long > 0) {
    warnings.push(`Messages cut to their first ${MESSAGE_CHARS_MAX} characters, with … at the end: ${long}`);
  }
  if (tooMany > 0) {
    warnings.push(`Older lines left out, since a reply has room for ${REPLY_CHARS_MAX} characters: ${tooMany}`);
  }
  return { entries: entries.slice(tooMany), warnings };
}

function cutMessage(message: string): string {
  // Not between the two halves of a character.
  const end = message.codePointAt(MESSAGE_CHARS_MAX - 1) ?? 0;
  return `${message.slice(0, end > 0xffff ? MESSAGE_CHARS_MAX - 1 : MESSAGE_CHARS_MAX)}…`;
}
