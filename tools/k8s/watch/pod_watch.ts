import { setTimeout as sleep } from "node:timers/promises";
import { ToolError } from "../../error.ts";
import type { KubernetesApi } from "../api.ts";
import { readBody } from "../body.ts";
import type { PodSummary } from "../cluster.ts";
import { refusalWarning } from "../forbidden.ts";
import { messageOf } from "../kube_config.ts";
import { TABLE } from "../pod_table.ts";
import { readLines } from "./lines.ts";
import { parsePodPage, type PodEvent, podEventReader } from "./pod_events.ts";

/** What a watch asks of a cluster. */
export type WatchedApi = Pick<KubernetesApi, "get" | "watch" | "require" | "refusal">;

/** Milliseconds. */
export interface WatchTiming {
  /** A watch that is broken for longer answers nothing: the cluster is asked. */
  readonly brokenMsMax: number;
  /** A connection that says nothing for longer is given up: bookmarks come each minute. */
  readonly silenceMsMax: number;
  /** Pauses before the watch is begun again: doubled from the first to the second, and jittered. */
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
}

/** The pods of a namespace as its watch knows them. */
export interface WatchedPods {
  /** By name. */
  readonly pods: readonly PodSummary[];
  /** Since the cluster was last heard. */
  readonly ageSeconds: number;
  /** Whether the watch is broken now, for a short while. */
  readonly broken: boolean;
}

/** How a watch is doing. */
export interface PodWatchState {
  readonly namespace: string;
  readonly pods: number;
  readonly connected: boolean;
  /** `undefined` until the cluster was heard. */
  readonly ageSeconds: number | undefined;
  /** Lists since it began, the first one too. */
  readonly lists: number;
}

export interface PodWatchOptions {
  readonly api: WatchedApi;
  readonly namespace: string;
  /** A namespace with more is not watched. */
  readonly podsMax: number;
  readonly timing: WatchTiming;
  /** A clock in milliseconds that only goes forward. */
  readonly elapsed: () => number;
  /** Told once, in words, of what a watch does not get over by itself soon. */
  readonly warn: (message: string) => void;
}

const PAGE_PODS = 500;
const PAGE_BYTES_MAX = 33_554_432;
const REFUSAL_BYTES_MAX = 65_536;
/** A row of cells is under 1 KB. */
const LINE_CHARS_MAX = 4_194_304;
/** The API ends a watch after so long; it is looked anew then whether the account may watch. Replicas do not come at once. */
const WATCH_SECONDS_MIN = 240;
const WATCH_SECONDS_MORE = 50;
/** A connection that lasted for so long was a good one. */
const STEADY_MS = 5_000;
const REFUSED_PAUSES = 10;
/** Failures one after the other that are told: an API server that restarts is gone for less. */
const FAILURES_TOLD = 3;
/** Whom the server's own account asks for: nobody. */
const OWN_CALL = { principal: { name: "watch", authMethod: "none", roles: [] }, recordId: "" } as const;

/** The namespace is too large to be held. */
class TooManyPods extends Error {}

/** Lists the pods of a namespace, and then is told what changes, until it is disposed. */
export class PodWatch implements AsyncDisposable {
  readonly #options: PodWatchOptions;
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  /** `undefined` until they were listed, and where the account may not see them. */
  #pods: Map<string, PodSummary> | undefined;
  #sorted: readonly PodSummary[] | undefined;
  /** Where to go on; `undefined` = it must be listed. */
  #version: string | undefined;
  #heardMs: number | undefined;
  #connected = false;
  #brokenMs: number;
  #lists = 0;
  #warned: string | undefined;

  constructor(options: PodWatchOptions) {
    this.#options = options;
    this.#brokenMs = options.elapsed();
    this.#ended = this.#run(this.#closing.signal);
  }

  /** `undefined` where the watch does not know, or not any more. */
  read(): WatchedPods | undefined {
    const { elapsed, timing } = this.#options;
    const [heardMs, brokenMs] = [this.#heardMs ?? 0, this.#brokenMs];
    // What was listed is as good as what was watched.
    const brokenForMs = this.#connected ? 0 : elapsed() - Math.max(heardMs, brokenMs);
    if (!this.#pods || brokenForMs > timing.brokenMsMax) return undefined;
    this.#sorted ??= [...this.#pods.values()].sort((a, b) => a.name < b.name ? -1 : 1);
    return { pods: this.#sorted, ageSeconds: this.#ageSeconds() ?? 0, broken: !this.#connected && brokenMs >= heardMs };
  }

  get state(): PodWatchState {
    return {
      namespace: this.#options.namespace,
      pods: this.#pods?.size ?? 0,
      connected: this.#connected,
      ageSeconds: this.#ageSeconds(),
      lists: this.#lists,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  #ageSeconds(): number | undefined {
    return this.#heardMs === undefined ? undefined : Math.floor((this.#options.elapsed() - this.#heardMs) / 1000);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { elapsed, timing: { backoffMsMin, backoffMsMax } } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      const beganMs = elapsed();
      let pauseMs = 0;
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof TooManyPods) {
          this.#warn(`it has more than ${this.#options.podsMax} pods`);
          return this.#forget();
        }
        // What the account may not see any more nobody is shown; a Role is not bound every minute.
        if (error instanceof ToolError && error.kind === "forbidden") {
          this.#warn(refusalWarning(error));
          this.#forget();
          pauseMs = REFUSED_PAUSES * backoffMsMax;
        } else if (failures + 1 === FAILURES_TOLD) this.#warn(messageOf(error));
      }
      failures = elapsed() - beganMs > STEADY_MS ? 0 : failures + 1;
      if (failures > 0) pauseMs ||= Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(failures - 1, 20));
      await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  #warn(reason: string): void {
    const { namespace, warn } = this.#options;
    if (reason === this.#warned) return;
    this.#warned = reason;
    warn(`The pods of namespace "${namespace}" are not watched, and are listed instead: ${reason}`);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, namespace, podsMax } = this.#options;
    const call = { ...OWN_CALL, signal };
    // Asked first: a list that cannot be followed is for nothing.
    await api.require({ verb: "watch", resource: "pods", namespace }, call);
    const pods = new Map<string, PodSummary>();
    let next: string | undefined;
    let version: string;
    do {
      const answer = await api.get({
        path: pathOf(namespace),
        query: { limit: PAGE_PODS, continue: next, includeObject: "None" },
        accept: TABLE,
        bytesMax: PAGE_BYTES_MAX,
        right: { verb: "list", resource: "pods", namespace },
      }, call);
      if (answer.status !== 200) throw api.refusal(answer, `watch pods in namespace "${namespace}"`, call);
      const page = parsePodPage(answer);
      for (const pod of page.pods) pods.set(pod.name, pod);
      if (pods.size > podsMax) throw new TooManyPods();
      ({ next, version } = page);
    } while (next !== undefined);
    this.#pods = pods;
    this.#sorted = undefined;
    this.#version = version;
    this.#lists++;
    this.#heardMs = this.#options.elapsed();
  }

  /** Until the API ends it, which it does in time. @throws where it breaks, and where it says nothing for too long */
  async #follow(signal: AbortSignal): Promise<void> {
    const { api, namespace, timing: { silenceMsMax }, elapsed } = this.#options;
    const silent = new AbortController();
    const hush = () => silent.abort(new Error("The watch said nothing"));
    let timer = setTimeout(hush, silenceMsMax);
    try {
      const response = await api.watch({
        path: pathOf(namespace),
        query: {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: this.#version,
          timeoutSeconds: WATCH_SECONDS_MIN + Math.floor(Math.random() * WATCH_SECONDS_MORE),
          includeObject: "None",
        },
        accept: TABLE,
      }, AbortSignal.any([signal, silent.signal]));
      if (response.status !== 200 || !response.body) throw await this.#refused(response, signal);
      this.#connected = true;
      this.#heardMs = elapsed();
      const read = podEventReader();
      for await (const line of readLines(response.body, LINE_CHARS_MAX)) {
        clearTimeout(timer);
        timer = setTimeout(hush, silenceMsMax);
        this.#heardMs = elapsed();
        if (line !== "" && !this.#apply(read(line))) return;
      }
    } finally {
      clearTimeout(timer);
      if (this.#connected) this.#brokenMs = elapsed();
      this.#connected = false;
    }
  }

  /** @returns whether the watch goes on */
  #apply(event: PodEvent): boolean {
    if (event.kind === "gone") {
      this.#version = undefined;
      return false;
    }
    this.#version = event.version;
    if (event.kind === "bookmark") return true;
    for (const pod of event.pods) {
      if (event.kind === "removed") this.#pods?.delete(pod.name);
      else this.#pods?.set(pod.name, pod);
    }
    this.#sorted = undefined;
    if ((this.#pods?.size ?? 0) > this.#options.podsMax) throw new TooManyPods();
    return true;
  }

  async #refused(response: Response, signal: AbortSignal): Promise<ToolError> {
    const { api, namespace } = this.#options;
    const { status, headers } = response;
    if (status === 410) this.#version = undefined;
    const answer = { status, headers, ...await readBody(response, REFUSAL_BYTES_MAX) };
    return api.refusal(answer, `watch pods in namespace "${namespace}"`, { ...OWN_CALL, signal });
  }

  #forget(): void {
    this.#pods = undefined;
    this.#sorted = undefined;
    this.#version = undefined;
  }
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}
