import type { StoreStates } from "../storage/open.ts";

const LOOK_EVERY_MS = 20;

/** So long a start is not ready while a store is away: replicas that have theirs answer better. */
const CONNECT_MS_MAX = 5000;

/** Resolves once every store outside is connected, or after `maxMs`. */
export async function storesConnected(states: () => StoreStates, maxMs = CONNECT_MS_MAX): Promise<void> {
  const deadline = performance.now() + maxMs;
  while (Object.values(states()).includes("disconnected") && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
