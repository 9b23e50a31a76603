import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 20;

/**
 * Polls until there is nothing left to wait for.
 *
 * @throws with what there still is after `timeoutMs`, or at once when it is stopped
 */
export async function until(
  timeoutMs: number,
  waitsFor: () => Promise<string | undefined>,
  signal?: AbortSignal,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (true) {
    const reason = await waitsFor();
    if (reason === undefined) return;
    if (performance.now() > deadlineMs) throw new Error(`After ${timeoutMs / 1000} s ${reason}`);
    signal?.throwIfAborted();
    await pause(POLL_MS);
  }
}
