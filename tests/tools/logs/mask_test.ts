import assert from "node:assert/strict";
import { maskMessage, severityOf } from "../../../tools/logs/mask.ts";

const MASKED: readonly (readonly [message: string, masked: string])[] = [
  ["served 200 in 12.5ms", "served <n> in <n>ms"],
  ["peer 10.0.3.17:8443 gone, was 10.0.3.17", "peer <ip> gone, was <ip>"],
  ["listening on [fe80::1ff:fe23:4567:890a]:80", "listening on [<ip>]:<n>"],
  ["request 6fa459ea-ee8a-3ca4-894e-db77e160355e done", "request <uuid> done"],
  ["commit 9f86d08 at 0xDEADBEEF", "commit <hex> at <hex>"],
  ["deadbeef is a word of letters, 123456 a number", "deadbeef is a word of letters, <n> a number"],
  ["2026-11-22T10:20:21.5Z then 10:20:21,500", "<time> then <time>"],
  ["pulled image \"redis:7\" for 'web'", "pulled image <text> for <text>"],
  ["it can't and won't", "it can't and won't"],
  ['level=warn msg="slow tick" user="bob" n=115', 'level=warn msg="slow tick" user=<text> n=<n>'],
  ['{"level":"info","msg":"beat 4","pod":"a","n":128}', '{"level":"info","msg":"beat <n>","pod":<text>,"n":<n>}'],
  ["session aZ09bX71qLm2 opened", "session <id> opened"],
  ['open " quote 1', 'open " quote <n>'],
];

for (const [message, masked] of MASKED) {
  Deno.test(`masked: ${message}`, () => assert.equal(maskMessage(message), masked));
}

Deno.test("what is masked is found in linear time, whoever wrote it", () => {
  const hostile = ['"', '\\"', "a=", "0:", "a0", "1.", "'", "[a".repeat(2), "0x", "-0000", 'a="\\'];
  for (const part of hostile) {
    const start = performance.now();
    maskMessage(part.repeat(1_000));
    const took = performance.now() - start;
    assert(took < 200, `${JSON.stringify(part)} takes ${took} ms`);
  }
});

const SEVERITIES: readonly (readonly [message: string, severity: string | undefined])[] = [
  ['{"level":"error","msg":"x"}', "error"],
  ['{"level":"info","msg":"error budget is fine"}', undefined],
  ["level=warn x", "warning"],
  ["E1122 10:00:00.000000 1 main.go:1] x", "error"],
  ["I1122 10:00:00.000000 1 main.go:1] failed before, is fine", undefined],
  ["panic: runtime error", "error"],
  ["java.lang.NullPointerException: null", "error"],
  ["WARNING: deprecated", "warning"],
  ["connection refused", "error"],
  ["GET /health 200", undefined],
];

for (const [message, severity] of SEVERITIES) {
  Deno.test(`severity: ${message}`, () => assert.equal(severityOf(message), severity));
}
