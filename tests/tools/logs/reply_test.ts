import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { boundEntries, boundReply, boundWarnings, DEFAULT_SIZE, FULL_SIZE } from "../../../tools/logs/reply.ts";

Deno.test("entries within the bounds stay as they are", () => {
  const entries = [entry("x".repeat(4096)), entry("")];
  assert.deepEqual(boundEntries(entries, FULL_SIZE), { entries, warnings: [] });
});

Deno.test("a long message is cut, not within a character, and counted", () => {
  const messages = ["x".repeat(4097), `${"x".repeat(4095)}🚀🚀`, `${"x".repeat(4094)}🚀🚀`];
  const { entries, warnings } = boundEntries(messages.map(entry), FULL_SIZE);
  assert.deepEqual(entries.map(({ message }) => message), [
    `${"x".repeat(4096)}…`,
    `${"x".repeat(4095)}…`,
    `${"x".repeat(4094)}🚀…`,
  ]);
  assert.deepEqual(warnings, ["Messages cut to their first 4096 characters, with … at the end: 3"]);
});

Deno.test("of more than a reply holds, the newest are kept", () => {
  const entries = Array.from({ length: 100 }, (_, index) => entry(`${index} ${"x".repeat(4000)}`));
  const bounded = boundEntries(entries, FULL_SIZE);
  assert.equal(bounded.entries.length, 64);
  assert.equal(bounded.entries.at(-1), entries.at(-1));
  assert.deepEqual(bounded.warnings, [
    "Older lines left out, since they do not fit into the answer: 36; narrow by query, pod or since_seconds",
  ]);
});

Deno.test("a secret that a cut would part is taken out first, whole", () => {
  const token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
  for (const before of [470, 490, 499]) {
    const { entries: [bounded] } = boundEntries(
      [entry(`${"y".repeat(before)} ${token}${" z".repeat(300)}`)],
      DEFAULT_SIZE,
    );
    assert(bounded && !bounded.message.includes("ghp_0"), `a cut after ${before} characters`);
  }
});

Deno.test("a message is cut between words, so that what only an operator's pattern knows is whole or gone", () => {
  const { entries: [bounded] } = boundEntries(
    [entry(`${"y".repeat(490)} ACME-12345678 ${"z".repeat(80)}`)],
    DEFAULT_SIZE,
  );
  assert.equal(bounded?.message, `${"y".repeat(490)}…`);
});

Deno.test("whatever is said and found, a default answer stays under its bytes and has a line", () => {
  const texts = ["x".repeat(9000), "é".repeat(9000), "🚀".repeat(9000), '"\\'.repeat(4000), "日本".repeat(200), "k=v "];
  for (const text of texts) {
    for (const count of [1, 5, 100]) {
      const entries = Array.from(
        { length: count },
        () => ({ ...entry(text), pod: "p".repeat(253), container: "c".repeat(63) }),
      );
      const warnings = Array.from({ length: 30 }, (_, index) => `${index} ${text}`);
      const bounded = boundReply({ entries, warnings }, DEFAULT_SIZE);
      const bytes = Buffer.byteLength(JSON.stringify(bounded));
      assert(bounded.entries.length > 0 && bytes <= DEFAULT_SIZE.bytesMax + 100, `${bytes} bytes`);
    }
  }
});

Deno.test("of many warnings the first are said, and how many are not", () => {
  const warnings = Array.from({ length: 10 }, (_, index) => `${index} ${"x".repeat(200)}`);
  assert.deepEqual(boundWarnings(warnings, 700).map((text) => text.slice(0, 50)), [
    ...["0", "1", "2", "3", "4"].map((index) => `${index} ${"x".repeat(48)}`),
    '5 more warnings are left out: name pods by "pod"',
  ]);
});

function entry(message: string) {
  return { timestamp: "2026-11-22T10:16:08Z", pod: "a", container: "main", message };
}
