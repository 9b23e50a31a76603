import assert from "node:assert/strict";
import { splitLog } from "../../../tools/logs/line.ts";
import { hidePrivateKeys } from "../../../tools/logs/private_keys.ts";
import { recordedText } from "../../services/kubernetes/recorded.ts";

const AT = "2026-11-22T10:16:08.881109301Z";
const BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDExample0123456";

const LOGS: readonly (readonly [name: string, lines: readonly string[], expected: readonly string[]])[] = [
  [
    "whole",
    ["a", "-----BEGIN PRIVATE KEY-----", BODY, "c2hvcnQ=", "-----END PRIVATE KEY-----", "deadbeefdeadbeef"],
    ["a", "-----BEGIN PRIVATE KEY-----", "[REDACTED]", "[REDACTED]", "-----END PRIVATE KEY-----", "deadbeefdeadbeef"],
  ],
  [
    "of another kind",
    ["-----BEGIN RSA PRIVATE KEY-----", BODY, "-----END RSA PRIVATE KEY-----"],
    ["-----BEGIN RSA PRIVATE KEY-----", "[REDACTED]", "-----END RSA PRIVATE KEY-----"],
  ],
  ["whose beginning is older", [BODY, BODY, "-----END EC PRIVATE KEY-----", BODY], [
    "[REDACTED]",
    "[REDACTED]",
    "-----END EC PRIVATE KEY-----",
    BODY,
  ]],
  ["whose end is not yet written", ["-----BEGIN PRIVATE KEY-----", BODY], [
    "-----BEGIN PRIVATE KEY-----",
    "[REDACTED]",
  ]],
  [
    "with lines of others among its own",
    ["-----BEGIN PRIVATE KEY-----", BODY, '{"level":"info"}', BODY, "-----END PRIVATE KEY-----"],
    ["-----BEGIN PRIVATE KEY-----", "[REDACTED]", '{"level":"info"}', "[REDACTED]", "-----END PRIVATE KEY-----"],
  ],
  ["that is a certificate, which is no secret", ["-----BEGIN CERTIFICATE-----", BODY, "-----END CERTIFICATE-----"], [
    "-----BEGIN CERTIFICATE-----",
    BODY,
    "-----END CERTIFICATE-----",
  ]],
];

Deno.test("a private key over several lines is taken out", async (t) => {
  for (const [name, lines, expected] of LOGS) {
    await t.step(name, () => {
      const timed = (list: readonly string[]) => list.map((line) => `${AT} ${line}`);
      assert.deepEqual(hidePrivateKeys(timed(lines)), timed(expected));
      assert.deepEqual(hidePrivateKeys(lines), expected);
    });
  }
});

Deno.test("of the recorded log, the key's line alone is taken out", () => {
  const lines = splitLog(recordedText("logs/timestamps.txt"));
  const hidden = hidePrivateKeys(lines);
  const changed = lines.filter((line, index) => line !== hidden[index]);
  assert.deepEqual(changed.map((line) => line.slice(31)), ["RklYVFVSRS1OT1QtQS1LRVk="]);
});

Deno.test("a log of nothing but keys takes no time to speak of", () => {
  for (const line of ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"]) {
    const lines = Array.from({ length: 40_000 }, (_, index) => index % 300 === 0 ? line : BODY);
    const start = performance.now();
    hidePrivateKeys(lines);
    assert(performance.now() - start < 1_000);
  }
});
