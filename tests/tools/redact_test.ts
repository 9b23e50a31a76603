import assert from "node:assert/strict";
import fc from "fast-check";
import { redact, redactText } from "../../tools/redact.ts";

// Tokens of well-known shapes stand here in two parts, so that no scanner of this repository takes them for real.
const secrets: readonly (readonly [text: string, expected: string])[] = [
  [
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY----- ok",
    "-----BEGIN RSA PRIVATE KEY----- [REDACTED] ok",
  ],
  ["-----BEGIN PRIVATE KEY-----\nMIIEow, cut off", "-----BEGIN PRIVATE KEY----- [REDACTED]"],
  ["-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQdG", "-----BEGIN PGP PRIVATE KEY BLOCK----- [REDACTED]"],
  [
    String.raw`"-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"`,
    String.raw`"-----BEGIN EC PRIVATE KEY----- [REDACTED]\n"`,
  ],
  ["GET / bearer 0a1b2c3d4e5f", "GET / bearer [REDACTED]"],
  ["Authorization: Bearer abc", "Authorization: Bearer [REDACTED]"],
  ["> authorization: Basic YWRtaW46aHVudGVyMg==", "> authorization: Basic [REDACTED]"],
  ['"Authorization":"token abc123"', '"Authorization":"token [REDACTED]"'],
  ["Authorization: 0a1b2c", "Authorization: [REDACTED]"],
  ["curl -H 'Authorization: Bearer abc' https://x/", "curl -H 'Authorization: Bearer [REDACTED]' https://x/"],
  ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s-g_1, ok", "jwt [REDACTED], ok"],
  ["postgres://aiagent:hunter2@postgres-mcp:5432/mcpaudit", "postgres://aiagent:[REDACTED]@postgres-mcp:5432/mcpaudit"],
  ["redis://:hunter2@redis-mcp:6379/0", "redis://:[REDACTED]@redis-mcp:6379/0"],
  ["https://bob:p@ss:word@example.com/x", "https://bob:[REDACTED]@example.com/x"],
  ["jdbc:mysql://u:p?ss@h/db", "jdbc:mysql://u:[REDACTED]@h/db"],
  ["key AKIA" + "IOSFODNN7EXAMPLE used", "key [REDACTED] used"],
  ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [REDACTED]"],
  ["ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "[REDACTED]"],
  ["github_pat_" + "11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "[REDACTED]"],
  ["glpat-" + "abcdefghij0123456789", "[REDACTED]"],
  ["npm_" + "abcdefghij0123456789abcdefghij012345", "[REDACTED]"],
  ["xoxb-" + "123456789012-abcdefGHIJ", "[REDACTED]"],
  ["sk-proj-" + "abcdefghijklmnopqrstuvwx", "[REDACTED]"],
  ["sk-ant-" + "api03-abcdefghijklmnopqrstuvwxyz", "[REDACTED]"],
  ["sk_live_" + "abcdefghijklmnop1234", "[REDACTED]"],
  ["AIza" + "SyA-1234567890abcdefghijklmnopqrstu", "[REDACTED]"],
  ["sha256~" + "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrst", "[REDACTED]"],
  ["hvs." + "CAESIJabcdefghijklmnopqrs", "[REDACTED]"],
  ["https://hooks.slack.com/services/" + "T000/B000/XXXX", "https://hooks.slack.com/services/[REDACTED]"],
  ["https://x.example/c?sv=1&sig=abc%3D&se=1", "https://x.example/c?sv=1&sig=[REDACTED]&se=1"],
  ["https://x.example/y?access_token=abc123&z=1", "https://x.example/y?access_token=[REDACTED]&z=1"],
  ["password=hunter2 user=bob", "password=[REDACTED] user=bob"],
  ["PGPASSWORD=hunter2 psql -h db", "PGPASSWORD=[REDACTED] psql -h db"],
  ["MYSQL_PWD=hunter2 mysql", "MYSQL_PWD=[REDACTED] mysql"],
  ["db.password: hunter2", "db.password: [REDACTED]"],
  ["password: changeme", "password: [REDACTED]"],
  ["'password' => 'hunter2'", "'password' => '[REDACTED]'"],
  ['"password": "correct horse battery", "user": "bob"', '"password": "[REDACTED]", "user": "bob"'],
  ['"password" : "hunter2"', '"password" : "[REDACTED]"'],
  [String.raw`password="a\"b" next`, 'password="[REDACTED]" next'],
  [String.raw`{\"password\":\"hunter2\",\"user\":\"bob\"}`, String.raw`{\"password\":\"[REDACTED]\",\"user\":\"bob\"}`],
  ["Server=db;User Id=sa;Password=hunter2;Timeout=5", "Server=db;User Id=sa;Password=[REDACTED];Timeout=5"],
  ["AccountKey=abc123==;EndpointSuffix=core", "AccountKey=[REDACTED];EndpointSuffix=core"],
  ["client_secret=abc&grant_type=x", "client_secret=[REDACTED]&grant_type=x"],
  ["X-Api-Key: 123abc", "X-Api-Key: [REDACTED]"],
  ["API key: 123abc", "API key: [REDACTED]"],
  ["token: hunter user=bob", "token: [REDACTED] user=bob"],
  ['token := "abc def"', 'token := "[REDACTED]"'],
  ["Cookie: session=abc; csrf=def\nHost: x", "Cookie: [REDACTED]\nHost: x"],
  ["Set-Cookie: sid=s%3Aabc; Path=/; HttpOnly", "Set-Cookie: [REDACTED]"],
  ["requirepass hunter2", "requirepass [REDACTED]"],
  ["--set masterauth=hunter2", "--set masterauth=[REDACTED]"],
  ["REDISCLI_AUTH=hunter2 redis-cli", "REDISCLI_AUTH=[REDACTED] redis-cli"],
  ["deploy --password hunter2 --user bob", "deploy --password [REDACTED] --user bob"],
  ["deploy --password 'hunter 2' --user bob", "deploy --password '[REDACTED]' --user bob"],
  ["kubeadm join --token abcdef.0123456789abcdef", "kubeadm join --token [REDACTED]"],
  ["- name: DB_PASSWORD\n  value: hunter2", "- name: DB_PASSWORD\n  value: [REDACTED]"],
  ['[{"name":"API_TOKEN","value":"abc"}]', '[{"name":"API_TOKEN","value":"[REDACTED]"}]'],
];

for (const [text, expected] of secrets) {
  Deno.test(`redactText hides the secret, and it alone, in ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.equal(redactText(text), expected);
    // The same within other text, and as a member of a result.
    assert.equal(redactText(`<p>${text}`), `<p>${expected}`);
    assert.deepEqual(redact({ logs: [{ message: text }] }), { logs: [{ message: expected }] });
  });
}

const innocents: readonly string[] = [
  'Basic authentication failed for user "bob"',
  "Basic Authentication is disabled",
  "Bearer authentication is required",
  "the bearer token is missing",
  "the token expired at 12:00",
  "tokens=500, tokens: 500, max_tokens=4096",
  "nextPageToken=abc123 continue_token: abc",
  "tokenizer=bpe",
  "invalid token: expired",
  "failed to refresh token: unexpected status 401",
  "oidc: verify token: oidc: token is expired",
  "failed to verify token: x509: certificate signed by unknown authority",
  'Error: secret "db-credentials" not found',
  "couldn't find key password in Secret mcp-lab/db",
  'MountVolume.SetUp failed for volume "db-secret" : secret "db-secret" not found',
  "secret/regcred created",
  "DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false",
  "/var/run/secrets/kubernetes.io/serviceaccount/token",
  "secretKeyRef:\n  name: db\n  key: password",
  "secret:\n    secretName: db-credentials",
  "POSTGRES_PASSWORD_FILE=/run/secrets/db",
  "PGPASSWORD=$PGPASSWORD psql",
  'redis-cli -a "$REDIS_PASSWORD" --password "${PASSWORD}"',
  "curl --token $(kubectl create token reader)",
  "token=$(kubectl create token reader)",
  "login --password <password>",
  "the option --token is required",
  "postgres://aiagent:$POSTGRES_PASSWORD@db/mcpaudit and postgres://user:${PASSWORD}@db",
  "docker-pullable://registry:5000/img@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "http://host:8080/path?user=a@b.c and http://host:8080?user=a@b.c",
  "https://bob@example.com/x, ssh://git@github.com:22/x.git",
  "if (password == expected) return",
  'kube_secret_info{secret=~"a.*"}',
  "auth::token::Token, secret://vault/db",
  "password: null, password=***, token=[REDACTED]",
  "the cookie: monster, cookie policy: strict",
  "pods task-1234567890abcdefghijklmnopqrstuvwxyz and sk-frontend-deployment-7d9f8b6c5-abcde",
  "monkey=banana keyboard: qwerty key=ctx:version",
  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
  "public key: ssh-ed25519 AAAAC3Nza",
  "passwordless login is enabled",
  "authorization: denied by policy",
  "trace 4bf92f3577b34da6a3ce929d0e0e4736 in 12 ms",
  "",
];

for (const text of innocents) {
  Deno.test(`redactText leaves as it is ${JSON.stringify(text.slice(0, 70))}`, () => {
    assert.equal(redactText(text), text);
  });
}

// What looks like a secret is hidden, even where it is none: losing a word is the smaller harm.
const sacrificed: readonly (readonly [text: string, expected: string])[] = [
  ["password: authentication failed", "password: [REDACTED] failed"],
  ['kube_secret_info{secret="regcred"}', 'kube_secret_info{secret="[REDACTED]"}'],
  ["token: EOF", "token: [REDACTED]"],
];

for (const [text, expected] of sacrificed) {
  Deno.test(`redactText hides a word too many in ${JSON.stringify(text)}`, () => {
    assert.equal(redactText(text), expected);
  });
}

const H = "[REDACTED]";
const members: readonly (readonly [what: string, value: unknown, expected: unknown])[] = [
  ["a password", { password: "hunter2", user: "bob" }, { password: H, user: "bob" }],
  [
    "names in every case",
    { DB_PASSWORD: "a", apiKey: "b", "client-secret": "c", accessToken: "d", Authorization: "e" },
    {
      DB_PASSWORD: H,
      apiKey: H,
      "client-secret": H,
      accessToken: H,
      Authorization: H,
    },
  ],
  ["names without a boundary", { PGPASSWORD: "a", mypassword: "b", secretKey: "c" }, {
    PGPASSWORD: H,
    mypassword: H,
    secretKey: H,
  }],
  ["members of a Secret", { "tls.key": "a", ".dockerconfigjson": "b" }, { "tls.key": H, ".dockerconfigjson": H }],
  ["a number", { password: 1234, secret: 5 }, { password: H, secret: H }],
  ["a list", { passwords: ["a", 2, ["c"]], apiKeys: [] }, { passwords: [H, H, [H]], apiKeys: [] }],
  ["depth", { a: [{ b: { token: "t" } }] }, { a: [{ b: { token: H } }] }],
  ["a container's variable", { name: "DB_PASSWORD", value: "hunter2" }, { name: "DB_PASSWORD", value: H }],
  ["a context entry", { key: "db_password", value: "hunter2" }, { key: "db_password", value: H }],
  ["a number in a context entry", { key: "pin.secret", value: 1234 }, { key: "pin.secret", value: H }],
  ["text in an object under a secret's name", { secret: { note: "password=a" } }, {
    secret: { note: `password=${H}` },
  }],
];

for (const [what, value, expected] of members) {
  Deno.test(`redact hides secrets by name: ${what}`, () => assert.deepEqual(redact(value), expected));
}

const harmlessMembers: readonly unknown[] = [
  { tokens: 500, maxTokens: 4096, token: 7 },
  { password: null, secret: true, token: "" },
  { nextPageToken: "abc", continue_token: "abc" },
  { secretName: "db", secretKeyRef: { name: "db", key: "password" }, passwordFile: "/run/x" },
  { imagePullSecrets: [{ name: "regcred" }] },
  { key: "version", value: "1.0.0" },
  { name: "LOG_LEVEL", value: "info" },
  { name: 5, key: null, value: "x" },
  [1, "two", null, true, { three: [3] }],
  "text",
  null,
];

for (const value of harmlessMembers) {
  Deno.test(`redact leaves as it is ${JSON.stringify(value)}`, () => assert.deepEqual(redact(value), value));
}

Deno.test("redact keeps a __proto__ member a member", () => {
  const value = JSON.parse('{"__proto__": {"password": "hunter2"}, "a": 1}');
  assert.equal(JSON.stringify(redact(value)), '{"__proto__":{"password":"[REDACTED]"},"a":1}');
});

Deno.test("redact does not change what it is given", () => {
  const value = Object.freeze({ password: "hunter2", list: Object.freeze(["token=a"]) });
  redact(value);
  assert.deepEqual(value, { password: "hunter2", list: ["token=a"] });
});

Deno.test("redactText leaves what it has hidden as it is, so that it may be applied twice", () => {
  const texts = [...secrets, ...sacrificed].map(([text]) => text);
  for (const first of texts) {
    for (const second of texts) {
      const once = redactText(`${first}\n${second}`);
      assert.equal(redactText(once), once);
    }
  }
});

Deno.test("redact keeps the shape of any JSON", () => {
  const shapeOf = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(shapeOf)
      : typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]))
      : value === null || typeof value === "boolean"
      ? value
      : "scalar";
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.deepEqual(shapeOf(redact(value)), shapeOf(value));
  }));
});

const MIB = 1_048_576;
/** Far above what a linear pattern needs on a slow machine, far below what a quadratic one takes for a mebibyte. */
const MS_MAX = 4000;

const line =
  "2026-11-02T10:00:00.123Z INFO GET /api/v1/pods/web-7d9f8b6c5-abcde 200 12ms user=alice http://svc:8080/x\n";
const repeated: readonly string[] = [
  line,
  ...["a", "A", "-", "--", "_", ".", "a.", "a-", " ", "\t", "\n", "\\", '"', "'", "\u{1F600}"],
  ...["token", "token ", "token:", "token: ", "token: a ", "token=$", "token=<", "token=<a ", "secret", "password"],
  ...['password="', 'password=\\"', "password='", "password \\", "--password ", "-password a", "__pwd", "key", "name:"],
  ...[
    "name: token\nvalue",
    "api key",
    "credential=",
    "cookie:",
    "cookie: a=",
    "authorization: basic ",
    "authorization ",
  ],
  ...["bearer ", "Bearer aaaaaaaa ", "basic", "://", "://:", "a://a:", "://a:b@", "?sig=", "eyJ", "eyJ-", "eyJa."],
  ...["-----BEGIN ", "-----BEGIN PRIVATE KEY", "-----BEGIN PRIVATE KEY-----", "PRIVATE KEY ", "AKIA", "ghp_", "sk-"],
  ...["sk-ant-", "SG.", "xoxb-", "hvs.", "slack"],
];

for (const piece of repeated) {
  Deno.test(`redactText takes linear time on a mebibyte of ${JSON.stringify(piece)}`, () => {
    const text = piece.repeat(Math.ceil(MIB / piece.length));
    const started = performance.now();
    redactText(text);
    redactText(`${text} token`); // With a sign of a secret, so that no pattern is passed over.
    const tookMs = performance.now() - started;
    assert(tookMs < MS_MAX, `Took ${tookMs} ms`);
  });
}
