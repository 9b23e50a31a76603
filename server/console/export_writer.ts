import { Buffer } from "node:buffer";
import type { AuditLog, AuditPlace, StoredAuditRecord } from "../../storage/audit_log.ts";
import { csvLine } from "../../storage/audit/csv.ts";
import { EXPORT_FORMS } from "../../storage/audit/export_form.ts";
import type { Clock } from "../../storage/clock.ts";
import type { EXPORT_ENDS } from "../../tools/unlisted/audit_export.ts";
import type { AskedRecords } from "../../tools/unlisted/audit_filters.ts";

/** Records in memory at once, each of some 33,000 characters at most. */
const PAGE_MAX = 200;
/** Milliseconds that one statement's steps may take. */
const BUDGET_MS = 2000;
/** Milliseconds for all of it, and for a reader who takes nothing. */
const WHOLE_MS = 600_000;
const STALLED_MS = 30_000;
const ENCODER = new TextEncoder();

export type ExportEnd = typeof EXPORT_ENDS[number];

/** What an export came to. */
export interface ExportSum {
  readonly rows: number;
  readonly bytes: number;
  readonly ended: ExportEnd;
}

export interface ExportJob {
  readonly audit: Pick<AuditLog, "scan">;
  readonly clock: Pick<Clock, "elapsed">;
  readonly format: keyof typeof EXPORT_FORMS;
  /** `undefined`: nothing fits. */
  readonly query: AskedRecords["query"];
  /** The record of its beginning. */
  readonly id: string;
  readonly rowsMax: number;
  readonly bytesMax: number;
  /** Puts on record what it came to; the last line waits for that. May reject: the stream then breaks off. */
  onEnd(sum: ExportSum): Promise<void>;
  /** Calls back when the reader may read no more. @returns stops that */
  onRevoked(tell: () => void): () => void;
}

const NOTES: Readonly<Record<ExportEnd, string>> = {
  complete: "Complete",
  rows: "Cut at the most records that one export has",
  bytes: "Cut at the most bytes that one export has",
  time: "Cut: its time was over",
  failed: "Cut: the log could not be read",
  left: "Cut: the reader left",
  stopped: "Cut: the server stopped, or the reader may read no more",
};
const REST = 'go on with "next" as "before", narrow it by time, or take all with `deno task audit export`';

/** Writes one export, a page at a time, as fast as its reader takes it; no connection is held between pages. */
export class ExportWriter {
  readonly #job: ExportJob;
  readonly #untilMs: number;
  readonly #over = new AbortController();
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #stopRevoked: (() => void) | undefined;
  #stalled: ReturnType<typeof setTimeout> | undefined;
  /** Where the next page begins. */
  #next: AuditPlace | undefined;
  #rows = 0;
  #bytes = 0;
  #isEnded = false;

  constructor(job: ExportJob) {
    this.#job = job;
    this.#next = job.query?.after;
    this.#untilMs = job.clock.elapsed() + WHOLE_MS;
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
        this.#stopRevoked = this.#job.onRevoked(() => this.leave("stopped"));
        this.#awaitReader();
      },
      pull: () => this.#write(),
      cancel: () => this.leave("left"),
    }, { highWaterMark: 0 });
  }

  /** Ends without a last line. Never rejects. */
  async leave(ended: "left" | "stopped"): Promise<void> {
    if (this.#isEnded) return;
    const closing = this.#close(ended);
    // One that cancelled is not told, and need not be.
    this.#controller?.error(new Error(NOTES[ended]));
    // Who records the end has told of it where that failed; nobody else is left to be told.
    await closing.catch(() => {});
  }

  /** The next page, or the end: called when the reader has taken what was there. */
  async #write(): Promise<void> {
    clearTimeout(this.#stalled);
    let end: ExportEnd | undefined;
    try {
      const page = await this.#read();
      if (this.#isEnded) return;
      const head = this.#bytes === 0 ? EXPORT_FORMS[this.#job.format].head : "";
      const { lines, isCut } = this.#fitting(page.records);
      this.#send(head + lines.join(""));
      end = isCut
        ? this.#rows >= this.#job.rowsMax ? "rows" : "bytes"
        : page.next === undefined
        ? "complete"
        : this.#job.clock.elapsed() >= this.#untilMs
        ? "time"
        : undefined;
      if (!isCut) this.#next = page.next;
    } catch {
      // What the store said is logged by who watches it; here the reader is told that it is not all.
      end = "failed";
    }
    if (end) await this.#end(end);
    else this.#awaitReader();
  }

  /** What comes next, at least one record where there is one and it is found in time. */
  async #read(): Promise<{ readonly records: readonly StoredAuditRecord[]; readonly next: AuditPlace | undefined }> {
    const { query } = this.#job;
    if (query === undefined) return { records: [], next: undefined };
    while (true) {
      const options = { limit: PAGE_MAX, budgetMs: BUDGET_MS, signal: this.#over.signal };
      const page = await this.#job.audit.scan({ ...query, ...options, after: this.#next });
      if (page.records.length > 0 || !page.next || this.#job.clock.elapsed() >= this.#untilMs) return page;
      this.#next = page.next;
    }
  }

  /** The lines that still fit, and counts their records. */
  #fitting(records: readonly StoredAuditRecord[]) {
    const { rowsMax, bytesMax, format } = this.#job;
    const lines: string[] = [];
    let room = bytesMax - this.#bytes;
    for (const record of records) {
      const line = EXPORT_FORMS[format].print(record);
      room -= Buffer.byteLength(line);
      if (this.#rows >= rowsMax || room < 0) return { lines, isCut: true };
      lines.push(line);
      this.#rows++;
      this.#next = { id: record.id, timeMs: Number.isNaN(record.timestampMs) ? 0 : record.timestampMs };
    }
    return { lines, isCut: false };
  }

  #send(text: string): void {
    const bytes = ENCODER.encode(text);
    this.#bytes += bytes.length;
    this.#controller?.enqueue(bytes);
  }

  async #end(ended: ExportEnd): Promise<void> {
    if (this.#isEnded) return;
    try {
      await this.#close(ended);
      this.#send(this.#lastLine(ended));
      this.#controller?.close();
    } catch (error) {
      this.#controller?.error(error);
    }
  }

  /** Lets go of everything, and puts the end on record. */
  async #close(ended: ExportEnd): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#stalled);
    this.#stopRevoked?.();
    this.#over.abort();
    await this.#job.onEnd({ rows: this.#rows, bytes: this.#bytes, ended });
  }

  /** JSON lines always have one, so that a file without it is known to be broken off; CSV only where it is cut. */
  #lastLine(ended: ExportEnd): string {
    const isComplete = ended === "complete";
    const next = this.#next && { id: this.#next.id, ms: this.#next.timeMs };
    const note = isComplete ? NOTES.complete : `${NOTES[ended]}, after ${this.#rows} records: ${REST}`;
    if (this.#job.format === "csv") {
      return isComplete ? "" : csvLine([`# ${note}. next is ${JSON.stringify(next ?? null)}`]);
    }
    const sum = { id: this.#job.id, rows: this.#rows, complete: isComplete, note };
    return `${JSON.stringify({ export: isComplete ? sum : { ...sum, next: next ?? null } })}\n`;
  }

  #awaitReader(): void {
    this.#stalled = setTimeout(() => this.leave("left"), STALLED_MS);
  }
}
