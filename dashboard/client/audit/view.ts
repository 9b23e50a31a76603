/// <reference lib="dom" />
import type { ConsoleRecord } from "../../wire.ts";
import { build, button, mark, say } from "../core/dom.ts";
import { formatCount, formatDuration, formatMoment } from "../core/format.ts";
import type { Console, View } from "../shell/console.ts";
import { OUTCOMES, toneOf } from "../watch/outcomes.ts";
import { createRecordPanel, readRecords } from "../watch/record.ts";
import { createVirtualList } from "../watch/virtual_list.ts";

const PAGE = 200;
const ROW_HEIGHT_PX = 26;
const EVENT_ID = /^[0-9a-f-]{36}$/;

/** What the audit log holds: asked by time, tool, principal, outcome and text, read page by page, and saved. */
export function createAudit({ post }: Console, section: HTMLElement): View {
  /** Oldest first, as the list wants them. */
  let records: readonly ConsoleRecord[] = [];
  let hasMore = false;
  /** Which question the records answer: a late answer to another one is dropped. */
  let asked = 0;
  let query: Readonly<Record<string, unknown>> = {};

  const field = (label: string, type: string, placeholder = "") =>
    mark(build("input", ""), { type, placeholder, "aria-label": label, autocomplete: "off", spellcheck: "false" });
  const tool = field("Tool", "search", "Tool");
  const principal = field("Principal", "search", "Principal");
  const text = field("Text", "search", "Text in arguments or result");
  const from = mark(field("From", "datetime-local"), { step: "1" });
  const to = mark(field("To", "datetime-local"), { step: "1" });
  const outcome = mark(
    build("select", "", new Option("All outcomes", ""), ...OUTCOMES.map((name) => new Option(name, name))),
    { "aria-label": "Outcome" },
  );
  const search = build("button", "primary", "Search");
  search.type = "submit";
  const form = mark(
    build(
      "form",
      "audit-query",
      ...[tool, principal, outcome, text],
      build("label", "", "From ", from),
      build("label", "", "To ", to),
      search,
    ),
    { "aria-label": "Query" },
  );
  const note = mark(build("p", "watch-note"), { role: "status", id: "audit-note" });
  const older = button("chip", () => read(records[0]?.id), "Older records");
  const save = button("chip", download, "Save as JSON lines");
  const panel = createRecordPanel(post, () => list.element.focus());
  const list = createVirtualList<ConsoleRecord>({
    label: "Records",
    columns: ["Time", "Tool", "Principal", "Outcome", "Duration", "Arguments"],
    rowHeightPx: ROW_HEIGHT_PX,
    fill,
    onPick: ({ eventId }) => void panel.show(eventId),
  });
  const head = build("div", "card-head", build("h2", "", "Audit log"), build("div", "chips", older, save));
  section.append(build("section", "card audit-list", head, form, note, list.element), panel.element);
  form.onsubmit = (event) => {
    event.preventDefault();
    query = readQuery();
    read(undefined);
  };

  function readQuery(): Readonly<Record<string, unknown>> {
    const given = {
      tool: tool.value.trim(),
      principal: principal.value.trim(),
      outcome: outcome.value,
      text: text.value.trim(),
      // The reader's own time zone, as the list prints it.
      from_ms: from.value && new Date(from.value).getTime(),
      to_ms: to.value && new Date(to.value).getTime(),
    };
    return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
  }

  /** @param beforeId reads on from there, and begins anew where left out */
  async function read(beforeId: number | undefined): Promise<void> {
    const question = ++asked;
    older.disabled = true;
    say(note, "Reading…");
    const body = { ...query, limit: PAGE, ...(beforeId !== undefined && { before_id: beforeId }) };
    const answer = await post("records", body, readRecords);
    if (question !== asked) return;
    if (answer.kind === "refusal") {
      older.disabled = !hasMore;
      return say(note, answer.words);
    }
    const page = answer.value.toReversed();
    hasMore = page.length === PAGE;
    records = beforeId === undefined ? page : [...page, ...records];
    if (beforeId === undefined) list.element.scrollTop = 0;
    list.show(records);
    older.disabled = !hasMore;
    save.disabled = records.length === 0;
    say(
      note,
      records.length === 0
        ? "No record fits."
        : `${formatCount(records.length)} record${records.length === 1 ? "" : "s"}${hasMore ? ", and older ones" : ""}`,
    );
  }

  function download(): void {
    const lines = records.toReversed().map((record) => `${JSON.stringify(record)}\n`);
    const url = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    mark(build("a", ""), { href: url, download: "audit.jsonl" }).click();
    URL.revokeObjectURL(url);
  }

  return {
    show(rest) {
      if (asked === 0) read(undefined);
      if (EVENT_ID.test(rest)) panel.show(rest);
    },
    focus: () => tool.focus(),
  };
}

function fill(cells: readonly HTMLElement[], record: ConsoleRecord): void {
  const { timeMs, tool, method, principal, outcome, durationMs, params } = record;
  const texts = [formatMoment(timeMs), tool ?? method, principal, outcome, formatDuration(durationMs), params];
  texts.forEach((text, i) => {
    const cell = cells[i];
    if (cell) cell.textContent = text;
  });
  const word = cells[3];
  if (word) word.className = `outcome ${toneOf(outcome)}`;
}
