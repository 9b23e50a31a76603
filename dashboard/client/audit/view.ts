/// <reference lib="dom" />
import type { AuditNext, ConsoleRecord, ConsoleRecords } from "../../wire.ts";
import { build, button, mark, say } from "../core/dom.ts";
import { isObject } from "../core/json.ts";
import { formatCount, formatDuration, formatMoment } from "../core/format.ts";
import type { Console, View } from "../shell/console.ts";
import { OUTCOMES, toneOf } from "../watch/outcomes.ts";
import { createRecordPanel } from "../watch/record.ts";
import { createVirtualList } from "../watch/virtual_list.ts";
import { createExport } from "./export.ts";

const PAGE = 200;
const ROW_HEIGHT_PX = 26;
const EVENT_ID = /^[0-9a-f-]{36}$/;

/** What the audit log holds: asked by time, tool, principal, outcome and text, read page by page, and saved. */
export function createAudit({ post, stream }: Console, section: HTMLElement): View {
  /** Oldest first, as the list wants them. */
  let records: readonly ConsoleRecord[] = [];
  /** Where older ones begin. */
  let next: AuditNext | null = null;
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
  const older = button(
    "chip",
    () => older.getAttribute("aria-disabled") === null && next && read(next),
    "Older records",
  );
  const saving = createExport(stream, () => query);
  const panel = createRecordPanel(post, () => list.element.focus());
  const list = createVirtualList<ConsoleRecord>({
    label: "Records",
    columns: ["Time", "Tool", "Principal", "Outcome", "Duration", "Arguments"],
    rowHeightPx: ROW_HEIGHT_PX,
    fill,
    onPick: ({ eventId }) => void panel.show(eventId),
  });
  const head = build("div", "card-head", build("h2", "", "Audit log"), build("div", "chips", older, ...saving.buttons));
  section.append(build("section", "card audit-list", head, form, note, saving.note, list.element), panel.element);
  form.onsubmit = (event) => {
    event.preventDefault();
    query = readQuery();
    read();
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

  /** @param before reads on from there, and begins anew where left out */
  async function read(before?: AuditNext): Promise<void> {
    const question = ++asked;
    mark(older, { "aria-disabled": "true" });
    say(note, "Reading…");
    const answer = await post("records", { ...query, limit: PAGE, ...(before && { before }) }, readPage);
    if (question !== asked) return;
    if (answer.kind === "refusal") {
      setOlder();
      return say(note, answer.words);
    }
    const page = answer.value.records.toReversed();
    next = answer.value.next;
    records = before ? [...page, ...records] : page;
    if (!before) list.element.scrollTop = 0;
    list.show(records);
    setOlder();
    say(note, wordsOf(answer.value));
  }

  /** It stays where the keyboard is: a button that is disabled would lose it. */
  function setOlder(): void {
    if (next) older.removeAttribute("aria-disabled");
    else mark(older, { "aria-disabled": "true" });
  }

  function wordsOf({ overdue }: ConsoleRecords): string {
    const found = records.length === 0
      ? "No record fits"
      : `${formatCount(records.length)} record${records.length === 1 ? "" : "s"}`;
    if (!next) return records.length === 0 ? `${found}.` : found;
    if (!overdue) return `${found}, and older ones`;
    return `${found} since ${
      formatMoment(next.ms)
    }: it took too long to look further. “Older records” goes on from there.`;
  }

  return {
    show(rest) {
      if (asked === 0) read();
      if (EVENT_ID.test(rest)) panel.show(rest);
    },
    leave: () => saving.stop(),
    focus: () => tool.focus(),
  };
}

/** Our own server's words: that it is one of its answers is all that is looked for. */
function readPage(answer: unknown): ConsoleRecords | undefined {
  return isObject(answer) && Array.isArray(answer["records"]) ? answer as unknown as ConsoleRecords : undefined;
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
