/// <reference lib="dom" />
import { build, mark } from "../core/dom.ts";
import { formatMoment } from "../core/format.ts";
import { isObject } from "../core/json.ts";

type Members = Readonly<Record<string, unknown>>;

/** What is told of a pod as a whole, and of each container, in this order; what is not there is left out. */
const POD_FACTS = ["node", "ip", "created", "deleted", "qos", "service_account"] as const;
const CONTAINER_FACTS = ["state", "last", "image", "requests", "limits", "liveness", "readiness", "startup", "command"];

/** What is wrong with a pod, as `k8s.describe_pod` tells it: every text of it is the cluster's. */
export function describe(pod: Members): readonly Node[] {
  const message = textOf(pod["message"]);
  return [
    ...notes("", [...message === "" ? [] : [message], ...textsOf(pod["conditions"])]),
    ...objectsOf(pod["containers"]).map(containerOf),
    ...notes("Beside it", textsOf(pod["warnings"])),
  ];
}

/** What happened to it, and what else there is to know. */
export function describeRest(pod: Members): readonly Node[] {
  return [build("h3", "", "Events"), eventsOf(objectsOf(pod["events"])), whereabouts(pod)];
}

function whereabouts(pod: Members): Node {
  const owners = textsOf(pod["owners"]);
  return build(
    "details",
    "rest",
    build("summary", "", "Where it runs, its labels and annotations"),
    factsOf([
      ...POD_FACTS.map((name) => [name, textOf(pod[name])] as const),
      ["owner", owners.join(" ← ")] as const,
    ]),
    ...labels("Labels", pod["labels"]),
    ...labels("Annotations", pod["annotations"]),
  );
}

/** The names of a pod's containers. */
export function containersOf(pod: Members): readonly string[] {
  return objectsOf(pod["containers"]).map(({ name }) => String(name));
}

function containerOf(container: Members): HTMLElement {
  const { name, role, ready, restarts } = container;
  const isOver = textOf(container["state"]).startsWith("terminated with exit code 0");
  const state = ready === true ? "running" : isOver ? "done" : "failing";
  return build(
    "div",
    "container",
    build(
      "p",
      "container-head",
      build("span", `shape state-${state}`),
      build("strong", "", String(name)),
      build("span", "quiet", [role === "main" ? "" : String(role), `${restarts} restarts`].filter(Boolean).join(" · ")),
    ),
    factsOf(CONTAINER_FACTS.map((fact) => [fact, textOf(container[fact])] as const)),
  );
}

function eventsOf(events: readonly Members[]): HTMLElement {
  if (events.length === 0) return build("p", "empty", "None.");
  return build(
    "ul",
    "events",
    ...events.map(({ last, type, reason, count, message }) => {
      const at = Date.parse(String(last));
      const when = Number.isNaN(at) ? String(last) : formatMoment(at).slice(0, -4);
      return build(
        "li",
        "",
        build("strong", type === "Warning" ? "tone-wait" : "", String(reason)),
        build("span", "quiet", ` ${when}${Number(count) > 1 ? ` · ${count} times` : ""}`),
        build("p", "", String(message)),
      );
    }),
  );
}

function labels(title: string, value: unknown): readonly Node[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [];
  const items = Object.entries(value).map(([name, text]) =>
    build("li", "", build("span", "quiet", `${name} `), textOf(text))
  );
  return [build("h3", "", title), build("ul", "labels", ...items)];
}

/** @param title none where it is empty */
function notes(title: string, texts: readonly string[]): readonly Node[] {
  if (texts.length === 0) return [];
  const list = build("ul", "notes", ...texts.map((text) => build("li", "", text)));
  return title === "" ? [list] : [build("h3", "", title), list];
}

function factsOf(facts: readonly (readonly [name: string, text: string])[]): HTMLElement {
  const known = facts.filter(([, text]) => text !== "");
  const list = known.flatMap(([name, text]) => [build("dt", "", name.replaceAll("_", " ")), build("dd", "", text)]);
  return mark(build("dl", "", ...list), known.length === 0 ? { hidden: "" } : {});
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function objectsOf(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
