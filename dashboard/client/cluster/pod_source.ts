import type { ConsoleTool } from "../../wire.ts";
import type { CallFailure, CallTool } from "../core/call.ts";
import { isObject } from "../core/json.ts";
import { type Pod, stateOf } from "./pods.ts";

const PAGE = 500;
/** More than any one namespace should have; those in trouble come first where the list has restarts and ages. */
const PODS_MAX = 10_000;

/** Where the pods of a namespace are. */
export interface Place {
  /** Empty: the one that the server chooses. */
  readonly cluster: string;
  readonly namespace: string;
}

export interface PodsRead {
  readonly pods: readonly Pod[];
  /** Pods that there are; `undefined` where the list does not say. */
  readonly total: number | undefined;
  /** All that there are, or as many as are read, have come. */
  readonly isWhole: boolean;
  readonly warnings: readonly string[];
}

/** `k8s.list` has restarts and ages; `k8s.list_pods` is always there. */
export function podTool(tools: readonly ConsoleTool[]): ConsoleTool | undefined {
  return tools.find(({ name }) => name === "k8s.list") ?? tools.find(({ name }) => name === "k8s.list_pods");
}

/** The clusters that a tool may be asked about, the one that it asks by default first; none where there is no choice. */
export function clustersOf(tool: ConsoleTool | undefined): readonly string[] {
  const { enum: names = [], default: first } = tool?.parameters["cluster"] ?? {};
  return [...new Set([first, ...names])].filter((name) => typeof name === "string");
}

/** The arguments that name a place, as far as the tool takes them. */
export function placeOf(
  { cluster, namespace }: Place,
  tool: ConsoleTool | undefined,
): Readonly<Record<string, string>> {
  return { namespace, ...(cluster !== "" && clustersOf(tool).length > 0 && { cluster }) };
}

/**
 * Reads the pods of a namespace, page by page.
 *
 * @param onPage told of what has come so far
 * @returns why it ended early; nothing where it did not, or nobody waits for it
 */
export async function readPods(
  callTool: CallTool,
  { tool, place, signal, onPage }: {
    readonly tool: ConsoleTool | undefined;
    readonly place: Place;
    readonly signal: AbortSignal;
    readonly onPage: (read: PodsRead) => void;
  },
): Promise<CallFailure | undefined> {
  const isTable = tool?.name === "k8s.list";
  const args = { ...placeOf(place, tool), ...(isTable && { kind: "pods" }), limit: PAGE };
  const pods: Pod[] = [];
  const warnings = new Set<string>();
  for (let next: string | undefined, isWhole = false; !isWhole;) {
    const more = next === undefined ? {} : { [isTable ? "cursor" : "continue"]: next };
    const answer = await callTool(tool?.name ?? "k8s.list_pods", { ...args, ...more }, { signal });
    if (answer.kind === "failure") return answer;
    if (answer.kind === "cancelled" || !isObject(answer.value)) return undefined;
    const { value } = answer;
    pods.push(...isTable ? readTable(value) : readList(value));
    // That there are more is seen by the list itself.
    textsOf(value["warnings"]).filter((text) => !/^\d+ of \d+ pods|^Pods that come after/.test(text))
      .forEach((text) => warnings.add(text));
    next = typeof value["next"] === "string" && pods.length < PODS_MAX ? value["next"] : undefined;
    isWhole = next === undefined;
    const total = typeof value["total"] === "number" ? value["total"] : isWhole ? pods.length : undefined;
    onPage({ pods: [...pods], total, isWhole, warnings: [...warnings] });
  }
}

function readList({ pods }: Readonly<Record<string, unknown>>): readonly Pod[] {
  if (!Array.isArray(pods)) return [];
  return pods.filter(isObject).map(({ name, status, ready }) =>
    withState({ name: String(name), status: String(status), ready: String(ready) })
  );
}

/** The cells are found by their columns' names. */
function readTable({ columns, rows }: Readonly<Record<string, unknown>>): readonly Pod[] {
  const names = textsOf(columns).map((name) => name.toLowerCase());
  if (!Array.isArray(rows)) return [];
  return rows.map(textsOf).map((cells) => {
    const cell = (name: string) => cells[names.indexOf(name)] ?? "";
    const pod = { name: cell("name"), status: cell("status"), ready: cell("ready") };
    return withState(pod, { restarts: cell("restarts"), age: cell("age") });
  });
}

function withState(
  pod: Pick<Pod, "name" | "status" | "ready">,
  { restarts = "", age = "" }: Pick<Pod, "restarts" | "age"> = {},
): Pod {
  return { ...pod, ...(restarts !== "" && { restarts }), ...(age !== "" && { age }), state: stateOf(pod) };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
