import { openHttpClient } from "./clients.ts";
import type { Fleet } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import { makeCall } from "./load.ts";
import { readMetric } from "./metric.ts";
import { spoolLength } from "./spool.ts";
import { until } from "./until.ts";

const RECOVERY_MS = 30_000;
const DRAIN_MS = 30_000;

/**
 * Waits until every server says that it is healthy, and answers a call too.
 *
 * @returns milliseconds that it took
 * @throws when one does not recover in 30 s
 */
export async function recovered({ servers }: Fleet, ledger: Ledger, signal: AbortSignal): Promise<number> {
  const startMs = performance.now();
  await Promise.all(servers.map(async (server) => {
    await using client = openHttpClient(server.url);
    await until(RECOVERY_MS, async () => {
      const health = await server.ask("/health");
      if (!health?.includes('"healthy"')) return `${server.name} is not healthy: ${health ?? "no answer"}`;
      return await makeCall(client, ledger) ? undefined : `${server.name} is healthy and refuses calls`;
    }, signal);
  }));
  return performance.now() - startMs;
}

/**
 * Waits until no server, nor the spool, holds a record that is not in the log yet.
 *
 * @throws when some are left after 30 s
 */
export async function drained({ servers, redis }: Fleet, signal: AbortSignal): Promise<void> {
  await Promise.all(servers.map((server) =>
    until(DRAIN_MS, async () => {
      const queued = await readMetric(server, "mcp_audit_queue_records");
      return queued === 0 ? undefined : `${server.name} holds ${queued ?? "?"} records that are not in the log`;
    }, signal)
  ));
  await until(DRAIN_MS, async () => {
    const spooled = await spoolLength(redis);
    return spooled === 0 ? undefined : `${spooled} records are left in the spool`;
  }, signal);
}
