import { isIP } from "node:net";
import { StorageError } from "../errors.ts";

/** Where a Redis is and how to get in. */
export interface RedisTarget {
  readonly host: string;
  readonly port: number;
  /** `host:port`: what is logged. It never holds the password. */
  readonly address: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** The name to verify the certificate for, empty for a bare IP address; `undefined` = no TLS. */
  readonly tls: { readonly servername: string } | undefined;
}

const EXPECTED = "redis://[[user]:password@]host[:port][/database], or rediss:// for TLS";

/**
 * Reads `redis://[[user]:password@]host[:port][/database]`; `rediss://` is the same over TLS.
 *
 * Query parameters are refused: the driver would take each one as an option of its own.
 * @throws {StorageError} when the text is something else; the message does not hold the password.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const url = URL.parse(text);
  const database = /^\/?(\d{0,5})$/.exec(url?.pathname ?? "");
  const credentials = url && decodeCredentials(url);
  if (
    !url || !/^rediss?:$/.test(url.protocol) || !url.hostname || !database || !credentials || url.search || url.hash
  ) {
    throw new StorageError(
      `Cannot use ${JSON.stringify(withoutSecrets(text))} as address of Redis: expected ${EXPECTED}`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || 6379);
  return {
    host,
    port,
    address: `${url.hostname}:${port}`,
    ...credentials,
    database: Number(database[1]),
    tls: url.protocol === "rediss:" ? { servername: isIP(host) ? "" : host } : undefined,
  };
}

function decodeCredentials(url: URL): Pick<RedisTarget, "username" | "password"> | undefined {
  try {
    return {
      username: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
    };
  } catch {
    return undefined;
  }
}

/** The text may be no URL at all, so whatever stands before the last `@` or after a `?` counts as secret. */
function withoutSecrets(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, "$1***@").replace(/\?.*/s, "?***");
}
