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
export function boundEntries(entries: readonly LogEntry[]): BoundedEntries {
  const warnings: string[] = [];
  const cut = entries.map((entry) => ({ ...entry, message: cutMessage(entry.message) }));
  const long = entries.filter(({ message }) => message.length > MESSAGE_CHARS_MAX).length;
  if (long > 0) {
    warnings.push(`${long} messages were cut to their first ${MESSAGE_CHARS_MAX} characters, with … at the end`);
  }
  let left = REPLY_CHARS_MAX;
  const tooMany = cut.findLastIndex(({ message }) => (left -= message.length) < 0) + 1;
  if (tooMany > 0) {
    warnings.push(`${tooMany} older lines were left out, since a reply has room for ${REPLY_CHARS_MAX} characters`);
  }
  return { entries: cut.slice(tooMany), warnings };
}

function cutMessage(message: string): string {
  if (message.length <= MESSAGE_CHARS_MAX) return message;
  // Not between the two halves of a character.
  const end = message.codePointAt(MESSAGE_CHARS_MAX - 1) ?? 0;
  return `${message.slice(0, end > 0xffff ? MESSAGE_CHARS_MAX - 1 : MESSAGE_CHARS_MAX)}…`;
}
