import { redact } from "../redact.ts";
import { parseExactly } from "../redaction/json_text.ts";
import { REDACTED } from "../redaction/pattern.ts";
import { parseLine } from "./line.ts";

const OPENING = /[{[]\s*$/;
const CLOSING = /^\s*[}\]]/;
/** A member, an item or an end, as it stands alone in a line. */
const JSON_LINE = /^\s*(?:"(?:[^"\\]|\\.)*"\s*(?:$|[:,])|[}\]]|[{[]|-?\d|(?:true|false|null)\b)/;
const BLOCK_LINES_MAX = 2000;
const BLOCK_CHARS_MAX = 262_144;

/**
 * Takes out the secrets of JSON that was printed into a log over several lines. Redaction, which sees one line at a time,
 * does not know under which name a line stands.
 */
export function hideInJsonBlocks(lines: readonly string[]): readonly string[] {
  let hidden: string[] | undefined;
  for (let start = 0; start < lines.length; start++) {
    if (!OPENING.test(lines[start] ?? "")) continue;
    const block = readBlock(lines, start);
    if (block.isWhole) {
      const safe = redactBlock(block.messages);
      for (const [index, message] of safe.entries()) {
        if (message === block.messages[index]) continue;
        const { timestamp } = parseLine(lines[start + index] ?? "");
        (hidden ??= [...lines])[start + index] = timestamp === "" ? message : `${timestamp} ${message}`;
      }
    }
    // What was read is not read again, also where it came to no end: the time stays linear.
    start += block.messages.length - 1;
  }
  return hidden ?? lines;
}

/** The lines from one that opens JSON to the one that closes it, or to where they are no JSON any more. */
function readBlock(
  lines: readonly string[],
  start: number,
): { readonly messages: readonly string[]; readonly isWhole: boolean } {
  const messages: string[] = [];
  let open = 0;
  let chars = 0;
  for (let at = start; at < lines.length && messages.length < BLOCK_LINES_MAX; at++) {
    const { message } = parseLine(lines[at] ?? "");
    chars += message.length;
    if (chars > BLOCK_CHARS_MAX || (at > start && !JSON_LINE.test(message))) break;
    messages.push(message);
    if (CLOSING.test(message) && at > start) open--;
    if (OPENING.test(message)) open++;
    if (open <= 0) return { messages, isWhole: at > start };
  }
  return { messages: messages.length > 0 ? messages : [""], isWhole: false };
}

/** The same lines without secrets; those that cannot be told apart any more are hidden as a whole. */
function redactBlock(messages: readonly string[]): readonly string[] {
  const [first = "", second = ""] = messages;
  // Other words may stand before what opens it, such as `request: {`.
  const before = first.replace(/[{[]\s*$/, "");
  const text = [first.slice(before.length), ...messages.slice(1)].join("\n");
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch {
    return messages;
  }
  const safe = redact(value);
  if (safe === value) return messages;
  const indentOf = (line: string) => /^\s*/.exec(line)?.[0] ?? "";
  const [outer, inner] = [indentOf(messages.at(-1) ?? ""), indentOf(second)];
  const printed = JSON.stringify(safe, null, inner.slice(outer.length)).split("\n");
  if (printed.length !== messages.length) return [`${before}${REDACTED}`, ...messages.slice(1).map(() => REDACTED)];
  return printed.map((line, index) => index === 0 ? `${before}${line}` : `${outer}${line}`);
}
