import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";

/**
 * What seals the ids of sessions of the official protocol. Without a setting it is one of this process's own: a session
 * then ends with the process that opened it, and no other replica knows it, which is warned of.
 */
export function sessionKeyOf(
  { SESSION_KEY, REPLICAS }: Pick<Settings, "SESSION_KEY" | "REPLICAS">,
  log: Pick<Log, "warn">,
): Uint8Array {
  if (SESSION_KEY !== undefined) return new TextEncoder().encode(SESSION_KEY);
  if (REPLICAS > 1) {
    log.warn(
      `SESSION_KEY is not set and REPLICAS is ${REPLICAS}: a session of the official protocol is known only to the ` +
        "replica that opened it. Set the same key, of at least 32 bytes, for all of them",
    );
  }
  return crypto.getRandomValues(new Uint8Array(32));
}
