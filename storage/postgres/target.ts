import { isIP } from "node:net";

/** How far the connection is protected, in libpq's terms; `require` encrypts and verifies nothing. */
export type TlsMode = "disable" | "prefer" | "require" | "verify-ca" | "verify-full";

/** Where a Postgres listens. */
export interface PostgresHost {
  readonly host: string;
  readonly port: number;
}

/** Which Postgres, and as whom. */
export interface PostgresTarget {
  /** At least one; where there are several, one of them takes writes at a time. */
  readonly hosts: readonly PostgresHost[];
  /** Whether a server that takes no writes, such as a standby, is passed over. */
  readonly writable: boolean;
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
const PARAMETERS = [
  "sslmode",
  "sslrootcert",
  "application_name",
  "options",
  "pgbouncer",
  "target_session_attrs",
] as const;
/** libpq's words for what a server must do: the log is written, so those that ask for a standby are none of ours. */
const SESSION_ATTRS: ReadonlySet<string> = new Set(["any", "read-write", "primary"]);
/** libpq's, of no meaning here: they stand in the URLs that hosts give out. */
const IGNORED: ReadonlySet<string> = new Set([
  "channel_binding",
  "connect_timeout",
  "gssencmode",
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
  const attrs = parameter("target_session_attrs") ?? "any";
  if (!SESSION_ATTRS.has(attrs)) {
    throw new Error(
      `Invalid target_session_attrs ${JSON.stringify(attrs)}: expected one of ${[...SESSION_ATTRS].join(", ")}`,
    );
  }
  const names = given?.hosts.some(({ host }) => host !== "")
    ? given.hosts
    : (environment["PGHOST"] || "localhost").split(",").map((host) => ({ host, port: given?.hosts[0]?.port ?? "" }));
  const ports = (environment["PGPORT"] || "5432").split(",");
  const hosts = names.map(({ host, port }, index) => ({
    host: host || "localhost",
    port: parsePort(port || (ports.length === 1 ? ports[0] : ports[index]) || "5432"),
  }));
  return {
    hosts,
    writable: hosts.length > 1 || attrs !== "any",
    user,
    password: given?.password || environment["PGPASSWORD"] || "",
    database: given?.database || environment["PGDATABASE"] || user,
    tlsMode,
    rootCertificates: parameter("sslrootcert") ?? (environment["PGSSLROOTCERT"] || undefined),
    applicationName: parameter("application_name") ?? (environment["PGAPPNAME"] || "mcp-server"),
    options: parameter("options") ?? (environment["PGOPTIONS"] || undefined),
    pooled: parameter("pgbouncer") === "true" || environment["PG_PREPARE"] === "false",
  };
}

/** `host:port/database`, or several hosts: all that may be printed of it. */
export function printTarget({ hosts, database }: PostgresTarget): string {
  return `${hosts.map(printHost).join(",")}/${database}`;
}

export function printHost({ host, port }: PostgresHost): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function parseUrl(url: string) {
  // The URL itself is never in the message: what is wrong with it may be its password.
  const invalid = "Cannot read the URL of Postgres: expected postgres://user:password@host:port/database, " +
    "with characters such as @ / # in a name or a password written as %40 %2F %23";
  const [, scheme = "", hostList = "", rest = ""] = /^(\w+:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(url) ?? [];
  const [first = "", ...others] = hostList.split(",");
  const given = URL.parse(hostList.includes(",") ? scheme + first + rest : url);
  const urls = [given, ...others.map((other) => /[@%]/.test(other) ? null : URL.parse(`postgres://${other}`))];
  if (!given || (others.length > 0 && urls.some((one) => !one?.hostname))) throw new Error(invalid);
  const { protocol, username, password, pathname, searchParams: parameters } = given;
  if (protocol !== "postgres:" && protocol !== "postgresql:") throw new Error(invalid);
  for (const name of parameters.keys()) {
    if (IGNORED.has(name) || PARAMETERS.some((known) => known === name)) continue;
    throw new Error(
      `Unknown parameter ${JSON.stringify(name)} in the URL of Postgres: expected ${PARAMETERS.join(", ")}`,
    );
  }
  try {
    return {
      hosts: urls.map((one) => ({
        host: decodeURIComponent(one?.hostname.replace(/^\[(.*)\]$/, "$1") ?? ""),
        port: one?.port ?? "",
      })),
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
