/// <reference lib="dom" />
import type { ConsoleTool } from "../../wire.ts";
import { type CallTool, sentenceOf } from "../core/call.ts";
import { build, button, mark } from "../core/dom.ts";
import { isObject } from "../core/json.ts";
import { containersOf, describe, describeRest } from "./description.ts";
import { createLogs } from "./logs.ts";
import { type Place, placeOf } from "./pod_source.ts";
import type { Pod } from "./pods.ts";

/** As the style has it. */
export const NARROW = "(max-width: 820px)";
const DESCRIBE = "k8s.describe_pod";

/** A place beside the list where one pod is shown whole, with its logs. */
export function createPodPanel(callTool: CallTool, onClose: () => void) {
  let shown = new AbortController();
  let isOpen = false;
  const title = mark(build("h2", "pod-title"), { tabindex: "-1" });
  const state = build("span", "pod-state");
  const body = build("div", "pod-body");
  const logs = createLogs(callTool);
  const rest = build("div", "pod-body");
  const head = build("div", "card-head", title, button("chip push", close, "Close"));
  const parts = build("div", "record", build("p", "", state), body, logs.element, rest);
  const element = build("section", "card record-card pod-card", head, parts);
  element.setAttribute("aria-label", "Pod");
  element.hidden = true;
  element.onkeydown = ({ key }) => {
    if (key === "Escape") close();
  };

  function close(): void {
    hide();
    onClose();
  }

  function hide(): void {
    isOpen = false;
    shown.abort();
    logs.stop();
    element.hidden = true;
  }

  function setState({ status, state: kind, ready, restarts, age }: Pod): void {
    state.className = `pod-state state-${kind}`;
    state.textContent = [
      status,
      ready && `${ready} ready`,
      ...restarts ? [`restarts ${restarts}`] : [],
      ...age ? [age] : [],
    ].join(" · ");
  }

  return {
    element,
    hide,
    async show(pod: Pod, place: Place, tools: readonly ConsoleTool[]): Promise<void> {
      shown.abort();
      const mine = shown = new AbortController();
      isOpen = true;
      title.textContent = pod.name;
      setState(pod);
      element.hidden = false;
      body.replaceChildren(build("p", "empty", "Reading…"));
      rest.replaceChildren();
      logs.show(pod.name, place, tools);
      title.focus({ preventScroll: true });
      // Beside the list it is in sight; below it, on a phone, it is brought there.
      if (matchMedia(NARROW).matches) element.scrollIntoView();
      const tool = tools.find(({ name }) => name === DESCRIBE);
      const answer = await callTool(DESCRIBE, { ...placeOf(place, tool), pod: pod.name }, { signal: mine.signal });
      if (mine.signal.aborted || answer.kind === "cancelled") return;
      if (answer.kind === "failure") {
        const isOff = answer.reason === "off";
        body.replaceChildren(build("p", isOff ? "empty" : "refusal", sentenceOf(answer)));
      } else if (isObject(answer.value)) {
        body.replaceChildren(...describe(answer.value));
        rest.replaceChildren(...describeRest(answer.value));
        logs.offer(containersOf(answer.value));
      }
    },
    /** What the list says of the pod now, if it is still there. */
    refresh(pods: readonly Pod[]): void {
      const now = isOpen ? pods.find(({ name }) => name === title.textContent) : undefined;
      if (now) setState(now);
    },
  };
}
