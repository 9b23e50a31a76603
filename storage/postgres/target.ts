import { isIP } from "node:net";

/** How far the connection is protected, in libpq's terms; `require` encrypts and verifies nothing. */
export type TlsMode = "disable" | "prefer" | "require" | "verify-ca" | "verify-full";

/** Which Postgres, and as whom. */
export interface PostgresTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tlsMode: TlsMode;
  /** File of the certificates to trust, in PEM; `undefined` or `system` = those of this machine. */
  readonly rootCertificates: string | undefined;
  readonly applicationName: string;
  /** Further command-line options for the server, as some hosts need to route by. */
  readonly options: string | undefined;
  /** A pooler such as PgBouncer hands out a connection a transaction: nothing may be kept in a session. */
  readonly pooled: boolean;
}

/** `PGHOST` and its kin. */
export type PostgresEnvironment = Readonly<Record<string, string | undefined>>;

const TLS_MODES: ReadonlySet<string> = new Set(["disable", "prefer", "require", "verify-ca", "verify-full"]);
const PARAMETERS = ["sslmode", "sslrootcert", "application_name", "options", "pgbouncer"] as const;
/** libpq's, of no meaning here: they stand in the URLs that hosts give out. */
const IGNORED: ReadonlySet<string> = new Set([
  "channel_binding",
  "connect_timeout",
  "gssencmode",
  "target_session_attrs",
]);

/**
 * Reads where Postgres is from a URL, and what it leaves out from the environment, as libpq does.
 *
 * @throws {Error} that never holds the password
 */
export function parseTarget(url: string | undefined, environment: PostgresEnvironment): PostgresTarget {
  const given = url === undefined ? undefined : parseUrl(url);
  const parameter = (name: typeof PARAMETERS[number]) => given?.parameters.get(name) || undefined;
  const user = given?.user || environment["PGUSER"];
  if (!user) throw new Error("Cannot tell the user of Postgres: expected it in DATABASE_URL or PGUSER");
  const tlsMode = parameter("sslmode") ?? (environment["PGSSLMODE"] || "disable");
  if (!isTlsMode(tlsMode)) {
    throw new Error(`Invalid sslmode ${JSON.stringify(tlsMode)}: expected one of ${[...TLS_MODES].join(", ")}`);
  }
  return {
    host: given?.host || environment["PGHOST"] || "localhost",
    port: parsePort(given?.port || environment["PGPORT"] || "5432"),
    user,
    password: given?.password || environment["PGPASSWORD"] || "",
    database: given?.database || environment["PGDATABASE"] || user,
    tlsMode,
    rootCertificates: parameter("sslrootcert") ?? (environment["PGSSLROOTCERT"] || undefined),
    applicationName: parameter("application_name") ?? (environment["PGAPPNAME"] || "mcp-server"),
    options: parameter("options") ?? (environment["PGOPTIONS"] || undefined),
    pooled: parameter("pgbouncer") === "true",
  };
}

/** `host:port/database`: all that may be printed of it. */
export function printTarget({ host, port, database }: PostgresTarget): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}/${database}`;
}

function parseUrl(url: string) {
  // The URL itself is never in the message: what is wrong with it may be its password.
  const invalid = "Cannot read the URL of Postgres: expected postgres://user:password@host:port/database, " +
    "with characters such as @ / # in a name or a password written as %40 %2F %23";
  if (!URL.canParse(url)) throw new Error(invalid);
  const { protocol, hostname, port, username, password, pathname, searchParams: parameters } = new URL(url);
  if (protocol !== "postgres:" && protocol !== "postgresql:") throw new Error(invalid);
  for (const name of parameters.keys()) {
    if (IGNORED.has(name) || PARAMETERS.some((known) => known === name)) continue;
    throw new Error(
      `Unknown parameter ${JSON.stringify(name)} in the URL of Postgres: expected ${PARAMETERS.join(", ")}`,
    );
  }
  try {
    return {
      host: decodeURIComponent(hostname.replace(/^\[(.*)\]$/, "$1")),
      port,
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      parameters,
    };
  } catch {
    throw new Error(invalid);
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`Invalid port of Postgres ${JSON.stringify(text)}: expected 1 to 65535`);
}

function isTlsMode(text: string): text is TlsMode {
  return TLS_MODES.has(text);
}
