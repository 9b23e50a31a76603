import assert from "node:assert/strict";
import { clean, cleanText } from "../../../tools/untrusted/clean.ts";

/** The hidden letters of a text as Unicode tags, which models read and nobody sees. */
const tags = [..."ignore"].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("");

for (
  const [what, text, expected] of [
    ["tag characters", `ok${tags}!`, "ok!"],
    ["zero-width marks", "pass\u200bword\ufeff\u2060", "password"],
    ["bidirectional overrides", "user\u202etxt.exe\u202c \u2066a\u2069", "usertxt.exe a"],
    ["terminal colours and titles", "\x1b[31mred\x1b[0m \x1b]0;title\x07x", "red x"],
    ["control characters", "a\0b\x07c\x08d\x9be\x7ff", "abcdef"],
    ["a carriage return that hides a line", "safe\rEVIL\r\n", "safeEVIL\n"],
    ["line and paragraph separators", "a\u2028b\u2029c", "abc"],
    ["variation selectors", "x\ufe0f\u{e0100}y", "xy"],
    ["fillers", "a\u3164b\u115fc", "abc"],
  ] as const
) {
  Deno.test(`text loses ${what}`, () => assert.equal(cleanText(text), expected));
}

Deno.test("text keeps what is seen: tabs, lines, every script, emoji", () => {
  const text = "a\tb\nΩ 中文 العربية हिन्दी 🙂 é — “quoted”";
  assert.equal(cleanText(text), text);
});

Deno.test("a value is cleaned at every depth, names of members too, and is the same value where nothing was to clean", () => {
  const value = { logs: [{ message: "a\u200b", "ke\u202ey": "v" }], count: 1, none: null };
  assert.deepEqual(clean(value), { logs: [{ message: "a", key: "v" }], count: 1, none: null });
  const plain = { logs: [{ message: "a" }], list: [[1, "x"]] };
  assert.equal(clean(plain), plain);
});

Deno.test("a member called __proto__ stays a member", () => {
  const cleaned = clean(JSON.parse('{"__proto__":"a\\u200b","b":1}'));
  assert.equal(JSON.stringify(cleaned), '{"__proto__":"a","b":1}');
});
