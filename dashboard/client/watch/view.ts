/// <reference lib="dom" />
import type { CallRow } from "../../wire.ts";
import { build, button, mark, say } from "../core/dom.ts";
import { formatCount, formatDuration, formatTime } from "../core/format.ts";
import type { Console, View } from "../shell/console.ts";
import { createChart } from "./chart.ts";
import { OUTCOMES, toneOf } from "./outcomes.ts";
import { createRecordPanel } from "./record.ts";
import { Rows, ROWS_MAX } from "./rows.ts";
import { Series } from "./series.ts";
import { openStream } from "./stream.ts";
import { createVirtualList } from "./virtual_list.ts";

const ROW_HEIGHT_PX = 26;
const DRAW_MS = 1000;

/** Calls of all replicas as they happen, and what they come to. */
export function createWatch({ post }: Console, section: HTMLElement): View {
  const rows = new Rows();
  const series = new Series();
  let waiting: CallRow[] = [];
  let left = 0;
  let isPaused = false;
  let stream: { close(): void } | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  const calls = createChart("Calls a second", (value) => formatCount(Math.round(value * 10) / 10));
  const latency = createChart("Latency", (value) => formatDuration(value).replace(".0 ", " "));
  const guards = createChart("Limiter and caches, a second", (value) => formatCount(Math.round(value * 10) / 10));
  const connections = createChart("Connections by replica", (value) => formatCount(Math.round(value * 10) / 10));
  const charts = build("div", "charts", ...[calls, latency, guards, connections].map(({ element }) => element));

  const state = mark(build("p", "watch-state"), { role: "status", id: "watch-state" });
  const note = mark(build("p", "watch-note"), { id: "watch-note" });
  const words = mark(build("input", ""), {
    type: "search",
    placeholder: "Filter by tool, principal, replica",
    "aria-label": "Filter calls",
    autocomplete: "off",
    spellcheck: "false",
  });
  const outcome = mark(
    build("select", "", new Option("All outcomes", ""), ...OUTCOMES.map((name) => new Option(name, name))),
    { "aria-label": "Outcome" },
  );
  const pause = mark(button("chip", () => setPaused(!isPaused), "Pause"), {
    "aria-pressed": "false",
    id: "watch-pause",
  });
  const clear = button("chip", () => {
    rows.clear();
    waiting = [];
    left = 0;
    refresh();
  }, "Clear");
  const panel = createRecordPanel(post, () => list.element.focus());
  const list = createVirtualList<CallRow>({
    label: "Calls",
    columns: ["Time", "Tool", "Principal", "Outcome", "Duration", "Replica"],
    rowHeightPx: ROW_HEIGHT_PX,
    fill,
    onPick: ({ id }) => void panel.show(id),
  });
  const empty = build("p", "empty", "Calls are shown here as they happen.");
  section.append(
    mark(charts, { "data-part": "charts" }),
    build(
      "section",
      "card",
      build(
        "div",
        "card-head",
        build("h2", "", "Calls"),
        state,
        build("div", "chips filters", words, outcome, pause, clear),
      ),
      note,
      empty,
      list.element,
    ),
    panel.element,
  );
  words.oninput = outcome.onchange = () => {
    rows.filter({ words: words.value.toLowerCase().split(/\s+/).filter((word) => word), outcome: outcome.value });
    refresh();
  };

  function setPaused(paused: boolean): void {
    isPaused = paused;
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) {
      const added = rows.add(waiting);
      waiting = [];
      refresh(added);
    } else refresh();
  }

  function take(news: readonly CallRow[]): void {
    if (isPaused) {
      waiting.push(...news);
      waiting.splice(0, waiting.length - ROWS_MAX);
      return refresh();
    }
    refresh(rows.add(news));
  }

  function refresh(added = 0): void {
    empty.hidden = rows.total > 0;
    list.show(rows.shown, added);
    say(
      note,
      [
        `${formatCount(rows.shown.length)} of ${formatCount(rows.total)} calls`,
        ...isPaused ? [`paused, ${formatCount(waiting.length)} new`] : [],
        ...left > 0 ? [`${formatCount(left)} more were too many to list`] : [],
      ].join(" · "),
    );
  }

  const second = () => Math.floor(performance.now() / 1000);
  function draw(): void {
    const now = second();
    calls.draw(series.calls(now));
    latency.draw(series.latency(now));
    guards.draw(series.guards(now));
    connections.draw(series.connections(now));
  }

  return {
    show() {
      if (stream) return;
      say(state, "Connecting");
      stream = openStream({
        onHello({ all }) {
          say(state, all ? "Live" : "Live, your own calls");
          guards.element.hidden = connections.element.hidden = !all;
        },
        onNews(news) {
          series.add(news, second());
          left += news.left;
          if (news.rows.length > 0) take(news.rows);
        },
        onLost: () => say(state, "Lost, reconnecting"),
      });
      refresh();
      draw();
      timer = setInterval(draw, DRAW_MS);
      addEventListener("themechange", draw);
    },
    hide() {
      stream?.close();
      stream = undefined;
      clearInterval(timer);
      removeEventListener("themechange", draw);
    },
  };
}

function fill(cells: readonly HTMLElement[], row: CallRow): void {
  const texts = [
    formatTime(row.timeMs),
    row.tool,
    row.principal,
    row.outcome,
    formatDuration(row.durationMs),
    row.replica,
  ];
  texts.forEach((text, i) => {
    const cell = cells[i];
    if (cell) cell.textContent = text;
  });
  const outcome = cells[3];
  if (outcome) outcome.className = `outcome ${toneOf(row.outcome)}`;
}
