/** Names whose quoted text says what a line is about, in JSON and in `name="text"`. */
const TELLING = /^(?:msg|message|level|lvl|severity|error|err|event|logger|component|reason|code)$/i;
const QUOTED = /(?:(["']?)([\w.@-]{1,40})\1\s{0,4}[:=]\s{0,4})?"((?:[^"\\]|\\.)*)"(\s{0,4}:)?/g;

/** What stands for parts of a line that differ from one to the next; each is applied to what those before it left. */
const PARTS: readonly (readonly [part: RegExp, mask: string])[] = [
  [/(?<=^|[\s=:(,[])'[^']{1,200}'(?=$|[\s,.;:)\]])/g, "<text>"],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, "<uuid>"],
  [/\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>"],
  [/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, "<time>"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b/g, "<ip>"],
  [/(?<![\w:.])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])/gi, "<ip>"],
  [/\b0x[0-9a-f]+\b/gi, "<hex>"],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b/gi, "<hex>"],
  [/\b(?=\w*\d)(?=\w*[a-z])\w{10,}\b/gi, "<id>"],
  [/\d+(?:\.\d+)*/g, "<n>"],
];

/**
 * A message with marks in place of numbers, ids, hex, addresses, times and quoted values, so that lines of one statement
 * of a program come out alike.
 */
export function maskMessage(message: string): string {
  const unquoted = message.replace(QUOTED, (whole, _, name: string | undefined, text: string, colon?: string) => {
    if (colon !== undefined || (name !== undefined && TELLING.test(name))) return whole;
    return `${whole.slice(0, whole.length - text.length - 2)}<text>`;
  });
  return PARTS.reduce((text, [part, mask]) => text.replace(part, mask), unquoted);
}

/** How bad a line says it is. */
export type Severity = "error" | "warning";

const LEVEL = /\b(?:level|lvl|severity)"?\s{0,4}[:=]\s{0,4}"?([a-z]+)/i;
const KLOG = /^([IWEF])\d{4} /;
const ERROR_WORD =
  /\b(?:error|fatal|panic|exception|traceback|critical|crit|emerg|alert|fail(?:ed|ure|s)?|oom\w*|sigsegv|denied|refused)\b|\w(?:Error|Exception)\b/i;
const WARNING_WORD = /\bwarn(?:ing)?\b/i;

/** Of a message: by its level where it has one, by its words otherwise. */
export function severityOf(message: string): Severity | undefined {
  const level = KLOG.exec(message)?.[1] ?? LEVEL.exec(message)?.[1];
  if (level !== undefined) {
    if (/^(?:e|f|err|error|fatal|panic|critical|crit|alert|emerg|emergency)$/i.test(level)) return "error";
    return /^(?:w|warn|warning)$/i.test(level) ? "warning" : undefined;
  }
  if (ERROR_WORD.test(message)) return "error";
  return WARNING_WORD.test(message) ? "warning" : undefined;
}
