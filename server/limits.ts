import type { HouseLimits } from "./house.ts";
import type { Settings } from "./settings.ts";
import type { SocketLimits } from "./websocket.ts";

/** The bounds of messages. */
export function houseLimits(settings: Settings): HouseLimits {
  return {
    batchMax: settings.BATCH_MAX,
    batchBytesMax: settings.BATCH_BYTES_MAX,
    jsonDepthMax: settings.JSON_DEPTH_MAX,
  };
}

/** The bounds of each socket. */
export function socketLimits(settings: Settings): SocketLimits {
  return {
    messageBytesMax: settings.MESSAGE_BYTES_MAX,
    queuedBytesMax: settings.QUEUED_BYTES_MAX,
    pendingMax: settings.PENDING_MAX,
    idleSeconds: settings.IDLE_SECONDS,
    firstMessageMs: settings.FIRST_MESSAGE_MS,
  };
}
