import assert from "node:assert/strict";
import fc from "fast-check";
import { createRedactor } from "../../../tools/redact.ts";
import { compilePatterns, hideValues } from "../../../tools/redaction/own.ts";

const CASES: readonly (readonly [pattern: string, text: string, expected: string])[] = [
  ["ACME-[0-9]{4}", "ACME-1234, ACME-5678", "[REDACTED], [REDACTED]"],
  ["id=([0-9]+)", "id=12 name=id=x id=3", "id=[REDACTED] name=id=x id=[REDACTED]"],
  ["(?i)staff:(\\w+)?;", "STAFF:bob; staff:;", "STAFF:[REDACTED]; [REDACTED]"],
  // Matches that touch are one; what is hidden already is not hidden in pieces.
  ["[0-9]", "1234 5", "[REDACTED] [REDACTED]"],
  ["[A-Z]+", "ABC password=x", "[REDACTED] password=[REDACTED]"],
  [" .*x", "a password=hunter2 x", "a[REDACTED]"],
  ["é", "caf\u00e9 \u{1F600}é", "caf[REDACTED] \u{1F600}[REDACTED]"],
];

for (const [pattern, text, expected] of CASES) {
  Deno.test(`the operator's pattern ${pattern} hides in ${JSON.stringify(text)}`, async () => {
    const { redact, redactText } = createRedactor(await compilePatterns([pattern]));
    assert.equal(redactText(text), expected);
    assert.deepEqual(redact([{ text }]), [{ text: expected }]);
  });
}

Deno.test("the operator's patterns look into names, and into JSON within text", async () => {
  const { redact, redactText } = createRedactor(await compilePatterns(["ACME-\\d+"]));
  assert.deepEqual(redact({ "ACME-1": 1, "ACME-2": 2 }), { "[REDACTED]": 1, "[REDACTED] 2": 2 });
  assert.equal(redactText('{"token":"a","id":"\\u0041CME-1"}'), '{"token":"[REDACTED]","id":"[REDACTED]"}');
});

Deno.test("what the operator's patterns leave they leave again", async () => {
  const { redactText } = createRedactor(await compilePatterns(["[a-c]+", "x(y)", "[\\[\\]D]", "token"]));
  const pieces = fc.constantFrom("a", "xy", "[", "]", "[REDACTED]", "D", "token", "token=a", " ", '{"token":"b"}');
  fc.assert(fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
    const once = redactText(parts.join(""));
    assert.equal(redactText(once), once);
  }));
});

Deno.test("values are hidden wherever they stand, percent-encoded and in Base64 too", () => {
  const hide = hideValues(["Made/Up 1", "Made/Up 1 and more", "short1", "postgres-mcp", "café-Pässword"]);
  for (const value of ["Made/Up 1", "Made/Up 1 and more", "Made%2FUp%201", btoa("Made/Up 1"), "café-Pässword"]) {
    assert.equal(hide(`<${value}>`), "<[REDACTED]>");
  }
  // What is short or a common word stands in too much other text.
  assert.equal(hide("short1 postgres-mcp"), "short1 postgres-mcp");
});

Deno.test("an operator's pattern cannot stall: its time grows with the text", async () => {
  const { redactText } = createRedactor(await compilePatterns(["(?:a|a|ab)*c", "(?:(?:a?){10}){5}d", "(.*)(.*)(.*)e"]));
  const text = "ab".repeat(32_768);
  const started = performance.now();
  redactText(text);
  assert(performance.now() - started < 5000);
});
