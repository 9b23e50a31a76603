import { BlockList, isIP } from "node:net";
import type { Log } from "../log.ts";
import type { Platform } from "../platform.ts";
import { SettingError, type Settings } from "../settings.ts";

/** Addresses that the internet does not route. */
const PRIVATE_RANGES = [
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["::1", 128, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
] as const;

/** Names that the internet does not resolve: reserved ones (RFC 6761, 6762, 8375), `internal`, a cluster's own. */
const PRIVATE_NAMES = /(^|\.)(localhost|local|internal|test|invalid|home\.arpa|svc|cluster\.local)$/;

/**
 * Refuses a start that would let anyone on the internet call every tool.
 *
 * @throws {SettingError} naming what makes the server public, and what to set.
 */
export function refuseAnonymous(
  settings: Pick<Settings, "AUTH_MODE" | "ALLOW_ANONYMOUS" | "PUBLIC_URL">,
  platform: Pick<Platform, "name">,
): void {
  if (settings.AUTH_MODE !== "none" || settings.ALLOW_ANONYMOUS) return;
  const why = platform.name === undefined ? publicHost(settings.PUBLIC_URL) : `the server runs on ${platform.name}`;
  if (why === undefined) return;
  throw new SettingError(
    `Invalid setting AUTH_MODE="none": expected token or oidc, since ${why} and anyone who reaches it could call ` +
      "every tool. ALLOW_ANONYMOUS=true allows it nevertheless",
  );
}

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

/** Says of a URL that it names a host of the internet; `undefined` where it does not. */
function publicHost(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const version = isIP(host);
  const isPrivate = version === 0
    ? !host.includes(".") || PRIVATE_NAMES.test(host)
    : privateAddresses().check(host, version === 4 ? "ipv4" : "ipv6");
  return isPrivate ? undefined : `PUBLIC_URL names the public host ${JSON.stringify(host)}`;
}

function privateAddresses(): BlockList {
  const list = new BlockList();
  for (const [address, bits, family] of PRIVATE_RANGES) list.addSubnet(address, bits, family);
  return list;
}
