import { z } from "zod";
import { isPublicKey } from "../storage/audit/signing.ts";
import { redactText } from "../tools/redact.ts";
import { boolean, integer, jsonList, list, oneOf, signingKey, text, url } from "./setting_types.ts";

const MIB = 1_048_576;

const schema = z.object({
  PORT: integer(0, 65_535).default(9000).describe("Port to listen on; 0 = any free one"),
  HOST: text("an address to bind, such as 0.0.0.0 or 127.0.0.1").default("0.0.0.0").describe("Address to bind"),
  PUBLIC_URL: url("http", "https").optional().describe("URL that clients reach the server by"),
  ALLOWED_HOSTS: list("host names without port, separated by commas, or *", isHostName).default([])
    .describe("Host headers to accept beside this machine's own, IP addresses and cluster-internal names; * = any"),
  ALLOWED_ORIGINS: list("origins such as https://ops.example, separated by commas", isOrigin).default([])
    .describe("Web origins, beside the server's own, whose pages may call it"),
  REPLICAS: integer(1, 1000).default(1).describe("Replicas that share a rate limit when Redis is away"),
  REPLICA: text("a name").optional().describe("Name of this replica in the audit log; the host's name where unset"),
  REDIS_URL: url("redis", "rediss").optional().describe("Redis for context, caches and limits; embedded where unset"),
  DATABASE_URL: url("postgres", "postgresql").optional()
    .describe("Postgres for the audit log (or PGHOST and its kin); embedded where unset"),
  PGHOST: text("a host name").optional().describe("Host of Postgres, in place of DATABASE_URL"),
  PGPORT: text("a port").optional().describe("Port of Postgres where DATABASE_URL names none"),
  PGUSER: text("a name").optional().describe("User of Postgres where DATABASE_URL names none"),
  PGPASSWORD: text("a password").optional().describe("Password of Postgres where DATABASE_URL names none"),
  PGDATABASE: text("a name").optional().describe("Database of Postgres where DATABASE_URL names none"),
  PGSSLMODE: text("one of libpq's words").optional().describe("TLS to Postgres where DATABASE_URL has no sslmode"),
  PGSSLROOTCERT: text("a path").optional().describe("Certificate authorities of Postgres, in PEM"),
  AUDIT_OUTAGE: oneOf("spool-reads", "refuse", "spool").default("spool-reads")
    .describe("While Postgres is away: record reads in a spool and refuse the rest, refuse all, or record all there"),
  AUDIT_SPOOL_MAX: integer(1, 10_000_000).default(100_000).describe("Audit records that may wait in the spool"),
  AUDIT_SIGNING_KEY: signingKey().optional()
    .describe("Ed25519 key that signs audit chains, PKCS#8 in PEM or its seed in base64"),
  AUDIT_TRUSTED_KEYS: list("public keys of 64 hex digits, separated by commas", isPublicKey).default([])
    .describe("Further public keys, such as earlier ones, whose audit chains are trusted"),
  AUDIT_CHECKPOINT_SECONDS: integer(1, 86_400).default(60).describe("Seconds between two audit checkpoints in the log"),
  AUDIT_VERIFY_SECONDS: integer(0, 86_400).default(300)
    .describe("Seconds between two verifications of what the audit log got meanwhile; 0 = none"),
  AUDIT_RETENTION_DAYS: integer(1, 36_500).optional()
    .describe("Days that `deno task audit retain` keeps records; the server removes none"),
  DATA_DIR: text("a folder").default("./data").describe("Folder of the embedded stores' file"),
  PROMETHEUS_URL: url("http", "https").optional().describe("Prometheus to query"),
  KUBECONFIG: text("a path").optional().describe("Cluster by kubeconfig; an in-cluster account is found by itself"),
  KUBE_API_URL: url("https").optional().describe("Cluster by the URL of its API, with KUBE_TOKEN and KUBE_CA"),
  KUBE_TOKEN: text("a bearer token").optional().describe("Bearer token for KUBE_API_URL"),
  KUBE_CA: text("a PEM certificate").optional().describe("Certificate authority of KUBE_API_URL, in PEM"),
  KUBERNETES_SERVICE_HOST: text("a host").optional().describe("Set by Kubernetes in every pod"),
  KUBERNETES_SERVICE_PORT: text("a port").optional().describe("Set by Kubernetes in every pod"),
  RUNBOOK_DIR: text("a folder").optional().describe("Folder of Markdown runbooks; the shipped ones where unset"),
  TOOLSETS: list("core, the one toolset of this version", (word) => word === "core").default(["core"])
    .describe("Toolsets to offer"),
  RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000).default(600).describe(
    "Calls a minute, tool and principal; 0 = no limit",
  ),
  CTX_TTL_SECONDS: integer(1, 31_536_000).default(3600).describe("Seconds that a context value lives"),
  LAB_ENDPOINTS: boolean().default(true).describe("Whether /test/ctx and /test/rate-limit exist"),
  AUTH_MODE: oneOf("none").default("none").describe("Who may call: none = everyone, as principal default"),
  LOG_LEVEL: oneOf("debug", "info", "warn", "error").default("info").describe("Least level that is logged"),
  LOG_FORMAT: oneOf("text", "json").default("text").describe("Log lines as text or as JSON"),
  REDACT_PATTERNS: jsonList('a JSON list of regular expressions, such as ["ACME-[0-9]{8}"]').default([])
    .describe("Patterns of secrets, in RE2 syntax, to hide besides the built-in ones; of one with a group, the group"),
  MESSAGE_BYTES_MAX: integer(1024, 64 * MIB).default(MIB).describe("Bytes of one message"),
  RESULT_BYTES_MAX: integer(4096, 64 * MIB).default(MIB).describe("Bytes of one tool's result"),
  JSON_DEPTH_MAX: integer(8, 512).default(64).describe("Levels of arrays and objects that a message may nest"),
  BATCH_MAX: integer(1, 1000).default(32).describe("Requests in one JSON-RPC batch"),
  BATCH_BYTES_MAX: integer(4096, 256 * MIB).default(8 * MIB)
    .describe("Bytes that the results in the reply to one batch may have together"),
  CONNECTIONS_MAX: integer(1, 1_000_000).default(10_000).describe("WebSocket connections open at once"),
  CONNECTIONS_PER_PRINCIPAL_MAX: integer(1, 1_000_000).optional()
    .describe("WebSocket connections that one principal may have open; as CONNECTIONS_MAX where unset"),
  FIRST_MESSAGE_MS: integer(10, 86_400_000).default(120_000)
    .describe("Milliseconds in which a WebSocket connection must send its first message"),
  IDLE_SECONDS: integer(1, 3600).default(30)
    .describe("Seconds after which a connection is closed that does not answer a ping, which is sent at half of it"),
  IN_FLIGHT_MAX: integer(1, 10_000).default(32).describe("Calls that one connection may have running at once"),
  PENDING_MAX: integer(1, 100_000).default(1000)
    .describe("Messages of one connection that may wait for their replies before it is closed"),
  HTTP_IN_FLIGHT_MAX: integer(1, 100_000).default(256)
    .describe("HTTP requests to /mcp and /test that may be under way, their replies read, in all"),
  BODY_MS: integer(10, 600_000).default(10_000).describe("Milliseconds in which the body of a request must arrive"),
  QUEUED_BYTES_MAX: integer(65_536, 1024 * MIB).default(16 * MIB)
    .describe("Bytes that may wait for a slow connection before it is closed"),
  TOOL_TIMEOUT_MS: integer(100, 600_000).default(30_000).describe("Milliseconds that a tool may take"),
  DRAIN_MS: integer(0, 600_000).default(10_000).describe("Milliseconds that an orderly stop may take"),
});

/** The server's settings, by their names in the environment. */
export type Settings = Readonly<z.output<typeof schema>>;

/** The settings that libpq knows by the same names. */
export function postgresEnvironment(settings: Settings): Readonly<Record<string, string | undefined>> {
  const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT } = settings;
  return { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT };
}

/** Settings whose value is never printed, and which may be read from the file that `NAME_FILE` names. */
const SECRETS: ReadonlySet<string> = new Set([
  "REDIS_URL",
  "DATABASE_URL",
  "PGPASSWORD",
  "AUDIT_SIGNING_KEY",
  "KUBE_TOKEN",
  "KUBE_CA",
]);

/** Settings of URLs that may hold a password. */
const URLS_WITH_PASSWORD = ["REDIS_URL", "DATABASE_URL", "PROMETHEUS_URL", "KUBE_API_URL"] as const;

/** The secrets that the settings hold, to be hidden wherever they turn up. */
export function secretsOf(settings: Settings): readonly string[] {
  const passwords = URLS_WITH_PASSWORD.flatMap((name) => {
    const given = URL.parse(settings[name] ?? "")?.password;
    return given ? [given, decode(given)] : [];
  });
  const { PGPASSWORD, KUBE_TOKEN, AUDIT_SIGNING_KEY } = settings;
  return [...passwords, ...[PGPASSWORD, KUBE_TOKEN, AUDIT_SIGNING_KEY].filter((secret) => secret !== undefined)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A setting is wrong: the message names it, its value and what is allowed. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/**
 * Reads the settings from an environment; an empty value counts as unset.
 *
 * @throws {SettingError} naming every wrong setting.
 */
export function readSettings(
  environment: Readonly<Record<string, string>>,
  readFile: (path: string) => string,
): Settings {
  const { given, problems } = withFiles(environment, readFile);
  const parsed = schema.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    // What stands before an @ may be a password, whatever else is wrong with the value.
    const shown = redactText((given[name] ?? "").replace(/^.*@/s, "***@"));
    const value = SECRETS.has(name) ? "" : `=${JSON.stringify(shown)}`;
    problems.push(`Invalid setting ${name}${value}: expected ${issue.message}`);
  }
  if (given["KUBE_API_URL"] && !given["KUBE_TOKEN"] && !environment["KUBE_TOKEN_FILE"]) {
    problems.push("Invalid setting KUBE_TOKEN: expected a bearer token, since KUBE_API_URL is set");
  }
  if (!parsed.success || problems.length > 0) throw new SettingError(problems.join("\n"));
  return parsed.data;
}

function withFiles(environment: Readonly<Record<string, string>>, readFile: (path: string) => string) {
  const given: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of Object.keys(schema.shape)) {
    if (environment[name]) given[name] = environment[name];
    const path = SECRETS.has(name) ? environment[`${name}_FILE`] : undefined;
    if (!path) continue;
    if (given[name]) {
      problems.push(`Invalid setting ${name}_FILE: ${name} is set too, expected one of them`);
      continue;
    }
    try {
      given[name] = readFile(path).trim();
    } catch {
      problems.push(`Invalid setting ${name}_FILE=${JSON.stringify(path)}: expected a readable file`);
    }
  }
  return { given, problems };
}

function isHostName(word: string): boolean {
  return word === "*" || /^([\w.-]+|\[[\da-f:.]+\])$/i.test(word);
}

function isOrigin(word: string): boolean {
  return URL.canParse(word) && new URL(word).origin === word;
}
