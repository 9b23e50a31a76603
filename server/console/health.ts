import type { ConsoleHealth } from "../../dashboard/wire.ts";
import type { Upstreams } from "./upstreams.ts";
import { type HealthSources, readHealth } from "../health.ts";
import type { Lifecycle } from "../lifecycle.ts";

/** What the health of a replica is made of, beyond what `/health` says. */
export interface ConsoleHealthSources extends HealthSources {
  readonly replica: string;
  readonly lifecycle: Pick<Lifecycle, "phase" | "inFlight">;
  readonly connections: () => number;
  readonly upstreams: Pick<Upstreams, "read">;
  /** Audit records that wait in memory for their store. */
  readonly auditQueued: () => number;
  /** Audit records that wait in the spool for Postgres. */
  readonly auditSpooled: () => number;
}

/**
 * How the replica that is asked is doing, and what it is made of.
 *
 * @param all whether the caller may read the whole log: the figures of what everybody does are for them alone, as in Watch
 */
export function readConsoleHealth(sources: ConsoleHealthSources, all: boolean): ConsoleHealth {
  const { status, version, components: { redis, postgres }, registered_tools, warnings = [] } = readHealth(sources);
  const { replica, lifecycle: { phase, inFlight } } = sources;
  return {
    ...{ status, replica, phase, warnings },
    tools: registered_tools,
    stores: { redis, postgres },
    audit: sources.auditState(),
    upstreams: sources.upstreams.read().map((upstream) =>
      all ? upstream : { name: upstream.name, state: upstream.state }
    ),
    ...(all && {
      load: {
        ...{ inFlight, connections: sources.connections() },
        ...{ queued: sources.auditQueued(), spooled: sources.auditSpooled() },
      },
    }),
    versions: { server: version, deno: Deno.version.deno, v8: Deno.version.v8, typescript: Deno.version.typescript },
  };
}
