import assert from "node:assert/strict";
import { splitLog } from "../../../tools/logs/line.ts";
import { hidePrivateKeys } from "../../../tools/logs/private_keys.ts";
import { recordedText } from "../../services/kubernetes/recorded.ts";

const AT = "2026-11-22T10:16:08.881109301Z";
const BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDExample0123456";

// In two parts, so that no scanner of this repository takes it for real.
const ENCODED = "LS0tLS1CRUdJTiBQUklW" + "QVRFIEtFWS0tLS0tCk1JSUV2UUlC";

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
  [
    "of PGP, with its checksum",
    [
      "-----BEGIN PGP PRIVATE KEY BLOCK-----",
      "Version: GnuPG v2",
      BODY,
      "=Ab1+",
      "-----END PGP PRIVATE KEY BLOCK-----",
    ],
    [
      "-----BEGIN PGP PRIVATE KEY BLOCK-----",
      "Version: GnuPG v2",
      "[REDACTED]",
      "[REDACTED]",
      "-----END PGP PRIVATE KEY BLOCK-----",
    ],
  ],
  [
    "after what a logger writes before each line",
    [
      "I1122 10:16:08 key: -----BEGIN PRIVATE KEY-----",
      `I1122 10:16:09 key: ${BODY}`,
      "I1122 10:16:10 key: ab==",
      "I1122 10:16:10 key: done now",
      "I1122 10:16:11 key: -----END PRIVATE KEY-----",
      "I1122 10:16:12 key: ab==",
    ],
    [
      "I1122 10:16:08 key: -----BEGIN PRIVATE KEY-----",
      "I1122 10:16:09 key: [REDACTED]",
      "I1122 10:16:10 key: [REDACTED]",
      "I1122 10:16:10 key: done now",
      "I1122 10:16:11 key: -----END PRIVATE KEY-----",
      "I1122 10:16:12 key: ab==",
    ],
  ],
  [
    "in JSON lines",
    [
      '{"msg":"-----BEGIN PRIVATE KEY-----","n":1}',
      `{"msg":"${BODY}","n":22}`,
      '{"msg":"c2hvcnQ=","n":3}',
      '{"msg":"done now","n":4}',
      '{"msg":"-----END PRIVATE KEY-----","n":5}',
    ],
    [
      '{"msg":"-----BEGIN PRIVATE KEY-----","n":1}',
      '{"msg":"[REDACTED]","n":22}',
      '{"msg":"[REDACTED]","n":3}',
      '{"msg":"done now","n":4}',
      '{"msg":"-----END PRIVATE KEY-----","n":5}',
    ],
  ],
  [
    "with other words around its lines than around its beginning",
    ["one -----BEGIN PRIVATE KEY-----", `two ${BODY} three`, "-----END PRIVATE KEY-----"],
    ["one -----BEGIN PRIVATE KEY-----", "two [REDACTED] three", "-----END PRIVATE KEY-----"],
  ],
  [
    "whose last lines are one",
    ["-----BEGIN PRIVATE KEY-----", BODY, "c2hvcnQ=-----END PRIVATE KEY-----", BODY],
    ["-----BEGIN PRIVATE KEY-----", "[REDACTED]", "[REDACTED]-----END PRIVATE KEY-----", BODY],
  ],
  [
    "one after the other",
    [BODY, "-----END PRIVATE KEY----------BEGIN PRIVATE KEY-----", BODY, "-----END PRIVATE KEY-----"],
    ["[REDACTED]", "-----END PRIVATE KEY----------BEGIN PRIVATE KEY-----", "[REDACTED]", "-----END PRIVATE KEY-----"],
  ],
  [
    "in Base64, wrapped, to the first line that is none of it",
    [`tls.key: ${ENCODED}`, BODY, "c2hvcnQ=", "word by word", BODY],
    [`tls.key: ${ENCODED}`, "[REDACTED]", "[REDACTED]", "word by word", BODY],
  ],
  [
    "whole in one line, which is left to the redaction of that line",
    ["-----BEGIN PRIVATE KEY-----\\nab==\\n-----END PRIVATE KEY-----", BODY, "done"],
    ["-----BEGIN PRIVATE KEY-----\\nab==\\n-----END PRIVATE KEY-----", BODY, "done"],
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

Deno.test("what the lines of a key are told by takes linear time, whoever wrote them", async (t) => {
  const begin = "-----BEGIN PRIVATE KEY-----";
  const end = "-----END PRIVATE KEY-----";
  const boundaries = [begin, end, `1 a ${begin} 1 b`, `${"a ".repeat(5000)}${begin}${"1 ".repeat(5000)}`, ENCODED];
  const others = [BODY, " ".repeat(2000), "1".repeat(2000), "a ".repeat(1000), "a".repeat(2000), "ab==".repeat(500)];
  for (const [index, boundary] of boundaries.entries()) {
    await t.step(`boundary ${index + 1}`, () => {
      for (const other of others) {
        // As many lines as a log of 4 MiB has of this length, and a single long one.
        const count = Math.min(40_000, Math.ceil(2_097_152 / other.length));
        const lines = Array.from({ length: count }, (_, line) => line % 300 === 0 ? boundary : other);
        for (
          const log of [lines, [boundary, other.repeat(1000), boundary], [`${other.repeat(1000)}${boundary}`, other]]
        ) {
          const start = performance.now();
          hidePrivateKeys(log);
          assert(performance.now() - start < 2_000, `${log.length} lines like ${other.slice(0, 20)}`);
        }
      }
    });
  }
});
