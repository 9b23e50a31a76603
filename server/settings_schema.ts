import { z } from "zod";
import { isPublicKey } from "../storage/audit/signing.ts";
import { TOOLSET_WORDS } from "../tools/toolsets.ts";
import { isAddressRange } from "./auth/address_range.ts";
import {
  boolean,
  contexts,
  integer,
  issuer,
  jsonList,
  list,
  namespaces,
  oneOf,
  signingKey,
  tenant,
  text,
  url,
  urlOfHosts,
} from "./setting_types.ts";

const MIB = 1_048_576;

/** Every setting by its name in the environment: how it is read, its value where it is unset, and what it is for. */
export const settingsSchema = z.object({
  PORT: integer(0, 65_535).default(9000).describe("Port to listen on; 0 = any free one"),
  HOST: text("an address to bind, such as 0.0.0.0 or 127.0.0.1").default("0.0.0.0").describe("Address to bind"),
  PUBLIC_URL: url("http", "https").optional().describe("URL that clients reach the server by"),
  ALLOWED_HOSTS: list("host names without port, separated by commas, or *", isHostName).default([])
    .describe("Host headers to accept beside this machine's own, IP addresses and cluster-internal names; * = any"),
  ALLOWED_ORIGINS: list("origins such as https://ops.example, separated by commas", isOrigin).default([])
    .describe("Web origins, beside the server's own, whose pages may call it"),
  TRUSTED_PROXIES: list("IP addresses or ranges such as 10.0.0.0/8, separated by commas", isAddressRange).default([])
    .describe("Proxies whose X-Forwarded-For says which address a request comes from"),
  REPLICAS: integer(1, 1000).default(1).describe("Replicas that share a rate limit when Redis is away"),
  REPLICA: text("a name").optional().describe("Name of this replica in the audit log; the host's name where unset"),
  REDIS_URL: urlOfHosts("redis", "rediss", "redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel")
    .optional()
    .describe("Redis for context, caches and limits, several hosts for a Cluster; embedded where unset"),
  DATABASE_URL: urlOfHosts("postgres", "postgresql").optional()
    .describe("Postgres for the audit log (or PGHOST and its kin), several hosts for a failover; embedded where unset"),
  PGHOST: text("a host name").optional().describe("Host of Postgres, in place of DATABASE_URL"),
  PGPORT: text("a port").optional().describe("Port of Postgres where DATABASE_URL names none"),
  PGUSER: text("a name").optional().describe("User of Postgres where DATABASE_URL names none"),
  PGPASSWORD: text("a password").optional().describe("Password of Postgres where DATABASE_URL names none"),
  PGDATABASE: text("a name").optional().describe("Database of Postgres where DATABASE_URL names none"),
  PGSSLMODE: text("one of libpq's words").optional().describe("TLS to Postgres where DATABASE_URL has no sslmode"),
  PGSSLROOTCERT: text("a path").optional().describe("Certificate authorities of Postgres, in PEM"),
  PG_PREPARE: boolean().default(true)
    .describe("Whether Postgres prepares statements; false behind a pooler in transaction mode"),
  AUDIT_OUTAGE: oneOf("spool-reads", "refuse", "spool").default("spool-reads")
    .describe("While Postgres is away: record reads in a spool and refuse the rest, refuse all, or record all there"),
  AUDIT_SPOOL_MAX: integer(1, 10_000_000).default(100_000).describe("Audit records that may wait in the spool"),
  AUDIT_SPOOL_REPLICATED: boolean().default(false)
    .describe("Whether the spool may be in a Redis with replicas, where a failover can lose records of it"),
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
  PROM_GUARDRAIL: oneOf("off", "shadow", "enforce").default("off")
    .describe("Whether queries that would read too many samples are let pass, counted and warned of, or refused"),
  PROM_SAMPLES_MAX: integer(1000, 1_000_000_000).default(5_000_000)
    .describe("Samples that one query may read, by an estimate of series and steps"),
  LOKI_URL: url("http", "https").optional().describe("Loki to read logs from, in place of the cluster's nodes"),
  LOKI_TENANT: tenant().optional().describe("Tenant of Loki, sent as X-Scope-OrgID"),
  KUBECONFIG: text("a path").optional().describe("Cluster by kubeconfig; an in-cluster account is found by itself"),
  KUBE_CONTEXTS: contexts().default([])
    .describe("Contexts of KUBECONFIG that tools may ask by the argument cluster; unset = the current one alone"),
  KUBE_API_URL: url("https").optional().describe("Cluster by the URL of its API, with KUBE_TOKEN and KUBE_CA"),
  KUBE_TOKEN: text("a bearer token").optional().describe("Bearer token for KUBE_API_URL"),
  KUBE_CA: text("a PEM certificate").optional().describe("Certificate authority of KUBE_API_URL, in PEM"),
  KUBE_IMPERSONATE: boolean().default(false)
    .describe("Whether the cluster is asked as the caller, by the server's right to impersonate"),
  KUBE_IMPERSONATE_PREFIX: text("a prefix such as mcp:").optional()
    .describe("What stands before the caller's name and groups as the cluster sees them"),
  KUBE_WATCH_CACHE: namespaces().default([])
    .describe("Namespaces whose pods are watched, so that k8s.list_pods need not list them; not with KUBE_IMPERSONATE"),
  KUBERNETES_SERVICE_HOST: text("a host").optional().describe("Set by Kubernetes in every pod"),
  KUBERNETES_SERVICE_PORT: text("a port").optional().describe("Set by Kubernetes in every pod"),
  RUNBOOK_DIR: text("a folder").optional().describe("Folder of Markdown runbooks; the shipped ones where unset"),
  TOOLSETS: list(`toolsets separated by commas, of ${TOOLSET_WORDS.join(", ")}`, (word) => TOOLSET_WORDS.includes(word))
    .default(["core"]).describe("Toolsets to offer; all = every one that changes nothing outside of the server"),
  WRITE_CONFIRM: oneOf("digest", "ask").default("digest")
    .describe("How toolset k8s-write confirms a change: by its dry run's digest, or by asking the caller's user too"),
  RATE_LIMIT_PER_MINUTE: integer(0, 10_000_000).default(600).describe(
    "Calls a minute, tool and principal; 0 = no limit",
  ),
  RATE_LIMIT_TOOL_PER_MINUTE: integer(0, 10_000_000).default(0)
    .describe("Calls a minute and tool, of all principals together; 0 = no limit"),
  RATE_LIMIT_PRINCIPAL_PER_MINUTE: integer(0, 10_000_000).default(0)
    .describe("Calls a minute and principal, of all tools together; 0 = no limit"),
  CTX_SCOPE: oneOf("shared", "principal").default("shared")
    .describe("Whose context values a caller sees: everyone's, or its own"),
  CTX_KEYS_MAX: integer(0, 10_000_000).default(10_000)
    .describe("Context values that one principal may have stored at once; 0 = any number"),
  CTX_BYTES_MAX: integer(0, 1024 * MIB).default(64 * MIB)
    .describe("Bytes of context that one principal may have stored at once; 0 = any amount"),
  CTX_TTL_SECONDS: integer(1, 31_536_000).default(3600).describe("Seconds that a context value lives"),
  LAB_ENDPOINTS: boolean().default(true).describe("Whether /test/ctx and /test/rate-limit exist"),
  AUTH_MODE: oneOf("none", "token", "oidc").default("none")
    .describe("Who may call: everyone, as principal default; holders of an API key; or of an issuer's access token"),
  ALLOW_ANONYMOUS: boolean().default(false)
    .describe("Whether a server that the internet reaches may start with AUTH_MODE=none"),
  TOKENS_FILE: text("a path").optional().describe("JSON file of API keys beside those of `deno task token`"),
  OIDC_ISSUER: issuer().optional().describe("Issuer whose access tokens are taken"),
  OIDC_AUDIENCE: text("an audience").optional()
    .describe("What an access token must be meant for; PUBLIC_URL with /mcp where unset"),
  OIDC_SCOPES: list("scopes separated by commas", isScope).default([])
    .describe("Scopes that every access token must have"),
  OIDC_NAME_CLAIM: text("a claim's name").default("sub").describe("Claim that names the principal"),
  OIDC_ROLES_CLAIM: text("a claim's name").default("roles").describe("Claim that lists the principal's roles"),
  OIDC_GROUPS_CLAIM: text("a claim's name").default("groups").describe("Claim that lists the principal's groups"),
  OIDC_CLOCK_SKEW_SECONDS: integer(0, 300).default(30)
    .describe("Seconds by which the issuer's clock may differ from this one"),
  POLICY_FILE: text("a path").optional()
    .describe("JSON file that says which role may do what; where unset: viewer reads, operator and admin do all"),
  METRICS_ACCESS: oneOf("auth", "open").default("auth")
    .describe("Whether /metrics asks for a credential as AUTH_MODE has it, or is open"),
  SESSION_KEY: text("at least 32 characters", 32).optional()
    .describe("Secret that seals the ids of MCP sessions, shared by the replicas; of each process its own where unset"),
  MCP_DIRECT: boolean().default(true)
    .describe("Whether what of the official protocol needs no SDK is answered without it; false = the SDK answers all"),
  SESSION_SECONDS: integer(60, 604_800).default(28_800).describe("Seconds that a sign-in to the dashboard lasts"),
  ADDRESS_LIMIT_PER_MINUTE: integer(0, 10_000_000).default(6000)
    .describe("Requests a minute and address but those with a credential that was verified a moment ago; 0 = no limit"),
  AUTH_FAILURES_MAX: integer(1, 100_000).default(10)
    .describe("Refused credentials a minute and address before it is locked out"),
  AUTH_LOCKOUT_SECONDS: integer(1, 86_400).default(60).describe("Seconds that an address is locked out"),
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
  DRAIN_DELAY_MS: integer(0, 600_000).default(0)
    .describe("Milliseconds before an orderly stop, in which /ready says no already and calls are still taken"),
  DRAIN_MS: integer(0, 600_000).default(10_000).describe("Milliseconds that an orderly stop may take"),
});

function isHostName(word: string): boolean {
  return word === "*" || /^([\w.-]+|\[[\da-f:.]+\])$/i.test(word);
}

function isOrigin(word: string): boolean {
  return URL.canParse(word) && new URL(word).origin === word;
}

/** RFC 6749, section 3.3. */
function isScope(word: string): boolean {
  return /^[!#-[\]-~]+$/.test(word);
}
