/// <reference lib="dom" />
import type { ConsoleTool } from "../../wire.ts";
import { sentenceOf } from "../core/call.ts";
import { build, mark, say } from "../core/dom.ts";
import { formatCount, formatTime } from "../core/format.ts";
import type { Console, View } from "../shell/console.ts";
import { createVirtualList } from "../watch/virtual_list.ts";
import { createPicker } from "./picker.ts";
import { printPlace, readPlace } from "./place.ts";
import { createPodPanel, NARROW } from "./pod_panel.ts";
import { type Place, type PodsRead, podTool, readPods } from "./pod_source.ts";
import { countStates, filterPods, type Pod, type PodState, sortPods } from "./pods.ts";
import { createRefresh } from "./refresh.ts";
import { createStateBar } from "./state_bar.ts";

const ROW_HEIGHT_PX = 30;
/** On a phone: the state stands below the name. */
const TALL_ROW_HEIGHT_PX = 46;
const RECENT = "namespaces";

/** The pods of a namespace, those in trouble first; one of them whole, with its logs. */
export function createCluster({ callTool, readTools, kept }: Console, section: HTMLElement): View {
  let tools: readonly ConsoleTool[] = [];
  let place: Place = { cluster: "", namespace: "" };
  let pods: readonly Pod[] = [];
  let state: PodState | undefined;
  let reading = new AbortController();
  let isShown = false;
  /** All pods of the place were read once. */
  let hasAll = false;

  const picker = createPicker({
    callTool,
    recent: { read: () => namesOf(kept.read(RECENT)), write: (names) => kept.write(RECENT, names) },
    onPlace: (chosen) => location.hash = `#/cluster/${printPlace(chosen)}`,
  });
  const isTall = matchMedia(NARROW).matches;
  const words = mark(build("input", ""), {
    ...{ type: "search", placeholder: "Filter by name or status", "aria-label": "Filter pods" },
    ...{ autocomplete: "off", spellcheck: "false" },
  });
  const refresh = createRefresh(() => read());
  const note = mark(build("p", "watch-note"), { role: "status", id: "cluster-note" });
  const readAt = build("span", "watch-state");
  const refusal = mark(build("p", "refusal"), { role: "alert" });
  const bar = createStateBar((chosen) => {
    state = chosen;
    draw();
  });
  const panel = createPodPanel(callTool, () => list.element.focus());
  const list = createVirtualList<Pod>({
    label: "Pods",
    columns: ["State", "Pod", "Ready", "Restarts", "Age"],
    rowHeightPx: isTall ? TALL_ROW_HEIGHT_PX : ROW_HEIGHT_PX,
    fill,
    keyOf: ({ name }) => name,
    onPick: (pod) => void panel.show(pod, place, tools),
  });
  list.element.classList.toggle("tall-pods", isTall);
  refusal.hidden = true;
  words.oninput = () => draw();
  section.append(
    build(
      "section",
      "card pods-card",
      build("div", "card-head", build("h2", "", "Pods"), picker.element, build("div", "chips filters", words)),
      bar.element,
      build("div", "pods-foot", note, readAt, refresh.element),
      refusal,
      list.element,
    ),
    panel.element,
  );

  async function read(): Promise<void> {
    reading.abort();
    const mine = reading = new AbortController();
    if (place.namespace === "") return;
    const failure = await readPods(callTool, { tool: podTool(tools), place, signal: mine.signal, onPage });
    if (mine.signal.aborted) return;
    refusal.hidden = !failure;
    say(refusal, failure ? sentenceOf(failure) : "");
    // What was read before is of before: it stays where no answer came, and goes where it may not be seen.
    if (failure && failure.reason !== "lost" && failure.reason !== "limited") take([]);
    if (failure) say(note, pods.length > 0 ? "What is shown is of before." : "");

    function onPage({ pods, total, isWhole, warnings }: PodsRead): void {
      if (mine.signal.aborted) return;
      // What is shown already is not taken away while its pages are read anew.
      if (isWhole || !hasAll) take(pods);
      hasAll ||= isWhole;
      const known = total === undefined
        ? formatCount(pods.length)
        : `${formatCount(pods.length)} of ${formatCount(total)}`;
      const trouble = countStates(pods).failing;
      const found = pods.length === 1 ? "1 pod" : `${formatCount(pods.length)} pods`;
      const told = trouble === 0 ? found : `${found}, ${formatCount(trouble)} failing`;
      // How old it is changes each time, and is not read out each time.
      const [ages, others] = partition(warnings, (warning) => /^Read \d+ s ago/.test(warning));
      say(note, [isWhole ? told : `${known} pods, reading on…`, ...others].join(" · "));
      if (isWhole) readAt.textContent = [formatTime(Date.now()).slice(0, 8), ...ages].join(" · ");
    }
  }

  function take(now: readonly Pod[]): void {
    pods = sortPods(now);
    panel.refresh(pods);
    draw();
  }

  function draw(): void {
    bar.show(countStates(pods));
    list.element.classList.toggle("plain-pods", !pods.some(({ age }) => age !== undefined));
    // The list has its last item on top.
    list.show(filterPods(pods, words.value, state).toReversed());
  }

  function go(next: Place): void {
    if (next.namespace === place.namespace && next.cluster === place.cluster && pods.length > 0) return;
    place = next;
    hasAll = false;
    panel.hide();
    bar.reset();
    refusal.hidden = true;
    readAt.textContent = "";
    list.element.scrollTop = 0;
    take([]);
    picker.show(place);
    say(note, place.namespace === "" ? "Choose a namespace, and its pods are shown here." : "Reading…");
  }

  return {
    async show(rest) {
      const isFirst = !isShown;
      isShown = true;
      go(rest === "" && place.namespace !== "" ? place : readPlace(rest));
      if (isFirst) {
        const found = await readTools();
        if (!isShown) return;
        if (found.kind === "answer") tools = found.value;
        picker.know(tools, podTool(tools));
        picker.show(place);
      }
      await refresh.start();
    },
    hide() {
      isShown = false;
      refresh.stop();
      reading.abort();
      panel.hide();
    },
    leave: () => kept.remove(RECENT),
    focus: () => picker.focus(),
  };
}

function partition(texts: readonly string[], fits: (text: string) => boolean) {
  return [texts.filter(fits), texts.filter((text) => !fits(text))] as const;
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

function fill(cells: readonly HTMLElement[], { status, name, ready, restarts = "", age = "", state }: Pod): void {
  [status, name, ready, restarts, age].forEach((text, i) => {
    const cell = cells[i];
    if (cell) cell.textContent = text;
  });
  const [word] = cells;
  if (word) word.className = `pod-state state-${state}`;
}
