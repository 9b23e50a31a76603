/// <reference lib="dom" />
import { build, button, mark, say } from "../core/dom.ts";
import { formatCount } from "../core/format.ts";
import { isObject, parse } from "../core/json.ts";
import type { Console } from "../shell/console.ts";

/** How often it is said how much has come. */
const SAY_MS = 2000;
/** Of the end, where the last line says what it came to. */
const TAIL_BYTES = 4096;

type Format = "jsonl" | "csv";

/** Buttons that save all that a query finds, as the server streams it. @param query what the view asked last */
export function createExport(stream: Console["stream"], query: () => Readonly<Record<string, unknown>>) {
  const note = mark(build("p", "watch-note"), { role: "status", id: "audit-export-note" });
  let running: AbortController | undefined;
  const starts = ([["jsonl", "Export JSON lines"], ["csv", "Export CSV"]] as const).map(([format, label]) =>
    button("chip", () => run(format), label)
  );
  const stop = button("chip", () => running?.abort(), "Stop export");
  stop.hidden = true;

  async function run(format: Format): Promise<void> {
    if (running) return;
    running = new AbortController();
    stop.hidden = false;
    stop.focus();
    say(note, "Exporting…");
    try {
      say(note, await save(format, running.signal));
    } catch {
      say(
        note,
        running.signal.aborted ? "Export stopped: nothing was saved." : "The export broke off: nothing was saved.",
      );
    }
    running = undefined;
    const hadFocus = document.activeElement === stop;
    stop.hidden = true;
    if (hadFocus) starts[format === "jsonl" ? 0 : 1]?.focus();
  }

  /** @returns what it came to @throws where it breaks off */
  async function save(format: Format, signal: AbortSignal): Promise<string> {
    const answer = await stream("export", { ...query(), format }, signal);
    if (answer.kind === "refusal") return answer.words;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    let saidMs = performance.now();
    // No iteration over a stream in every browser yet.
    const reader = answer.value.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      chunks.push(read.value);
      bytes += read.value.length;
      if (performance.now() - saidMs < SAY_MS) continue;
      saidMs = performance.now();
      say(note, `Exporting… ${formatBytes(bytes)}`);
    }
    const file = new Blob(chunks, { type: format === "csv" ? "text/csv" : "application/x-ndjson" });
    const url = URL.createObjectURL(file);
    mark(build("a", ""), { href: url, download: `audit.${format}` }).click();
    URL.revokeObjectURL(url);
    return `Saved ${formatBytes(bytes)}. ${wordsOf(await file.slice(-TAIL_BYTES).text())}`;
  }

  return { buttons: [...starts, stop], note, stop: () => running?.abort() };
}

/** Such as `1,234 KB`. */
function formatBytes(bytes: number): string {
  return `${formatCount(Math.ceil(bytes / 1000))} KB`;
}

/** What the last line says it came to. CSV says so only where it is cut. */
function wordsOf(tail: string): string {
  const last = tail.trimEnd().split("\n").at(-1) ?? "";
  if (/^"?# /.test(last)) return last.replaceAll('"', "").slice(2);
  const parsed = parse(last);
  const sum = isObject(parsed) ? parsed["export"] : undefined;
  if (isObject(sum) && typeof sum["note"] === "string") return `${sum["note"]}: ${sum["rows"]} records.`;
  return "Complete.";
}
