import type { ConsoleUpstream } from "../../dashboard/wire.ts";
import type { Clock } from "../../storage/clock.ts";
import { ToolError } from "../../tools/error.ts";
import type { Cluster } from "../../tools/k8s/cluster.ts";
import { aroundClusters, type Outside } from "../../tools/outside.ts";
import type { ClusterState } from "../health.ts";
import { DEFAULT_PRINCIPAL } from "../peer.ts";
import { tracePort, type Within } from "../trace/port.ts";

/** A system that nobody asked for so long is asked once, where Health is looked at: at most so often, whoever looks. */
const STALE_MS = 30_000;
/** What comes sooner was at hand: adapters keep answers for some seconds, and nothing was asked. */
const AT_HAND_MS = 1;
const PROBE_TIMEOUT_MS = 5_000;
/** A second of lines that hardly anybody has. */
const PROBE_LOGQL = '{job="none"}';
/** What an answer is not: anything else that a system says, a refusal too, shows that it is there. */
const UNANSWERED: ReadonlySet<unknown> = new Set(["unavailable", "timeout"]);

interface Seen {
  /** The name of one of several clusters. */
  cluster?: string;
  okAtMs?: number;
  failedAtMs?: number;
  latencyMs?: number;
  /** In a row. */
  failures: number;
}

export interface UpstreamsOptions {
  readonly clock: Clock;
  /** Those that the settings name. */
  readonly configured: Readonly<Record<"kubernetes" | "prometheus" | "loki", boolean>>;
}

/** What is known of the systems behind the tools, from the calls that were made of them. */
export interface Upstreams {
  /** The same systems, with each call of them seen. */
  over(outside: Outside): Outside;
  /** How they are; those of which nothing new is known are asked meanwhile, for the next look. */
  read(): readonly ConsoleUpstream[];
  /** The same of those clusters that have names, by their names. */
  clusters(): Readonly<Record<string, ClusterState>>;
}

export function createUpstreams({ clock, configured }: UpstreamsOptions): Upstreams {
  const seen = new Map<string, Seen>();
  const probes = new Map<string, (signal: AbortSignal) => Promise<unknown>>();
  const probedAtMs = new Map<string, number>();
  for (const name of ["kubernetes", "prometheus", "loki"] as const) {
    if (configured[name]) seen.set(name, { failures: 0 });
  }

  /** @param cluster one of several has a name of its own, in the place of the one without */
  function watchCluster(cluster: Cluster, clusterName: string | undefined): Cluster {
    const name = clusterName === undefined ? "kubernetes" : `kubernetes ${clusterName}`;
    if (clusterName !== undefined) {
      seen.delete("kubernetes");
      seen.set(name, { cluster: clusterName, failures: 0 });
    }
    const watched = tracePort(cluster, watch(name));
    // In nobody's name is nobody else's cluster asked.
    if (!cluster.asCaller) {
      const call = { principal: DEFAULT_PRINCIPAL, recordId: "" };
      probes.set(name, (signal) => watched.listPods({ namespace: "default", limit: 1 }, { ...call, signal }));
    }
    return watched;
  }

  /** Times each call of a system. */
  function watch(name: string): Within {
    return async (_method, work) => {
      const begunMs = clock.elapsed();
      try {
        const answer = await work();
        note(name, begunMs, true);
        return answer;
      } catch (error) {
        // What the caller gave up tells nothing of the system, nor does a fault of ours.
        const isOwn = !(error instanceof ToolError) || error.kind === "cancelled";
        if (!isOwn) note(name, begunMs, !UNANSWERED.has(error.kind));
        throw error;
      }
    };
  }

  function note(name: string, begunMs: number, hasAnswered: boolean): void {
    const known = seen.get(name);
    if (!known) return;
    const nowMs = clock.elapsed();
    if (!hasAnswered) {
      known.failedAtMs = nowMs;
      known.failures++;
      return;
    }
    if (nowMs - begunMs < AT_HAND_MS) return;
    known.okAtMs = nowMs;
    known.latencyMs = nowMs - begunMs;
    known.failures = 0;
  }

  function probe(name: string, { okAtMs = -Infinity, failedAtMs = -Infinity }: Seen): void {
    const nowMs = clock.elapsed();
    const lastMs = Math.max(okAtMs, failedAtMs, probedAtMs.get(name) ?? -Infinity);
    const ask = probes.get(name);
    if (!ask || nowMs - lastMs < STALE_MS) return;
    probedAtMs.set(name, nowMs);
    // How it ended is seen as of any other call.
    ask(AbortSignal.timeout(PROBE_TIMEOUT_MS)).catch(() => {});
  }

  return {
    over(outside) {
      const prometheus = tracePort(outside.prometheus, watch("prometheus"));
      const watched = aroundClusters(outside, (cluster, name) => watchCluster(cluster, name));
      const loki = outside.loki && tracePort(outside.loki, watch("loki"));
      probes.set("prometheus", (signal) => prometheus.query("1", signal));
      if (loki) {
        probes.set("loki", (signal) => {
          const endMs = clock.now();
          return loki.queryRange({ query: PROBE_LOGQL, startMs: endMs - 1000, endMs, limit: 1 }, signal);
        });
      }
      return { ...outside, prometheus, ...watched, ...(loki && { loki }) };
    },
    read() {
      const nowMs = clock.elapsed();
      const age = (atMs: number | undefined) => atMs === undefined ? undefined : Math.round(nowMs - atMs);
      return [...seen].map(([name, known]) => {
        probe(name, known);
        const { okAtMs, failedAtMs, latencyMs, failures } = known;
        const state = stateOf(known);
        return { name, state, failures, okAgoMs: age(okAtMs), failedAgoMs: age(failedAtMs), latencyMs };
      });
    },
    clusters() {
      return Object.fromEntries([...seen].flatMap(([name, known]) => {
        if (known.cluster === undefined) return [];
        probe(name, known);
        return [[known.cluster, stateOf(known)]];
      }));
    },
  };
}

function stateOf({ failures, okAtMs }: Seen): ClusterState {
  return failures > 0 ? "failing" : okAtMs === undefined ? "unasked" : "answering";
}
