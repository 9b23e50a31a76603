import { Buffer } from "node:buffer";
import type { MadeUp } from "./planted.ts";
import { ALPHANUMERIC, DIGITS, LOWER, type Random, UPPER } from "./random.ts";

// Every secret here is made up, when the tests run: none is in this file, none opens anything, and the prefixes that
// scanners of repositories look for are put together of two parts.

const base64 = (text: string) => Buffer.from(text).toString("base64");
const base64url = (text: string) => Buffer.from(text).toString("base64url");
/** A password that no dictionary has. */
const password = (random: Random) => `MadeUp-${random.word(12)}`;
const user = (random: Random) => random.word(6, LOWER);

/** A text that holds one secret. */
const text = (secret: string, around: (secret: string) => string): MadeUp => ({
  carrier: around(secret),
  secrets: [secret],
});

function pem(random: Random): { readonly block: string; readonly lines: readonly string[] } {
  const label = random.pick([
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
  ]);
  const lines = Array.from({ length: 4 + random.below(8) }, () => random.word(64, `${ALPHANUMERIC}+/`));
  return { block: [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join("\n"), lines };
}

/** A secret of each kind. */
export const SECRET_KINDS: Readonly<Record<string, (random: Random) => MadeUp>> = {
  "bearer token": (random) =>
    text(
      `MadeUp${random.word(34)}`,
      (token) =>
        random.pick([
          `Authorization: Bearer ${token}`,
          `curl -H 'authorization: bearer ${token}' https://api/`,
          `sent Bearer ${token}`,
        ]),
    ),
  "basic credentials": (random) => {
    const secret = password(random);
    const encoded = base64(`${user(random)}:${secret}`);
    return { carrier: `Proxy-Authorization: Basic ${encoded}`, secrets: [encoded, secret] };
  },
  "JSON Web Token": (random) => {
    const claims = base64url(JSON.stringify({ sub: user(random), made_up: random.word(20) }));
    const signature = random.word(43, `${ALPHANUMERIC}-_`);
    return {
      carrier: `session ${base64url('{"alg":"HS256","typ":"JWT"}')}.${claims}.${signature}`,
      secrets: [claims, signature],
    };
  },
  "private key": (random) => {
    const { block, lines } = pem(random);
    return { carrier: block, secrets: lines };
  },
  "private key in Base64": (random) => {
    const { block, lines } = pem(random);
    const encoded = base64(`${block}\n`);
    // In the middle, where it is the same however the lines before it are coded.
    return { carrier: `key=${encoded}`, secrets: [...lines, encoded.slice(80, 160)] };
  },
  "password in a URL": (random) => {
    const scheme = random.pick(["postgres", "redis", "rediss", "amqp", "mongodb+srv", "https", "ldap", "jdbc:mysql"]);
    const [secret, rest] = [password(random), password(random)];
    const host = `${user(random)}.example:${1000 + random.below(9000)}/db?ssl=1`;
    return random.pick<MadeUp>([
      { carrier: `dialing ${scheme}://${user(random)}:${secret}@${host}`, secrets: [secret] },
      { carrier: `dialing ${scheme}://:${secret}@${host} failed`, secrets: [secret] },
      { carrier: `${scheme}://${user(random)}:${secret}@${rest}@${host}`, secrets: [secret, rest] },
      { carrier: `${scheme}://${user(random)}:${secret}/${rest}@${host}`, secrets: [secret, rest] },
    ]);
  },
  "AWS access key": (random) => {
    const [id, secret] = ["AK" + `IAMADEUP${random.word(10, UPPER + DIGITS)}`, random.word(40, `${ALPHANUMERIC}/+`)];
    const carrier = random.pick([
      `${id},${secret}`,
      `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${secret}`,
      `{"AccessKeyId": "${id}", "SecretAccessKey": "${secret}", "SessionToken": ""}`,
    ]);
    return { carrier, secrets: [id, secret] };
  },
  "Google service account": (random) => {
    const { block, lines } = pem(random);
    const carrier = {
      type: "service_account",
      project_id: user(random),
      private_key: `${block}\n`,
      client_id: random.word(21, DIGITS),
    };
    return { carrier, secrets: lines };
  },
  "Azure storage": (random) => {
    const secret = `${random.word(86, `${ALPHANUMERIC}+`)}==`;
    return text(secret, (key) =>
      random.pick([
        `DefaultEndpointsProtocol=https;AccountName=madeup;AccountKey=${key};EndpointSuffix=core.example`,
        `https://madeup.blob.example/c?sv=2024-01-01&se=2030-01-01&sp=r&sig=${key}`,
        `Endpoint=sb://madeup.example/;SharedAccessKeyName=Root;SharedAccessKey=${key}`,
      ]));
  },
  "GitHub or GitLab token": (random) =>
    text(
      random.pick(["gh" + "p_", "gh" + "s_", "github" + "_pat_", "gl" + "pat-"]) + `MadeUp${random.word(34)}`,
      (token) => `cloning with ${token} now`,
    ),
  "Slack token": (random) =>
    text(
      `xo${random.pick(["xb", "xp", "xa"])}-${random.word(12, DIGITS)}-MadeUp${random.word(20)}`,
      (token) => `slack ${token}: posted`,
    ),
  "Stripe key": (random) =>
    text(
      `${random.pick(["sk", "rk"])}_${random.pick(["live", "test"])}_MadeUp${random.word(20)}`,
      (key) => `charging by ${key}`,
    ),
  "OpenAI key": (random) =>
    text(`s${"k-"}${random.pick(["proj-", ""])}MadeUp${random.word(34)}`, (key) => `model key ${key} used`),
  "npm or PyPI token": (random) =>
    text(random.pick(["np" + "m_", "py" + "pi-"]) + `MadeUp${random.word(34)}`, (token) => `publishing with ${token}`),
  "Kubernetes Secret": (random) => {
    const [secret, plain] = [base64(`made-up ${random.word(20)}`), `MadeUp ${random.word(20)}`];
    const manifest = {
      apiVersion: "v1",
      data: { [user(random)]: secret },
      kind: "Secret",
      metadata: { name: user(random) },
      stringData: { [user(random)]: plain },
    };
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": `${JSON.stringify(manifest)}\n` };
    const carrier = random.pick<unknown>([
      manifest,
      { kind: "SecretList", items: [{ ...manifest, kind: undefined }] },
      { kind: "List", items: [{ ...manifest, data: {}, stringData: {}, metadata: { name: "db", annotations } }] },
      `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  user: ${secret}\nstringData:\n  config: |\n    ${plain}\n`,
    ]);
    return { carrier, secrets: [secret, plain] };
  },
  "Docker credentials": (random) => {
    const secret = password(random);
    const auth = base64(`${user(random)}:${secret}`);
    const config = { auths: { "registry.example:5000": { auth } } };
    const whole = base64(JSON.stringify(config));
    return random.pick<MadeUp>([
      { carrier: { ".dockerconfigjson": whole }, secrets: [whole, auth, secret] },
      { carrier: config, secrets: [auth, secret] },
      { carrier: `pulling with ${whole}`, secrets: [whole, auth, secret] },
      { carrier: `config ${JSON.stringify(config)} written`, secrets: [auth, secret] },
    ]);
  },
  "cookie": (random) =>
    text(
      `MadeUp${random.word(26)}`,
      (value) => random.pick([`Cookie: theme=dark; sid=${value}`, `set-cookie: sid=${value}; Path=/; HttpOnly`]),
    ),
  "credential of this server": (random) => {
    const [id, secret] = [random.word(16, LOWER + DIGITS), random.word(43, `${ALPHANUMERIC}-_`)];
    const key = "mc" + `p_${id}_${secret}`;
    return random.pick<MadeUp>([
      { carrier: `refused the API key ${key} of a caller`, secrets: [secret] },
      { carrier: { name: "ci", key }, secrets: [secret] },
      { carrier: `GET /mcp?ticket=${secret} 101`, secrets: [secret] },
      { carrier: { ticket: secret, expiresInSeconds: 30 }, secrets: [secret] },
      { carrier: `saw __Host-mcp_session=${secret}; theme=dark`, secrets: [secret] },
      { carrier: { "__Host-mcp_session": secret }, secrets: [secret] },
    ]);
  },
  "field named like a secret": (random) => {
    const secret = password(random);
    const name = random.pick([
      "password",
      "DB_PASSWORD",
      "dbPass",
      "clientSecret",
      "API-KEY",
      "api_key",
      "AccessToken",
      "smtp.passwd",
      "signing key",
      "Credential",
      "passphrase2",
      "oldPassword",
    ]);
    const carrier = random.pick<unknown>([
      { [name]: secret, note: "made up" },
      { [name]: [secret] },
      { [name]: { inner: secret } },
      { env: [{ name, value: secret }] },
      `${name}=${secret} note=made-up`,
      `"${name}": "${secret}", "cut": "of`,
      `-- ${name.replaceAll(" ", "_")}: ${secret}`,
    ]);
    return { carrier, secrets: [secret] };
  },
  "number under a secret's name": (random) => {
    const secret = 1_000_000_000 + random.below(1_000_000_000);
    const name = random.pick(["password", "pin_secret", "apiKey", "passcode", "token"]);
    const carrier = random.pick<unknown>([
      { [name]: secret },
      { [`${name}s`.replace("tokens", "secrets")]: [secret] },
      `${name}=${secret}`,
      `{"${name}": ${secret}} and more`,
    ]);
    return { carrier, secrets: [String(secret)] };
  },
  "connection string": (random) => {
    const secret = password(random);
    return text(secret, (value) =>
      random.pick([
        `Server=db.example,1433;User Id=sa;Password=${value};Timeout=5`,
        `Uid=sa;Pwd=${value};Encrypt=yes`,
        `Driver={ODBC 18};PWD={${value}};Database=x`,
        `host=db user=sa password='${value}' sslmode=require`,
        `Server=db;Password=two words ${value};Timeout=5`,
      ]));
  },
};
