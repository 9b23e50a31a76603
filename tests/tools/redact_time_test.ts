import assert from "node:assert/strict";
import { redact, redactText } from "../../tools/redact.ts";

const CHARS = 65_536;
/** Far above what linear time needs on a slow machine, far below what quadratic time takes for so many characters. */
const MS_MAX = 750;

const line =
  "2026-11-02T10:00:00.123Z INFO GET /api/v1/pods/web-7d9f8b6c5-abcde 200 12ms user=alice http://svc:8080/x\n";

/** Beginnings, ends and middles of what the patterns look for. */
const PIECES: readonly string[] = [
  line,
  ...["a", "A", "-", "--", "_", ".", "a.", "a-", " ", "\t", "\n", "\\", '"', "'", "\u{1F600}"],
  ...["token", "token ", "token:", "token: ", "token: a ", "token=$", "token=<", "token=<a ", "secret", "password"],
  ...['password="', 'password=\\"', "password='", "password \\", "--password ", "-password a", "__pwd", "key", "name:"],
  ...["name: token\nvalue", "name=password ", "key: token, value", "api key", "credential=", "pass=", "pwd=", ";pwd="],
  ...["password=[", "password={", "password={a", "password=a ;", "password=a;b=", 'password=\\\\"a', "password=\\'a"],
  ...["token_value", "token_1_1", "token._-", "password1", "aPass", "db_pass", "seed phrase", "pass word", "auth=A"],
  ...["<password ", "<password>", "<password>a", "<a", "cookie:", "cookie: a=", "cookies={", "authorization "],
  ...["authorization: basic ", "authorization: digest a=b,", 'authorization: digest a="', "bearer ", "basic"],
  ...["Bearer aaaaaaaa ", "://", "://:", "a://a:", "://a:b@", "a:b@", "a:b@c:1", "a:b@tcp(", "%2f%2fa%3a", "?sig="],
  ...["curl ", "curl -u ", "curl -u a:", "eyJ", "eyJ-", "eyJa.", "eyJhIjoxfQ", "eyJhbGciOi", "ewo", "LS0tLS1CRUdJTi"],
  ...["LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t\n", "eyJ0b2tlbiI6ICJhYmMifQ== ", "MIIaaaIBAD", "MIIaaaIBADaaaaaaaaaaaa\n"],
  ...["-----BEGIN ", "-----BEGIN PRIVATE KEY", "-----BEGIN PRIVATE KEY-----", "PRIVATE KEY ", "AKIA", "ghp_", "sk-"],
  ...["sk-ant-", "SG.", "xoxb-", "hvs.", "slack", "aaa8Q~", "pypi-", "whsec_", "AKIAAAAAAAAAAAAAAAAA,"],
  ...["kind: Secret\n", "kind: Secret\ndata:\n", "---\nkind: Secret\ndata:\n a: b\n", "kind:", "data:\n"],
  ...[
    "%20",
    "%25",
    "a%20",
    "%2525252541",
    "%3D ",
    "token%3D",
    "%41(",
    "cGFz",
    "cGFzc3dvcmQ9aHVudGVyMg ",
    "cGFzc3dvcmQ-",
  ],
  ...["cGFzc3dvcmQ9aHVudGVyMg%3D", "ticket=", "ticket=a", "__Host-", "__Host-a=", "mcp_", "mcp_aaaaaaaaaaaaaaaa_"],
  ...["{", "[", '{"', '["', "[{", '{"a":', "[[", '\\"', '{\\"', '[\\"', '{\\\\"', '"{\\"', ',"', ',{"', "\ufdd0\ufdd1"],
  ...['{"a":1}', '{"a":1},', '{"token":1},', '{"token":[', '["token=b",', '{"a":"token=b"},', '"{\\"token\\":1}" '],
];

function assertTakesLinearTime(of: string, work: () => void): void {
  const started = performance.now();
  work();
  const tookMs = performance.now() - started;
  assert(tookMs < MS_MAX, `${of} took ${tookMs} ms`);
}

Deno.test("redaction takes linear time, whoever wrote the text", async (t) => {
  for (const piece of PIECES) {
    await t.step(JSON.stringify(piece), () => {
      const text = piece.repeat(Math.ceil(CHARS / piece.length));
      assertTakesLinearTime("The text", () => redactText(text));
      // With a sign of each sort, so that no pattern is passed over.
      const suspect = `${text} token=a Bearer x a://b:c@d AKIA`;
      assertTakesLinearTime("The suspect text", () => redactText(suspect));
      assertTakesLinearTime("The text in JSON", () => redactText(JSON.stringify({ text: suspect })));
      const count = Math.ceil(CHARS / 4 / (piece.length + 3));
      assertTakesLinearTime("The list", () => redact(Array<string>(count).fill(piece)));
      const names = Object.fromEntries(Array.from({ length: count }, (_, index) => [`${piece}${index}`, 1]));
      assertTakesLinearTime("The object", () => redact(names));
    });
  }
});

Deno.test("what is encoded over and over takes linear time", async (t) => {
  const encoders: Readonly<Record<string, (text: string) => string>> = {
    "percent-encoded": encodeURIComponent,
    "in Base64": (text) => btoa(text),
    "in Base64, percent-encoded": (text) => encodeURIComponent(`${btoa(text)}=`),
    "in JSON, percent-encoded, in Base64": (text) => btoa(encodeURIComponent(JSON.stringify({ text }))),
    "beside itself": (text) => `${encodeURIComponent(text)} ${btoa(text)}`,
  };
  for (const [name, encode] of Object.entries(encoders)) {
    await t.step(name, () => {
      let text = "a%20b password=hunter2 \u007e ".repeat(8);
      while (text.length < CHARS) text = encode(text);
      assertTakesLinearTime("The text", () => redactText(text));
    });
  }
});
