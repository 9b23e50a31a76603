import type { ToolCall } from "../tool.ts";
import type { ClusterObjects } from "./objects.ts";
import type { WatchedPods } from "./watch/pod_watch.ts";
import type { ClusterChanges } from "./write/changes.ts";

/** A pod as `kubectl get pods` prints it. */
export type PodSummary = {
  readonly name: string;
  /** The STATUS cell: `Running`, `CrashLoopBackOff`, `Init:0/1`, `Completed`, `Terminating`, … */
  readonly status: string;
  /** The READY cell: ready containers of all, `1/2`. */
  readonly ready: string;
};

export interface PodListRequest {
  readonly namespace: string;
  /** Pods on a page, at least 1. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly continueToken?: string | undefined;
}

/** One page, in the API's order. */
export interface PodPage {
  readonly pods: readonly PodSummary[];
  /** Asks for the page after; `undefined` on the last one. It lives for some minutes. */
  readonly next: string | undefined;
  /** Pods after this page, where the API says. */
  readonly remaining: number | undefined;
  /** What the caller should know beside the answer, in sentences. */
  readonly warnings: readonly string[];
}

/** What a container is in its pod: `sidecar` is an init container that keeps running. */
export type ContainerRole = "main" | "sidecar" | "init" | "ephemeral";

export interface PodContainers {
  readonly pod: string;
  readonly containers: readonly { readonly name: string; readonly role: ContainerRole }[];
}

export interface ContainerSearch {
  readonly namespace: string;
  /** A pod's name, or the beginning of names followed by `*`; all pods where left out. */
  readonly pod?: string | undefined;
  /** The search ends once it has this many pods. */
  readonly podsMax: number;
}

export interface ContainerList {
  readonly pods: readonly PodContainers[];
  /** Whether there may be more pods that match. */
  readonly more: boolean;
  readonly warnings: readonly string[];
}

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The newest so many lines, at least 1. */
  readonly lines: number;
  /** At most so many bytes, from the oldest of these lines on. */
  readonly bytesMax: number;
  readonly sinceSeconds?: number | undefined;
  /** The container's run before this one. */
  readonly previous: boolean;
}

/**
 * `read`: lines that each begin with an RFC 3339 time in nanoseconds and a space; bytes that are no UTF-8 are replaced.
 * `cut`: the newest lines are missing, since the bytes did not suffice.
 * `unreadable`: this one container has no such log now (waiting, evicted, its node is down, …).
 */
export type LogAnswer =
  | { readonly kind: "read"; readonly text: string; readonly cut: boolean }
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * For whom the cluster is asked, and which record says so. When the signal aborts, the request to the API is dropped and
 * the signal's reason is thrown.
 */
export type ClusterCall = Pick<ToolCall, "principal" | "signal" | "recordId">;

/**
 * A Kubernetes cluster, seen with the rights of the server's own account, or with those of whoever calls.
 *
 * Every call throws a ToolError in its own words: `not_found` for a namespace or pod that is not there, `forbidden` for
 * what that account may not do, `unavailable` for a cluster that is not configured, not reachable, too slow, or refuses
 * the credentials, `rate_limited` where the API asks to wait, `tool_failed` for an answer that makes no sense.
 */
export interface Cluster extends AsyncDisposable {
  /** Whether it is seen with the caller's rights: then what it answers to one caller is for no other. */
  readonly asCaller: boolean;
  /** Objects of any kind. */
  readonly objects: ClusterObjects;
  /** Changes of objects. */
  readonly changes: ClusterChanges;
  /** @throws {ToolError} also `invalid_params` for a malformed `continueToken`, `conflict` for one that has expired. */
  listPods(request: PodListRequest, call: ClusterCall): Promise<PodPage>;
  /**
   * All pods of a namespace from a watch of the server's own account, where that account may list them.
   *
   * @returns `off` where it is not to be watched, as wherever callers are impersonated; `unready` where the watch does not
   * know them now, or knows of none.
   */
  watchedPods(namespace: string, call: ClusterCall): Promise<WatchedPods | "off" | "unready">;
  /** The containers of the pods that match; each page of the listing is held only until its names are taken. */
  findContainers(search: ContainerSearch, call: ClusterCall): Promise<ContainerList>;
  readLog(request: LogRequest, call: ClusterCall): Promise<LogAnswer>;
}
