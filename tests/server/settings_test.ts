import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { generateSigningKey, printPrivateKey } from "../../storage/audit/signing_key.ts";
import { postgresEnvironment, readSettings, secretsOf, SettingError } from "../../server/settings.ts";

const SEED = "A".repeat(43) + "=";
const KEY_PEM = printPrivateKey(generateSigningKey()).trim();
const OTHER_PEM = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
});

const noFile = (path: string): string => {
  throw new Deno.errors.NotFound(path);
};
const read = (environment: Record<string, string>, readFile = noFile): Record<string, unknown> =>
  readSettings(environment, readFile);

/** What `readSettings` says of an environment. */
function refusal(environment: Record<string, string>, readFile = noFile): string {
  try {
    readSettings(environment, readFile);
  } catch (error) {
    assert(error instanceof SettingError, `threw ${error}`);
    return error.message;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(environment)} is taken` });
}

type Row = {
  readonly unset?: unknown;
  /** A value and how it is read. */
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad?: readonly string[];
  readonly expected?: string;
  /** The value is never printed. */
  readonly secret?: true;
};

const whole = (unset: number | undefined, min: number, max: number): Row => ({
  unset,
  good: [[`${min}`, min], [`${max}`, max], [` ${max} `, max]],
  bad: [`${min - 1}`, `${max + 1}`, "many", "1.5", "1e3", "0x10", "+5", "９"],
  expected: `a whole number from ${min} to ${max}`,
});
const words = (expected: string, good = "some words"): Row => ({ good: [[good, good]], bad: [" ", "\t\n"], expected });
const address = (schemes: readonly string[], good: string): Row => ({
  good: schemes.map((scheme) => [`${scheme}://${good}`, `${scheme}://${good}`]),
  bad: ["nowhere", `ftp://${good}`, " "],
  expected: `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
});

const REDIS = ["redis", "rediss", "redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel"];
const withHosts = (schemes: readonly string[], rest: string): Row => {
  const row = address(schemes, rest);
  const several = `${schemes[0]}://:hunter2@a:1,b:2,[::1]/x?y=z`;
  return { ...row, good: [...row.good, [several, several]] };
};

const TABLE: Readonly<Record<string, Row>> = {
  PORT: whole(9000, 0, 65_535),
  HOST: { ...words("an address to bind, such as 0.0.0.0 or 127.0.0.1", "127.0.0.1"), unset: "0.0.0.0" },
  PUBLIC_URL: address(["http", "https"], "mcp.ops.example"),
  ALLOWED_HOSTS: {
    unset: [],
    good: [["*", ["*"]], ["a.example, b_c , [::1]", ["a.example", "b_c", "[::1]"]], ["a,,b,", ["a", "b"]]],
    bad: ["https://a.example", "a.example:9000", "a b", "*.example", "a.example,b/c", "::1"],
    expected: "host names without port, separated by commas, or *",
  },
  ALLOWED_ORIGINS: {
    unset: [],
    good: [
      ["https://ops.example,http://localhost:3000", ["https://ops.example", "http://localhost:3000"]],
      ["http://[::1]:3000", ["http://[::1]:3000"]],
    ],
    bad: ["ops.example", "https://ops.example/", "https://Ops.example", "https://ops.example:443", "null", "*"],
    expected: "origins such as https://ops.example, separated by commas",
  },
  TRUSTED_PROXIES: {
    unset: [],
    good: [["10.0.0.1", ["10.0.0.1"]], ["10.0.0.0/8, fd00::/8,::1", ["10.0.0.0/8", "fd00::/8", "::1"]]],
    bad: ["proxy", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0", "10.0.0.1:80"],
    expected: "IP addresses or ranges such as 10.0.0.0/8, separated by commas",
  },
  REPLICAS: whole(1, 1, 1000),
  REPLICA: words("a name"),
  REDIS_URL: { ...withHosts(REDIS, ":hunter2@redis-mcp:6379/0"), secret: true },
  DATABASE_URL: { ...withHosts(["postgres", "postgresql"], "aiagent:hunter2@postgres-mcp/mcpaudit"), secret: true },
  PGHOST: words("a host name"),
  PGPORT: words("a port"),
  PGUSER: words("a name"),
  PGPASSWORD: { ...words("a password"), secret: true },
  PGDATABASE: words("a name"),
  PGSSLMODE: words("one of libpq's words"),
  PGSSLROOTCERT: words("a path"),
  PG_PREPARE: { unset: true, good: [["true", true], ["0", false]], bad: ["yes"], expected: "true or false" },
  AUDIT_OUTAGE: {
    unset: "spool-reads",
    good: [["spool-reads", "spool-reads"], ["refuse", "refuse"], ["spool", "spool"]],
    bad: ["Refuse", "none", " "],
    expected: "spool-reads or refuse or spool",
  },
  AUDIT_SPOOL_MAX: whole(100_000, 1, 10_000_000),
  AUDIT_SPOOL_REPLICATED: {
    unset: false,
    good: [["true", true], ["0", false]],
    bad: ["yes"],
    expected: "true or false",
  },
  AUDIT_SIGNING_KEY: {
    unset: undefined,
    good: [[SEED, SEED], [KEY_PEM, KEY_PEM], [KEY_PEM.replaceAll("\n", "\\n"), KEY_PEM.replaceAll("\n", "\\n")]],
    bad: [SEED.slice(4), "secret", `${OTHER_PEM}`],
    expected: "an Ed25519 private key, as PKCS#8 in PEM or as its seed of 32 bytes in base64",
    secret: true,
  },
  AUDIT_TRUSTED_KEYS: {
    unset: [],
    good: [["0f".repeat(32), ["0f".repeat(32)]], [
      `${"0f".repeat(32)}, ${"a1".repeat(32)}`,
      ["0f".repeat(32), "a1".repeat(32)],
    ]],
    bad: ["0F".repeat(32), "0f".repeat(31), "key"],
    expected: "public keys of 64 hex digits, separated by commas",
  },
  AUDIT_CHECKPOINT_SECONDS: whole(60, 1, 86_400),
  AUDIT_VERIFY_SECONDS: whole(300, 0, 86_400),
  AUDIT_RETENTION_DAYS: { ...whole(0, 1, 36_500), unset: undefined },
  DATA_DIR: { ...words("a folder"), unset: "./data" },
  PROMETHEUS_URL: { ...address(["http", "https"], "prometheus:9090"), secret: true },
  PROM_GUARDRAIL: {
    unset: "off",
    good: [["shadow", "shadow"], ["enforce", "enforce"]],
    bad: ["on", "Shadow"],
    expected: "off or shadow or enforce",
  },
  PROM_SAMPLES_MAX: whole(5_000_000, 1000, 1_000_000_000),
  LOKI_URL: { ...address(["http", "https"], "loki:3100"), secret: true },
  LOKI_TENANT: {
    good: [["team-a", "team-a"], ["a|b", "a|b"]],
    bad: ["two words", "a\nb", "é"],
    expected: "a tenant's id of letters, digits and !-_.*'(), several with | between",
  },
  KUBECONFIG: words("a path"),
  KUBE_CONTEXTS: {
    unset: [],
    good: [["all", "every"], ["prod, kind-lab", ["prod", "kind-lab"]], ["arn:aws:eks:eu:1:cluster/a", [
      "arn:aws:eks:eu:1:cluster/a",
    ]]],
    bad: ["prod,", ",", "x".repeat(254)],
    expected: "all, or names of contexts separated by commas",
  },
  KUBE_API_URL: address(["https"], "10.0.0.1:6443"),
  KUBE_TOKEN: { ...words("a bearer token"), secret: true },
  KUBE_CA: { ...words("a PEM certificate"), secret: true },
  KUBE_IMPERSONATE: {
    unset: false,
    good: [["true", true], ["0", false]],
    bad: ["yes"],
    expected: "true or false",
  },
  KUBE_IMPERSONATE_PREFIX: words("a prefix such as mcp:"),
  KUBE_WATCH_CACHE: {
    unset: [],
    good: [["off", []], ["on", "every"], ["shop, mcp-lab", ["shop", "mcp-lab"]]],
    bad: ["Shop", "a,,b", "a/b"],
    expected: "off, on, or namespaces separated by commas",
  },
  KUBERNETES_SERVICE_HOST: words("a host"),
  KUBERNETES_SERVICE_PORT: words("a port"),
  RUNBOOK_DIR: words("a folder"),
  TOOLSETS: {
    unset: ["core"],
    good: [["core", ["core"]], ["all", ["all"]], ["k8s, k8s-write", ["k8s", "k8s-write"]]],
    bad: ["Core", "core,admin"],
    expected:
      "toolsets separated by commas, of core, ctx, k8s, k8s-write, prom, logs, runbook, runbook-run, audit, all",
  },
  WRITE_CONFIRM: {
    unset: "digest",
    good: [["digest", "digest"], ["ask", "ask"]],
    bad: ["user", "ASK"],
    expected: "digest or ask",
  },
  RATE_LIMIT_PER_MINUTE: whole(600, 0, 10_000_000),
  RATE_LIMIT_TOOL_PER_MINUTE: whole(0, 0, 10_000_000),
  RATE_LIMIT_PRINCIPAL_PER_MINUTE: whole(0, 0, 10_000_000),
  CTX_SCOPE: {
    unset: "shared",
    good: [["shared", "shared"], ["principal", "principal"]],
    bad: ["own"],
    expected: "shared or principal",
  },
  CTX_KEYS_MAX: whole(10_000, 0, 10_000_000),
  CTX_BYTES_MAX: whole(67_108_864, 0, 1_073_741_824),
  CTX_TTL_SECONDS: whole(3600, 1, 31_536_000),
  LAB_ENDPOINTS: {
    unset: true,
    good: [["true", true], ["TRUE", true], ["1", true], ["false", false], ["False", false], ["0", false]],
    bad: ["yes", "no", "2", "on"],
    expected: "true or false",
  },
  AUTH_MODE: {
    unset: "none",
    good: [["token", "token"], ["oidc", "oidc"], ["none", "none"]],
    bad: ["tokens", "None"],
    expected: "none or token or oidc",
  },
  ALLOW_ANONYMOUS: {
    unset: false,
    good: [["true", true], ["1", true], ["false", false]],
    bad: ["yes"],
    expected: "true or false",
  },
  TOKENS_FILE: words("a path"),
  OIDC_ISSUER: {
    good: ["https://id.ops.example/realms/ops", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost"]
      .map((url) => [url, url]),
    bad: ["http://id.ops.example", "id.ops.example", "https://id.ops.example/?a=b", "https://id.ops.example/#a"],
    expected: "an https:// URL without query or fragment, or http:// on 127.0.0.1, [::1] or localhost",
  },
  OIDC_AUDIENCE: words("an audience"),
  OIDC_SCOPES: {
    unset: [],
    good: [["mcp", ["mcp"]], ["mcp:read, mcp:write", ["mcp:read", "mcp:write"]]],
    bad: ["mcp read", 'mcp"', "a\\b"],
    expected: "scopes separated by commas",
  },
  OIDC_NAME_CLAIM: { ...words("a claim's name"), unset: "sub" },
  OIDC_ROLES_CLAIM: { ...words("a claim's name"), unset: "roles" },
  OIDC_GROUPS_CLAIM: { ...words("a claim's name"), unset: "groups" },
  OIDC_CLOCK_SKEW_SECONDS: whole(30, 0, 300),
  POLICY_FILE: words("a path"),
  METRICS_ACCESS: {
    unset: "auth",
    good: [["auth", "auth"], ["open", "open"]],
    bad: ["none"],
    expected: "auth or open",
  },
  SESSION_KEY: {
    good: [["k".repeat(32), "k".repeat(32)]],
    bad: ["k".repeat(31), " "],
    expected: "at least 32 characters",
    secret: true,
  },
  MCP_DIRECT: {
    unset: true,
    good: [["true", true], ["0", false]],
    bad: ["yes"],
    expected: "true or false",
  },
  SESSION_SECONDS: whole(28_800, 60, 604_800),
  ADDRESS_LIMIT_PER_MINUTE: whole(6000, 0, 10_000_000),
  AUTH_FAILURES_MAX: whole(10, 1, 100_000),
  AUTH_LOCKOUT_SECONDS: whole(60, 1, 86_400),
  LOG_LEVEL: {
    unset: "info",
    good: [["debug", "debug"], ["info", "info"], ["warn", "warn"], ["error", "error"]],
    bad: ["INFO", "trace"],
    expected: "debug or info or warn or error",
  },
  LOG_FORMAT: { unset: "text", good: [["json", "json"]], bad: ["xml"], expected: "text or json" },
  REDACT_PATTERNS: {
    unset: [],
    good: [["[]", []], ['["ACME-[0-9]{8}", "\\\\d+"]', ["ACME-[0-9]{8}", "\\d+"]]],
    bad: ["ACME-[0-9]{8}", '"ACME"', "[1]", '[""]', "{}"],
    expected: 'a JSON list of regular expressions, such as ["ACME-[0-9]{8}"]',
  },
  MESSAGE_BYTES_MAX: whole(1_048_576, 1024, 67_108_864),
  RESULT_BYTES_MAX: whole(1_048_576, 4096, 67_108_864),
  JSON_DEPTH_MAX: whole(64, 8, 512),
  BATCH_MAX: whole(32, 1, 1000),
  BATCH_BYTES_MAX: whole(8_388_608, 4096, 268_435_456),
  CONNECTIONS_MAX: whole(10_000, 1, 1_000_000),
  CONNECTIONS_PER_PRINCIPAL_MAX: whole(undefined, 1, 1_000_000),
  FIRST_MESSAGE_MS: whole(120_000, 10, 86_400_000),
  IDLE_SECONDS: whole(30, 1, 3600),
  IN_FLIGHT_MAX: whole(32, 1, 10_000),
  PENDING_MAX: whole(1000, 1, 100_000),
  HTTP_IN_FLIGHT_MAX: whole(256, 1, 100_000),
  BODY_MS: whole(10_000, 10, 600_000),
  QUEUED_BYTES_MAX: whole(16_777_216, 65_536, 1_073_741_824),
  TOOL_TIMEOUT_MS: whole(30_000, 100, 600_000),
  DRAIN_DELAY_MS: whole(0, 0, 600_000),
  DRAIN_MS: whole(10_000, 0, 600_000),
};

/** What a setting needs beside it. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  KUBE_API_URL: { KUBE_TOKEN: "t" },
  KUBE_IMPERSONATE: { AUTH_MODE: "token" },
  AUTH_MODE: { PUBLIC_URL: "https://mcp.ops.example", OIDC_ISSUER: "https://id.ops.example" },
};
const beside = (name: string) => BESIDE[name] ?? {};

for (const [name, { unset, good, bad = [], expected, secret }] of Object.entries(TABLE)) {
  Deno.test(`the setting ${name} has its default, takes what is good and names what is bad`, () => {
    assert.deepEqual(read({})[name], unset, "unset");
    assert.deepEqual(read({ [name]: "" })[name], unset, "an empty value is as unset");
    for (const [text, value] of good) assert.deepEqual(read({ ...beside(name), [name]: text })[name], value, text);
    for (const text of bad) {
      const value = secret ? "" : `=${JSON.stringify(text)}`;
      assert.equal(refusal({ ...beside(name), [name]: text }), `Invalid setting ${name}${value}: expected ${expected}`);
    }
  });
}

Deno.test("the table above has every setting", () => {
  const all = Object.entries(TABLE).map(([name, { good }]) => [name, good[0]?.[0] ?? ""]);
  assert.deepEqual(Object.keys(read(Object.fromEntries(all))).sort(), Object.keys(TABLE).sort());
});

Deno.test("every wrong setting is named at once, files and settings that belong together among them", () => {
  const environment = {
    PORT: "99999",
    LOG_FORMAT: "xml",
    REDIS_URL: "http://:hunter2@redis",
    KUBE_TOKEN_FILE: "/nowhere",
    PGPASSWORD: "one",
    PGPASSWORD_FILE: "/two",
  };
  assert.deepEqual(refusal(environment).split("\n").sort(), [
    'Invalid setting KUBE_TOKEN_FILE="/nowhere": expected a readable file',
    'Invalid setting LOG_FORMAT="xml": expected text or json',
    "Invalid setting PGPASSWORD_FILE: PGPASSWORD is set too, expected one of them",
    'Invalid setting PORT="99999": expected a whole number from 0 to 65535',
    `Invalid setting REDIS_URL: expected a URL that starts with ${REDIS.map((s) => `${s}://`).join(" or ")}`,
  ]);
});

Deno.test("a secret is never printed, whether it stands in a secret setting or in any other", () => {
  const secret = "hunter2-Secret";
  for (
    const environment of [
      { REDIS_URL: `http://:${secret}@redis` },
      { DATABASE_URL: `mysql://user:${secret}@host` },
      { PROMETHEUS_URL: `ftp://user:${secret}@prometheus` },
      { LOKI_URL: `ftp://user:${secret}@loki` },
      { PUBLIC_URL: `password=${secret}` },
      { PROMETHEUS_URL: `user:${secret}@prometheus` },
      { ALLOWED_ORIGINS: `https://user:${secret}@ops.example` },
    ]
  ) {
    const words = refusal(environment);
    assert(!words.includes(secret), words);
    assert.match(words, /^Invalid setting \w+/);
  }
});

Deno.test("a secret may stand in a file that NAME_FILE names, its last line end is no part of it", () => {
  const files = new Map([
    ["/run/token", "from-a-file\n"],
    ["/run/url", "redis://:p@redis:6379\r\n"],
    ["/run/prometheus", "http://bob:p@prometheus:9090\n"],
  ]);
  const readFile = (path: string) => files.get(path) ?? noFile(path);
  const environment = {
    KUBE_TOKEN_FILE: "/run/token",
    REDIS_URL_FILE: "/run/url",
    REDIS_URL: "",
    PROMETHEUS_URL_FILE: "/run/prometheus",
  };
  const settings = read(environment, readFile);
  assert.equal(settings["KUBE_TOKEN"], "from-a-file");
  assert.equal(settings["REDIS_URL"], "redis://:p@redis:6379");
  assert.equal(settings["PROMETHEUS_URL"], "http://bob:p@prometheus:9090");
});

Deno.test("what a secret's file holds is checked and not printed", () => {
  assert.equal(
    refusal({ REDIS_URL_FILE: "/run/url" }, () => "http://:hunter2@redis"),
    `Invalid setting REDIS_URL: expected a URL that starts with ${REDIS.map((s) => `${s}://`).join(" or ")}`,
  );
  assert.equal(
    refusal({ KUBE_TOKEN_FILE: "/empty" }, () => "\n"),
    "Invalid setting KUBE_TOKEN: expected a bearer token",
  );
});

Deno.test("only secrets are read from files, and an empty NAME_FILE is as unset", () => {
  assert.equal(read({ PORT_FILE: "/run/port" })["PORT"], 9000);
  assert.equal(read({ KUBE_TOKEN_FILE: "" })["KUBE_TOKEN"], undefined);
});

Deno.test("the URL of a cluster's API needs a token", () => {
  assert.equal(
    refusal({ KUBE_API_URL: "https://10.0.0.1:6443" }),
    "Invalid setting KUBE_TOKEN: expected a bearer token, since KUBE_API_URL is set",
  );
});

Deno.test("access tokens need an issuer and the URL that they are meant for, impersonation somebody to impersonate", () => {
  assert.deepEqual(refusal({ AUTH_MODE: "oidc" }).split("\n"), [
    "Invalid setting OIDC_ISSUER: expected the issuer's URL, since AUTH_MODE=oidc",
    "Invalid setting PUBLIC_URL: expected the URL that clients reach the server by, since AUTH_MODE=oidc and access " +
    "tokens are meant for it",
  ]);
  assert.equal(
    refusal({ KUBE_IMPERSONATE: "true" }),
    "Invalid setting AUTH_MODE: expected token or oidc, since KUBE_IMPERSONATE is on and there is nobody to impersonate",
  );
  assert.equal(
    refusal({ KUBE_IMPERSONATE: "1", AUTH_MODE: "token", KUBE_WATCH_CACHE: "on" }),
    "Invalid setting KUBE_WATCH_CACHE: expected off, since KUBE_IMPERSONATE is on and what one caller sees is for no other",
  );
});

Deno.test("the secrets that settings hold are known: passwords of URLs also as they are decoded", () => {
  const settings = readSettings({
    REDIS_URL: "redis://:one@redis-mcp",
    DATABASE_URL: "postgres://aiagent:t%40wo@postgres-mcp/mcpaudit",
    PROMETHEUS_URL: "http://bob:three%@prometheus",
    LOKI_URL: "http://bob:l%2Fki@loki:3100",
    KUBE_API_URL: "https://10.0.0.1:6443",
    KUBE_TOKEN: "four",
    PGPASSWORD: "five",
    AUDIT_SIGNING_KEY: SEED,
  }, noFile);
  const sentinels = { REDIS_URL: "redis+sentinel://:s%C3%A9x@a,b/mymaster/2?sentinel_password=se%26ven" };
  assert.deepEqual(
    new Set(secretsOf(readSettings(sentinels, noFile))),
    new Set(["s%C3%A9x", "séx", "se%26ven", "se&ven"]),
  );
  const hosts = { DATABASE_URL: "postgres://aiagent:eight@a:1,b:2/mcpaudit" };
  assert.deepEqual(new Set(secretsOf(readSettings(hosts, noFile))), new Set(["eight"]));
  const secrets = ["one", "t%40wo", "t@wo", "three%", "l%2Fki", "l/ki", "four", "five", SEED];
  assert.deepEqual(new Set(secretsOf(settings)), new Set(secrets));
  assert.deepEqual(secretsOf(readSettings({}, noFile)), []);
});

Deno.test("what is no setting is left alone", () => {
  assert.equal(Object.hasOwn(read({ PATH: "/bin", constructor: "x" }), "PATH"), false);
});

Deno.test("Postgres' own variables are handed on under their own names, and no other setting", () => {
  const given = { PGHOST: "postgres-mcp", PGPORT: "5433", PGPASSWORD: "p", PORT: "1" };
  assert.deepEqual(postgresEnvironment(readSettings(given, noFile)), {
    PGHOST: "postgres-mcp",
    PGPORT: "5433",
    PGUSER: undefined,
    PGPASSWORD: "p",
    PGDATABASE: undefined,
    PGSSLMODE: undefined,
    PGSSLROOTCERT: undefined,
    PG_PREPARE: "true",
  });
});
