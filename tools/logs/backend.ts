import type { ClusterCall } from "../k8s/cluster.ts";
import type { ToolCall } from "../tool.ts";
import type { LogEntry } from "./merge.ts";

/** Of a container that was restarted: this run, the one before it, or both. */
export type Runs = "current" | "previous" | "both";

/** What is looked for, and where. */
export interface LogQuery {
  readonly namespace: string;
  /** A pod's name, or the beginning of names followed by `*`; all pods where left out. */
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
  /** As `parseQuery` reads it; all lines where left out. */
  readonly query?: string | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly runs: Runs;
  /** Lines to give at most, the newest; at least 1. */
  readonly limit: number;
  /** Lines to give before and after each that matches. */
  readonly context: number;
  /** Told of every line that matches, also of those that are not given; of one log the newest first. */
  readonly onMatch?: (entry: LogEntry) => void;
}

/** What was found. */
export interface LogFinds {
  /** The newest lines, oldest first: secrets that span several lines are hidden, those within one are not. */
  readonly entries: readonly LogEntry[];
  /** Lines that match among all that were searched. */
  readonly matched: number;
  /** Whether not all was searched: there may be more that match. */
  readonly isIncomplete: boolean;
  /** Logs that could not be read, bounds that were met. */
  readonly warnings: readonly string[];
}

/** For whom logs are searched; told how far it is. */
export type LogCall = ClusterCall & Pick<ToolCall, "notify">;

/** Where logs are kept: the cluster's nodes, or Loki. */
export interface LogBackend {
  /** @throws {ToolError} `invalid_params` for a query that cannot be used; else as the backend's own port says. */
  search(query: LogQuery, call: LogCall): Promise<LogFinds>;
}
