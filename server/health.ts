import type { AuditLog } from "../storage/audit_log.ts";
import type { StoreState } from "../storage/state.ts";
import { VERSION } from "./version.ts";

/** By the last call of it; `unasked`: there was none yet. */
export type ClusterState = "answering" | "failing" | "unasked";

/** What the health of the server is made of. */
export interface HealthSources {
  readonly stores: () => Readonly<Record<"redis" | "postgres", StoreState>>;
  readonly auditState: () => AuditLog["state"];
  readonly registeredTools: number;
  /** How each cluster of KUBE_CONTEXTS answers; left out where it is not set. */
  readonly clusters?: (() => Readonly<Record<string, ClusterState>>) | undefined;
  /** What this place does not keep, a sentence each; none where left out. */
  readonly losses?: readonly string[];
}

/** `/health` as the guide prints it. */
export interface Health {
  /**
   * `degraded`: a store is away, or the audit log takes no records and they wait in a spool, or what is stored does not
   * outlive this instance; the server still serves.
   * `unhealthy`: no store can take an audit record.
   */
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly version: string;
  readonly components: Readonly<Record<"redis" | "postgres", StoreState>> & { readonly websocket: "ready" };
  readonly registered_tools: number;
  /** Only where there are several; one that fails degrades nothing but its own calls. */
  readonly clusters?: Readonly<Record<string, ClusterState>>;
  /** Only where there is something to say. */
  readonly warnings?: readonly string[];
}

export function readHealth({ stores, auditState, registeredTools, clusters, losses = [] }: HealthSources): Health {
  const states = stores();
  const audit = auditState();
  const isLess = losses.length > 0 || states.redis === "disconnected" || states.postgres === "disconnected" ||
    audit === "spooling";
  return {
    status: audit === "away" ? "unhealthy" : isLess ? "degraded" : "healthy",
    version: VERSION,
    components: { redis: states.redis, postgres: states.postgres, websocket: "ready" },
    registered_tools: registeredTools,
    ...(clusters && { clusters: clusters() }),
    ...(losses.length > 0 && { warnings: losses }),
  };
}
