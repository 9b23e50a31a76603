/// <reference lib="dom" />
import type { ConsoleTool } from "../../wire.ts";
import type { CallTool } from "../core/call.ts";
import { build, mark } from "../core/dom.ts";
import { isObject } from "../core/json.ts";
import { clustersOf, type Place } from "./pod_source.ts";

const NAMESPACES = "k8s.namespaces";
const NAMESPACES_MAX = 500;
/** Namespaces that were looked at, and are suggested where there is no list of them. */
const RECENT_MAX = 12;

/** Where a cluster and a namespace are chosen: from lists where there are lists, else the namespace is typed. */
export function createPicker({ callTool, recent, onPlace }: {
  readonly callTool: CallTool;
  /** What was looked at before, the last first. */
  readonly recent: { read(): readonly string[]; write(names: readonly string[]): void };
  readonly onPlace: (place: Place) => void;
}) {
  let listed: { readonly cluster: string; readonly names: readonly string[] } | undefined;
  let tools: readonly ConsoleTool[] = [];

  const suggestions = mark(build("datalist", ""), { id: "cluster-namespaces" });
  const typed = mark(build("input", ""), {
    ...{ "aria-label": "Namespace", placeholder: "Namespace", list: "cluster-namespaces", maxlength: "63" },
    ...{ autocomplete: "off", autocapitalize: "off", spellcheck: "false" },
  });
  const namespaces = mark(build("select", ""), { "aria-label": "Namespace" });
  const clusters = mark(build("select", ""), { "aria-label": "Cluster" });
  const go = build("button", "chip", "Show");
  go.type = "submit";
  const element = build("form", "picker", clusters, namespaces, typed, suggestions, go);
  namespaces.hidden = clusters.hidden = true;

  const field = () => namespaces.hidden ? typed : namespaces;
  const choose = () => {
    const namespace = field().value.trim();
    if (namespace !== "") onPlace({ namespace, cluster: clusters.value });
  };
  namespaces.onchange = choose;
  clusters.onchange = () => {
    void list(clusters.value);
    choose();
  };
  element.onsubmit = (event) => {
    event.preventDefault();
    choose();
  };

  function fill(select: HTMLSelectElement, names: readonly string[], chosen: string): void {
    // Nothing is chosen for anybody.
    const none = chosen === "" && names.length > 0 ? [new Option("Choose a namespace", "")] : [];
    select.replaceChildren(...none, ...names.map((name) => new Option(name, name)));
    select.value = chosen;
  }

  /** Where no list can be had, it is typed. */
  async function list(cluster: string): Promise<void> {
    const tool = tools.find(({ name }) => name === NAMESPACES);
    if (!tool || listed?.cluster === cluster) return;
    const args = { limit: NAMESPACES_MAX, ...(cluster !== "" && clustersOf(tool).length > 0 && { cluster }) };
    const answer = await callTool(NAMESPACES, args);
    const value = answer.kind === "result" && isObject(answer.value) ? answer.value["namespaces"] : undefined;
    if (cluster !== clusters.value || !Array.isArray(value) || value.length === 0) return;
    const names = value.filter(isObject).map(({ name }) => String(name)).sort();
    const before = field().value;
    listed = { cluster, names };
    fill(namespaces, before === "" || names.includes(before) ? names : [before, ...names], before);
    namespaces.hidden = false;
    typed.hidden = go.hidden = true;
  }

  return {
    element,
    /** The tools that the caller may call. @param pods the one that pods are read with */
    know(now: readonly ConsoleTool[], pods: ConsoleTool | undefined): void {
      tools = now;
      const known = clustersOf(pods);
      const chosen = known.includes(clusters.value) ? clusters.value : known[0] ?? "";
      fill(clusters, known, chosen);
      clusters.hidden = known.length < 2;
      void list(chosen);
    },
    /** The place that is looked at. */
    show({ namespace, cluster }: Place): void {
      if (cluster !== "" && clusters.value !== cluster) {
        clusters.value = cluster;
        void list(clusters.value);
      }
      typed.value = namespace;
      if (!namespaces.hidden && ![...namespaces.options].some(({ value }) => value === namespace)) {
        namespaces.prepend(new Option(namespace, namespace));
      }
      namespaces.value = namespace;
      const names = [...new Set([namespace, ...recent.read()])].filter((name) => name !== "").slice(0, RECENT_MAX);
      if (namespace !== "") recent.write(names);
      suggestions.replaceChildren(...names.map((name) => new Option(name)));
    },
    focus: () => field().focus(),
  };
}
