import { Buffer } from "node:buffer";

/** Where a system is asked over HTTP. */
export interface BaseUrl {
  /** Without credentials, query and fragment; its path ends with a slash. */
  readonly url: URL;
  /** The header that its credentials make; `undefined` where it has none. */
  readonly authorization: string | undefined;
}

/**
 * Reads a system's base URL, with a path where it has a prefix, and with `user:password@` where it wants basic
 * authentication.
 *
 * @param system its name, for the error
 * @throws {TypeError} when the URL is none that can be asked; the message does not repeat it, for it may hold a password.
 */
export function parseBaseUrl(text: string, system: string): BaseUrl {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`Invalid ${system} URL: expected http:// or https://, a host, and a path if it has a prefix`);
  }
  const credentials = [url.username, url.password].map((part) => decode(part, system)).join(":");
  url.username =
    url.password =
    url.search =
    url.hash =
      "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return {
    url,
    authorization: credentials === ":" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`,
  };
}

function decode(text: string, system: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`Invalid ${system} URL: its user or password is not percent-encoded (write % as %25)`);
  }
}
