import assert from "node:assert/strict";
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
  ['<add key="DbPassword" value="hunter2"/>', '<add key="DbPassword" value="[REDACTED]"/>'],
  ["<password>hunter2</password>", "<password>[REDACTED]</password>"],
  ['<ns:apiKey type="x">hunter2</ns:apiKey>', '<ns:apiKey type="x">[REDACTED]</ns:apiKey>'],
  ["https://u:a/b?c@d@h/x", "https://u:[REDACTED]@h/x"],
  ["redis://:a@h1:6379,redis://:b@h2:6379", "redis://:[REDACTED]@h1:6379,redis://:[REDACTED]@h2:6379"],
  ["next=postgres%3A%2F%2Fu%3Ahunter2%40h%2Fdb", "next=postgres%3A%2F%2Fu%3A[REDACTED]%40h%2Fdb"],
  ["aiagent:hunter2@tcp(db:3306)/audit", "aiagent:[REDACTED]@tcp(db:3306)/audit"],
  ["cannot dial aiagent:hunter2@db:5432", "cannot dial aiagent:[REDACTED]@db:5432"],
  ["curl -s -u bob:hunter2 https://x/", "curl -s -u bob:[REDACTED] https://x/"],
  ["key MII" + "EpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7 end", "key [REDACTED] end"],
  ["MC4" + "CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g", "[REDACTED]"],
  ["key=LS0tLS1CRUdJTiBQUklW" + "QVRFIEtFWS0tLS0tCk1JSUV2UUlC", "key=[REDACTED]"],
  ["config eyJhdXRocyI6eyJyIjp7ImF1dGgiOi" + "JkVHBvZFc1MFpYST0ifX19 read", "config [REDACTED] read"],
  ["cut off: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOi", "cut off: [REDACTED]"],
  ["AKIA" + "IOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "[REDACTED],[REDACTED]"],
  ["pypi-" + "AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDA", "[REDACTED]"],
  ["xapp-" + "1-A0123456789-0123456789012-0123456789abcdef", "[REDACTED]"],
  ["whsec_" + "abcdefghijklmnopqrstuvwxyz012345", "[REDACTED]"],
  ["abc8Q~" + "abcdefghijklmnopqrstuvwxyz0123456", "[REDACTED]"],
  [
    'Authorization: Digest username="bob", response="0a1b", uri="/"',
    "Authorization: Digest [REDACTED]",
  ],
  ["map[Authorization:[Bearer abc] Host:[x]]", "map[Authorization:[Bearer [REDACTED]] Host:[x]]"],
  ["cookies={'sid': 'abc'} host=x", "cookies=[REDACTED] host=x"],
  ["//registry.example/:_auth=dXNlcjpwYXNz", "//registry.example/:_auth=[REDACTED]"],
  ["Uid=sa;Pwd=hunter2;Encrypt=yes", "Uid=sa;Pwd=[REDACTED];Encrypt=yes"],
  ["Server=db;Password=correct horse;Timeout=5", "Server=db;Password=[REDACTED];Timeout=5"],
  ["Driver={ODBC};PWD={hunter;2};Database=x", "Driver={ODBC};PWD=[REDACTED];Database=x"],
  [
    "password2=a password_hash=b oldPassword=c dbPass=d",
    "password2=[REDACTED] password_hash=[REDACTED] oldPassword=[REDACTED] dbPass=[REDACTED]",
  ],
  ["seed phrase: 'twelve words'", "seed phrase: '[REDACTED]'"],
  ["params[:password]='hunter2'", "params[:password]='[REDACTED]'"],
  ["password%3Dhunter2&x=1", "password%3D[REDACTED]&x=1"],
  [
    "key " + "mcp_" + "abcdefghij012345_Zm9vYmFyLXF1eF9mb28tYmFyLXF1eF9mb28tYmFyMDE refused",
    "key [REDACTED] refused",
  ],
  ["Authorization: Bearer " + "mcp_" + "abcdefghij012345_Zm9v", "Authorization: Bearer [REDACTED]"],
  [
    "wss://ops.example/mcp?ticket=Zm9vYmFyLXF1eF9mb28tYmFyLXF1eF9mb28tYmFyMDE",
    "wss://ops.example/mcp?ticket=[REDACTED]",
  ],
  ["ticket: 'Zm9vYmFyLXF1eF9mb28tYmFyLXF1eF9mb28tYmFyMDE'", "ticket: '[REDACTED]'"],
  ["sent __Host-mcp_session=Zm9vYmFy; Path=/", "sent __Host-mcp_session=[REDACTED]; Path=/"],
  ["mcp_session=Zm9vYmFy", "mcp_session=[REDACTED]"],
  // Percent-encoded, also twice, and as a form has it; it stays so.
  ["to=Authorization%3A%20Bearer%20abc%26d next", "to=Authorization%3A[REDACTED] next"],
  ["GET /x?h=Authorization%3A+Bearer+abc&n=1", "GET /x?h=Authorization:[REDACTED]&n=1"],
  ["%7B%22password%22%3A%22a%22%2C%22n%22%3A1%7D", "%7B%22password%22%3A%22[REDACTED]%22%2C%22n%22%3A1%7D"],
  ["next=https%253A%252F%252Fu%253Ahunter2%2540h", "next=https%253A%252F%252Fu%253A[REDACTED]%2540h"],
  ['/{"env"%3A[{"name"%3A"password"%2C"value"%3A"a"}]}', '/{"env":[{"name":"password","value":"[REDACTED]"}]}'],
  ["No route /Cookie%3A theme%3Ddark%3B sid%3Dabc", "No route /Cookie: [REDACTED]"],
  ["/Server%3Ddb%3BPassword%3Dtwo words%3BTimeout%3D5", "/Server=db;Password=[REDACTED];Timeout=5"],
  ["cloning_with_ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "cloning_with_[REDACTED]"],
  ["'password%253D'made%2520up'' n=1", "'password%253D'[REDACTED]'' n=1"],
  ["b=dG9rZW4lM0QwYTFiMmMzZDRl%3D", "b=[REDACTED]"],
  // In Base64, which goes as a whole.
  ["got cGFzc3dvcmQ9aHVudGVyMg==", "got [REDACTED]"],
  ["QXV0aG9yaXphdGlvbjogQmVhcmVyIGFiYw", "[REDACTED]"],
  // {"body":"<password=hunter2 in Base64>"} in Base64.
  ["read eyJib2R5IjoiY0dGemMzZHZjbVE5YUhWdWRHVnlNZz09In0=", "read [REDACTED]"],
  ["text=sent+Bearer+0a1b2c3d4e&n=1", "text=sent+Bearer+[REDACTED]&n=1"],
  ["secrets: {user: bob, password: [a, b]}", "secrets: {user: bob, password: [REDACTED]}"],
];

// What JSON says is looked at as a value, wherever it stands in a text: whole, within words, escaped, broken off.
const jsonTexts: readonly (readonly [text: string, expected: string])[] = [
  ['{"passwords":["a","b"],"n":1}', '{"passwords":["[REDACTED]","[REDACTED]"],"n":1}'],
  ['got {"password":{"is":5}}, and done', 'got {"password":{"is":"[REDACTED]"}}, and done'],
  ['a {"token":1} b {"token":2}', 'a {"token":"[REDACTED]"} b {"token":"[REDACTED]"}'],
  [
    '{"secret":"a","n":[1.0,-0,1e3,12345678901234567890]}',
    '{"secret":"[REDACTED]","n":[1.0,-0,1e3,12345678901234567890]}',
  ],
  ['{"token":12345678901234567890}', '{"token":"[REDACTED]"}'],
  ['{\n  "password": "a",\n  "n": 1\n}', '{\n  "password": "[REDACTED]",\n  "n": 1\n}'],
  ['{"kind":"Secret","data":{"a":"b"}}', '{"kind":"Secret","data":{"a":"[REDACTED]"}}'],
  [
    'body="{\\"kind\\":\\"Secret\\",\\"data\\":{\\"a\\":\\"b\\"}}" n=1',
    'body="{\\"kind\\":\\"Secret\\",\\"data\\":{\\"a\\":\\"[REDACTED]\\"}}" n=1',
  ],
  ['{"n":1,"tokens":["a","b', '{"n":1,"tokens":["[REDACTED]","[REDACTED]'],
  ['{"kind":"Secret","data":{"a":"b"},"metad', '{"kind":"Secret","data":{"a":"[REDACTED]"},"metad'],
  [
    '{"kind":"Secret","data":{"a":"b"},"metadata":{"name":',
    '{"kind":"Secret","data":{"a":"[REDACTED]"},"metadata":{"name":',
  ],
  ['{"p\\u0061ssword":"a"}', '{"password":"[REDACTED]"}'],
  ['{"url":"https://x/?a=1\\u0026sig=abc"}', '{"url":"https://x/?a=1&sig=[REDACTED]"}'],
  ['{"url":"postgres:\\/\\/u:hunter2@h"}', '{"url":"postgres://u:[REDACTED]@h"}'],
  ['password={"a":1} n=1', "password=[REDACTED] n=1"],
  ["[".repeat(200) + '"token=a"', "[REDACTED]"],
];

for (const [text, expected] of jsonTexts) {
  Deno.test(`redactText reads the JSON in ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.equal(redactText(text), expected);
    assert.deepEqual(redact([text]), [expected]);
  });
}

const manifests: readonly (readonly [text: string, expected: string])[] = [
  [
    "kind: Secret\ndata:\n  a: b\n  c: |\n    d\n    e\ntype: Opaque\n",
    "kind: Secret\ndata:\n  a: [REDACTED]\n  c: [REDACTED]\n    [REDACTED]\n    [REDACTED]\ntype: Opaque\n",
  ],
  ["stringData: {a: b}\nkind: Secret", "stringData: [REDACTED]\nkind: Secret"],
  [
    "kind: ConfigMap\ndata:\n  a: b\n---\ndata:\n  a: b\nkind: Secret\n---\nkind: ConfigMap\ndata:\n  a: b",
    "kind: ConfigMap\ndata:\n  a: b\n---\ndata:\n  a: [REDACTED]\nkind: Secret\n---\nkind: ConfigMap\ndata:\n  a: b",
  ],
  [
    String.raw`level=error msg="kind: Secret\ndata:\n  a: b\ntype: Opaque\n" n=1`,
    String.raw`level=error msg="kind: Secret\ndata:\n  a: [REDACTED]\ntype: Opaque\n" n=1`,
  ],
  [
    String.raw`m='{\"m\": \"data:\\n  a: b\\nkind: Secret\\n\"' n=1`,
    String.raw`m='{\"m\": \"data:\\n  a: [REDACTED]\\nkind: Secret\\n\"' n=1`,
  ],
  [
    "items:\n- data:\n    a: b\n  kind: Secret\n  metadata:\n    name: x",
    "items:\n- data:\n    a: [REDACTED]\n  kind: Secret\n  metadata:\n    name: x",
  ],
];

for (const [text, expected] of manifests) {
  Deno.test(`redactText hides the data of a Secret in ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.equal(redactText(text), expected);
  });
}

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
  "commit 3f786850e387550fdab836ed7e6dc881de23001b, uid 0192f0c1-7b7e-7000-8000-000000000001",
  'resourceVersion: "123456789", etag: W/"33a64df551425fcc55e4d42a148795d9f25f89d4"',
  "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
  "nginx:1.25@sha256:7031c1b283388d2c2e09b57badb803c05ebed362dc88d84b480cc47f72a21097",
  "continue: eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTIzNDU2LCJzdGFydCI6Im1jcC1zZXJ2ZXItNzliN2NjIn0",
  'http_requests_total{job="api",instance="10.0.0.1:9090",le="0.5"} 3',
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURkekNDQWwrZ0F3SUJBZ0lFQWdBQXVUQU5CZ2txaGtpRzl3",
  "--- PASS: TestLogin (0.00s), pass=12 fail=3, bypass: enabled",
  "PWD=/home/bob OLDPWD=/tmp, pwd: /app",
  "http://[::1]:8080/x@y, mailto:bob@example.com, git@github.com:org/repo.git, alice@example.com at 10.0.0.1:443",
  "docker run -u 1000:1000, curl -u https://x, curl -s http://svc:8080/health",
  "token_type=bearer expires_in=3600",
  "auth=none, auth: disabled, oauth: enabled, author=bob",
  "glide-path-navigation-component-x, glue-etl-job-runner-12345-abcdef, npm_lifecycle_event=start",
  "kind: ConfigMap\ndata:\n  color: blue",
  "kind: Secret is not allowed",
  '[INFO] {"level":"info","tokens":500,"token_type":"bearer"}',
  '{"metadata":{"continue":"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTIzNDU2fQ"},"secrets":[{"name":"db","keys":2}]}',
  'FATAL:  password authentication failed for user "aiagent"',
  "mcp_tool_calls_total 5, mcp_websocket_connections 2",
  "ticket=OPS-1234, ticket: mcp-server-79b7cc4d58-6qnbt, tickets=7",
  "GET /search?q=caf%C3%A9%20au%20lait+100%25&x=%zz 200, 100% of 5%",
  "Y29uZmlndXJhdGlvbjogYmx1ZSBhbmQgZ3JlZW4=",
  "ConfigurationReconciler/ReconcileConfigurationsPeriodically",
  "WRONGPASS invalid username-password pair or user is disabled.",
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
  ["GET /x?h=Cookie%3A+sid%3Dabc&n=1", "GET /x?h=Cookie:[REDACTED]"],
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
  ["an object", { credentials: { user: "bob", pins: [1, 2], on: true } }, {
    credentials: { user: H, pins: [H, H], on: true },
  }],
  ["a number that is a token", { token: 493027 }, { token: H }],
  ["a Kubernetes Secret", {
    kind: "Secret",
    data: { user: "Ym9i" },
    stringData: { n: 5, a: { b: "c" } },
    type: "Opaque",
  }, {
    kind: "Secret",
    data: { user: H },
    stringData: { n: H, a: { b: H } },
    type: "Opaque",
  }],
  ["a list of Secrets", { kind: "SecretList", items: [{ data: { a: "b" } }, "c"] }, {
    kind: "SecretList",
    items: [{ data: { a: H } }, H],
  }],
  [
    "a Secret in an annotation",
    { annotations: { "kubectl.kubernetes.io/last-applied-configuration": '{"kind":"Secret","data":{"a":"b"}}\n' } },
    { annotations: { "kubectl.kubernetes.io/last-applied-configuration": `{"kind":"Secret","data":{"a":"${H}"}}\n` } },
  ],
  ["Docker's user and password in Base64", { auths: { r: { auth: "dXNlcjpwYXNz" } } }, { auths: { r: { auth: H } } }],
  ["tickets of this server", { ticket: "Zm9vYmFyLXF1eF9mb28tYmFyLXF1eF9mb28tYmFyMDE" }, { ticket: H }],
  ["cookies of this server", { "__Host-mcp_session": "a", mcp_session: "b" }, {
    "__Host-mcp_session": H,
    mcp_session: H,
  }],
  ["a patch", { op: "add", path: "/data/password", value: "a" }, { op: "add", path: "/data/password", value: H }],
  ["a header apart from its values", { name: "Authorization", values: ["a"] }, { name: "Authorization", values: [H] }],
  ["a name that holds a secret itself", { "token=abc": 1, "token=def": 2 }, { [`token=${H}`]: 1, [`token=${H} 2`]: 2 }],
  ["what nests too deep to be looked through", nested(300, "x"), nested(257, H)],
];

function nested(levels: number, value: unknown): unknown {
  return levels === 0 ? value : [nested(levels - 1, value)];
}

for (const [what, value, expected] of members) {
  Deno.test(`redact hides secrets by name: ${what}`, () => assert.deepEqual(redact(value), expected));
}

const harmlessMembers: readonly unknown[] = [
  { tokens: 500, maxTokens: 4096, pass: 12 },
  { tokens: { prompt: 5, completion: 7 } },
  { password: null, secret: true, token: "" },
  { nextPageToken: "abc", continue_token: "abc" },
  { secretName: "db", secretKeyRef: { name: "db", key: "password" }, passwordFile: "/run/x" },
  { imagePullSecrets: [{ name: "regcred" }] },
  { volumes: [{ secret: { secretName: "db", defaultMode: 420, items: [{ key: "a", path: "b" }] } }] },
  { secrets: [{ name: "db", type: "Opaque", keys: 2 }] },
  { kind: "ConfigMap", data: { a: "b" } },
  { auth: "basic" },
  { ticket: "OPS-1234", tickets: ["a"] },
  { labels: { __name__: "up", job: "api" }, value: 1 },
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

Deno.test("redact gives a value without secrets back as it is", () => {
  const value = { pods: [{ name: "web-7d9f8b6c5-abcde", ready: "1/1", n: NaN }] };
  assert.equal(redact(value), value);
});
