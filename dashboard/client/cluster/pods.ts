/** A pod as a list of a cluster tells it. */
export interface Pod {
  readonly name: string;
  /** What kubectl prints under STATUS. */
  readonly status: string;
  /** Ready containers of all: `1/2`. */
  readonly ready: string;
  /** What only a fuller list tells: `4 (10m ago)`, `3d`. */
  readonly restarts?: string;
  readonly age?: string;
  readonly state: PodState;
}

/** What a pod is to who looks after it, from what needs them most. */
export const POD_STATES = ["failing", "waiting", "running", "done"] as const;
export type PodState = typeof POD_STATES[number];

/** What waits by itself; any other word but those for what is well is trouble. */
const WAITING = /^(?:Pending|ContainerCreating|PodInitializing|Terminating|NotReady|SchedulingGated|Init:\d+\/\d+)$/;

export function stateOf({ status, ready }: Pick<Pod, "status" | "ready">): PodState {
  if (status === "Completed" || status === "Succeeded") return "done";
  const [some, all] = ready.split("/");
  if (status === "Running") return some === all ? "running" : "waiting";
  return WAITING.test(status) ? "waiting" : "failing";
}

/** Those in trouble first, otherwise by name; a pod that two pages tell of is one. */
export function sortPods(pods: readonly Pod[]): readonly Pod[] {
  const known = new Map(pods.map((pod) => [pod.name, pod]));
  const order = (pod: Pod) => POD_STATES.indexOf(pod.state);
  return [...known.values()].sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
}

export function countStates(pods: readonly Pod[]): Readonly<Record<PodState, number>> {
  const counts = { failing: 0, waiting: 0, running: 0, done: 0 };
  for (const { state } of pods) counts[state]++;
  return counts;
}

/** Which pods are shown: of one state, where it is given, with every word in their name or status. */
export function filterPods(pods: readonly Pod[], words: string, state: PodState | undefined): readonly Pod[] {
  const parts = words.toLowerCase().split(/\s+/).filter((word) => word);
  return pods.filter((pod) => {
    if (state !== undefined && pod.state !== state) return false;
    const text = `${pod.name} ${pod.status}`.toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}
