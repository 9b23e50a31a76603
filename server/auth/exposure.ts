import type { Log } from "../log.ts";
import type { Settings } from "../settings.ts";

/** Warns loudly of a server that everyone who reaches it may use. */
export function warnOfExposure(
  { AUTH_MODE, HOST }: Pick<Settings, "AUTH_MODE" | "HOST">,
  log: Pick<Log, "warn">,
): void {
  if (AUTH_MODE !== "none" || ["::1", "localhost"].includes(HOST) || HOST.startsWith("127.")) return;
  log.warn(
    `AUTH_MODE is none and the server is bound to ${HOST}: everyone who can reach it may call every tool. ` +
      "This is for a lab alone: set AUTH_MODE to token or oidc",
  );
}
