import { setTimeout as pause } from "node:timers/promises";
import { openHttpClient } from "./clients.ts";
import type { Fleet } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import { makeCall } from "./load.ts";

const RECOVERY_MS = 30_000;
const DRAIN_MS = 30_000;
const POLL_MS = 50;

/**
 * Waits until every server says that it is healthy, and answers a call too.
 *
 * @returns milliseconds that it took
 * @throws when one does not recover in 30 s
 */
export async function recovered({ servers }: Fleet, ledger: Ledger): Promise<number> {
  const startMs = performance.now();
  await Promise.all(servers.map(async (server) => {
    await using client = openHttpClient(server.url);
    await until(RECOVERY_MS, async () => {
      const health = await server.ask("/health");
      if (!health?.includes('"healthy"')) return `${server.name} is not healthy: ${health ?? "no answer"}`;
      return await makeCall(client, ledger) ? undefined : `${server.name} is healthy and refuses calls`;
    });
  }));
  return performance.now() - startMs;
}

/**
 * Waits until no server, nor the spool, holds a record that is not in the log yet.
 *
 * @throws when some are left after 30 s
 */
export async function drained({ servers, redis }: Fleet): Promise<void> {
  await Promise.all(servers.map((server) =>
    until(DRAIN_MS, async () => {
      const queued = /^mcp_audit_queue_records (\S+)$/m.exec(await server.ask("/metrics") ?? "")?.[1];
      return queued === "0" ? undefined : `${server.name} holds ${queued ?? "?"} records that are not in the log`;
    })
  ));
  await until(DRAIN_MS, async () => {
    const spooled = await redis.cli("XLEN", "audit:spool");
    return spooled === "0" ? undefined : `${spooled} records are left in the spool`;
  });
}

/** Polls until there is nothing left to wait for. @throws with what there still is after `timeoutMs`. */
async function until(timeoutMs: number, waitsFor: () => Promise<string | undefined>): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (true) {
    const reason = await waitsFor();
    if (reason === undefined) return;
    if (performance.now() > deadlineMs) throw new Error(`After ${timeoutMs / 1000} s ${reason}`);
    await pause(POLL_MS);
  }
}
