/// <reference lib="dom" />
import { build, button, mark } from "../core/dom.ts";
import { formatCount } from "../core/format.ts";
import { POD_STATES, type PodState } from "./pods.ts";

/** The states in words; their shapes come with the style. */
const WORDS: Readonly<Record<PodState, string>> = {
  failing: "Failing",
  waiting: "Waiting",
  running: "Running",
  done: "Completed",
};

/** How many pods are in which state, as a bar and as buttons that show those alone. */
export function createStateBar(onChoose: (state: PodState | undefined) => void) {
  let chosen: PodState | undefined;
  const parts = POD_STATES.map((state) => {
    const count = build("strong", "");
    const segment = build("span", `segment state-${state}`);
    const choice = mark(button("chip state", () => choose(chosen === state ? undefined : state)), {
      "aria-pressed": "false",
    });
    choice.append(build("span", `shape state-${state}`), ` ${WORDS[state]} `, count);
    return { state, count, segment, choice };
  });
  const bar = mark(build("div", "state-bar", ...parts.map(({ segment }) => segment)), { "aria-hidden": "true" });
  const choices = mark(build("div", "state-counts", ...parts.map(({ choice }) => choice)), {
    role: "group",
    "aria-label": "Pods by state",
  });
  const element = build("div", "states", bar, choices);

  function choose(state: PodState | undefined): void {
    chosen = state;
    for (const part of parts) part.choice.setAttribute("aria-pressed", String(part.state === state));
    onChoose(state);
  }

  return {
    element,
    show(counts: Readonly<Record<PodState, number>>): void {
      for (const { state, count, segment } of parts) {
        count.textContent = formatCount(counts[state]);
        segment.style.flexGrow = String(counts[state]);
        segment.hidden = counts[state] === 0;
      }
    },
    /** All of them again. */
    reset: () => choose(undefined),
  };
}
