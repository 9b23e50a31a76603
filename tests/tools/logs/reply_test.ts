import assert from "node:assert/strict";
import { boundEntries } from "../../../tools/logs/reply.ts";

Deno.test("entries within the bounds stay as they are", () => {
  const entries = [entry("x".repeat(4096)), entry("")];
  assert.deepEqual(boundEntries(entries), { entries, warnings: [] });
});

Deno.test("a long message is cut, not within a character, and counted", () => {
  const messages = ["x".repeat(4097), `${"x".repeat(4095)}🚀🚀`, `${"x".repeat(4094)}🚀🚀`];
  const { entries, warnings } = boundEntries(messages.map(entry));
  assert.deepEqual(entries.map(({ message }) => message), [
    `${"x".repeat(4096)}…`,
    `${"x".repeat(4095)}…`,
    `${"x".repeat(4094)}🚀…`,
  ]);
  assert.deepEqual(warnings, ["Messages cut to their first 4096 characters, with … at the end: 3"]);
});

Deno.test("of more than a reply holds, the newest are kept", () => {
  const entries = Array.from({ length: 100 }, (_, index) => entry(`${index} ${"x".repeat(4000)}`));
  const bounded = boundEntries(entries);
  assert.equal(bounded.entries.length, 65);
  assert.equal(bounded.entries.at(-1), entries.at(-1));
  assert.deepEqual(bounded.warnings, ["Older lines left out, since a reply has room for 262144 characters: 35"]);
});

function entry(message: string) {
  return { timestamp: "2026-11-22T10:16:08Z", pod: "a", container: "main", message };
}
