import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { StorageError } from "../../storage/errors.ts";
import { ToolError } from "../../tools/error.ts";
import { createRedactor } from "../../tools/redact.ts";
import { compilePatterns } from "../../tools/redaction/own.ts";
import { testCallPath, testContext, testTool } from "./call_path.ts";

const SECRET = "MadeUp-hunter2-hunter2";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const echo = testTool((args) => Promise.resolve(args));
const request = (args: unknown, tool: unknown = "test.tool") => ({ method: "mcp.tools.call", tool, args });

async function refusal(call: Promise<unknown>): Promise<ToolError> {
  return await call.then(
    () => assert.fail("The call succeeded"),
    (error) => error instanceof ToolError ? error : assert.fail(`threw ${error}`),
  );
}

Deno.test("every column that a peer fills is redacted before it is cut", async () => {
  const { call, records } = testCallPath([echo]);
  // The cut falls into the secret, of which half a one would have no looks.
  const told = `${"x".repeat(115)} token=${SECRET}`;
  await refusal(
    call(
      request({ password: 12345678, more: [`Bearer ${SECRET}`] }, told),
      testContext({
        client: { name: told, version: `v1 (password=${SECRET})`, address: "127.0.0.1" },
        session: `session token=${SECRET}`,
        requestId: { password: SECRET },
        traceId: `token=${SECRET}`,
      }),
    ),
  );
  const [record] = records;
  assert.equal(record?.params, '{"password":"[REDACTED]","more":["Bearer [REDACTED]"]}');
  assert.equal(record?.requestId, '{"password":"[REDACTED]"}');
  assert(!JSON.stringify(record).includes("MadeUp"), JSON.stringify(record));
});

Deno.test("the digests are of the redacted whole, which is cut afterwards", async () => {
  const { call, records } = testCallPath([testTool((args) => Promise.resolve(args), { lossless: true })], {
    resultBytesMax: 1_000_000,
  });
  const text = `${"x".repeat(16_370)} password=${SECRET} ${"y".repeat(100)}`;
  await call(request({ text }), testContext());
  const whole = JSON.stringify({ text: text.replace(SECRET, "[REDACTED]") });
  for (const kept of [records[0]?.params, records[0]?.result]) assert.equal(kept, whole.slice(0, 16_384));
  assert.equal(records[0]?.paramsSha256, sha256(whole));
  assert.equal(records[0]?.resultSha256, sha256(whole));
});

const long = `${"x".repeat(100_000)} password=${SECRET}`;
const standsFor = (value: unknown) => {
  const json = JSON.stringify(value);
  return `[${json.length} characters of JSON, SHA-256 ${sha256(json)}]`;
};
const many = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`member-${i}`, SECRET]));
const refusedLong: readonly (readonly [what: string, args: unknown, recorded: unknown])[] = [
  ["a text", { key: "k", value: long }, { key: "k", value: standsFor(long) }],
  ["a list, beside a secret", { list: [long], token: SECRET }, { list: standsFor([long]), token: "[REDACTED]" }],
  ["what has a secret's name", { password: long }, { password: "[REDACTED]" }],
  ["many members", many, standsFor(many)],
  ["a long name", { [long]: 1 }, standsFor({ [long]: 1 })],
  ["a list alone", [long], standsFor([long])],
  ["a text alone", long, standsFor(long)],
];
for (const [what, args, recorded] of refusedLong) {
  Deno.test(`arguments too long for any tool are refused and recorded by length and digest: ${what}`, async () => {
    const { call, records } = testCallPath([echo]);
    const { message, kind, data } = await refusal(call(request(args), testContext()));
    assert.equal(kind, "invalid_params");
    assert.equal(records[0]?.params, JSON.stringify(recorded));
    const told = JSON.stringify([message, data, records]);
    assert(!told.includes("MadeUp") && told.length < 10_000, told.slice(0, 10_000));
  });
}

Deno.test("arguments that a tool took are on record as they are, however long, and also where it failed", async () => {
  const failing = testTool(() => Promise.reject(new ToolError("not_found", "No such thing")), { name: "test.failing" });
  const quiet = testTool(() => Promise.resolve({}));
  const { call, records } = testCallPath([quiet, failing]);
  await call(request({ text: long }), testContext());
  await refusal(call(request({ text: long }, "test.failing"), testContext()));
  const whole = JSON.stringify({ text: long.replace(SECRET, "[REDACTED]") });
  assert.deepEqual(records.map(({ paramsSha256 }) => paramsSha256), [sha256(whole), sha256(whole)]);
});

Deno.test("a name or an id that is far too long for one is told by its length", async () => {
  const { call, records } = testCallPath([echo]);
  const { message } = await refusal(call(request({}, long), testContext({ requestId: long, session: long })));
  const told = `[${long.length} characters]`;
  assert.equal(message, `Unknown tool "${told}"`);
  assert.deepEqual(
    [records[0]?.toolName, records[0]?.session, records[0]?.requestId],
    [told, told, JSON.stringify(told)],
  );
});

Deno.test("what is wrong with arguments is told without the secrets in them, their names and what is above", async () => {
  const { call, records } = testCallPath([echo]);
  const args = {
    text: [`Bearer ${SECRET}`],
    credentials: { user: SECRET },
    [`token=${SECRET}`]: 1,
    pin_secret: 98765432,
  };
  const error = await refusal(call(request(args), testContext()));
  const told = JSON.stringify([error.message, error.hint, error.data, records]);
  assert(!told.includes("MadeUp") && !told.includes("98765432"), told);
  assert.match(error.message, /pin_secret: no such parameter, but got "\[REDACTED\]"/);
});

Deno.test("errors of tools and of stores leave redacted: message, hint and data", async () => {
  const failures = [
    new ToolError("tool_failed", `Cannot use redis://:${SECRET}@h`, {
      hint: `token: ${SECRET}`,
      data: { password: SECRET },
    }),
    new StorageError(`Cannot reach postgres://u:${SECRET}@h`, { cause: new Error(SECRET) }),
  ];
  for (const failure of failures) {
    const { call, records } = testCallPath([testTool(() => Promise.reject(failure))]);
    const { message, hint, data } = await refusal(call(request({}), testContext()));
    const told = JSON.stringify([message, hint, data, records]);
    assert(!told.includes("MadeUp"), told);
  }
});

Deno.test("a redactor with more patterns takes the built-in one's place in reply, record and error", async () => {
  const redactor = createRedactor(await compilePatterns(["ACME-[0-9]{4}"]));
  const failing = testTool(() => Promise.reject(new ToolError("not_found", "No ACME-1234")), { name: "test.failing" });
  const lossless = { ...echo, name: "test.lossless", lossless: true };
  const { call, records } = testCallPath([echo, failing, lossless], { redactor });
  const args = { text: "ACME-1234 password=a" };
  assert.equal((await call(request(args), testContext())).text, '{"text":"[REDACTED] password=[REDACTED]"}');
  assert.equal((await call(request(args, "test.lossless"), testContext())).text, JSON.stringify(args));
  assert.equal((await refusal(call(request({}, "test.failing"), testContext()))).message, "No [REDACTED]");
  const invalid = await refusal(call(request({ text: ["ACME-1234"] }), testContext()));
  const left = JSON.stringify([invalid.message, invalid.data, records]);
  assert(!left.includes("ACME-1234"), left);
});
