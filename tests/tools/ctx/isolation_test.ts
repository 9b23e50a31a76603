import assert from "node:assert/strict";
import { toolError } from "../tool_error.ts";
import { openContextTools } from "./context_tools.ts";

/** What eve may call herself, and ask for, to get at what alice has under `secret` and `a/b`. */
const attempts: readonly (readonly [eve: string, key: string])[] = [
  ["eve", "secret"],
  ["eve", "alice/secret"],
  ["eve", "/alice/secret"],
  ["eve", "../alice/secret"],
  ["eve", "./../alice/secret"],
  ["eve", "..%2Falice%2Fsecret"],
  ["eve", "%2e%2e/alice/secret"],
  ["eve", "%2Falice%2Fsecret"],
  ["eve", "ctx:alice/secret"],
  ["eve", "meta:alice/secret"],
  ["eve", "*"],
  ["eve", "?lice/secret"],
  ["eve", "alice"],
  ["eve", "__proto__"],
  ["eve/../alice", "secret"],
  ["../alice", "secret"],
  ["alice/", "secret"],
  ["/alice", "secret"],
  ["alice%2F", "secret"],
  ["%61lice", "secret"],
  ["ALICE", "secret"],
  ["alice ", "secret"],
  ["alic", "e/secret"],
  ["аlice", "secret"], // A Cyrillic letter.
  ["alice\0", "secret"],
  ["", "alice/secret"],
  ["alice/a", "b"],
  ["alice%2Fa", "b"],
];

for (const [eve, key] of attempts) {
  Deno.test(`${JSON.stringify(eve)} neither reads nor overwrites alice's context by ${JSON.stringify(key)}`, async () => {
    using context = openContextTools({ scope: "principal" });
    const hers = [["secret", "hers"], ["a/b", "hers too"]] as const;
    for (const [key, value] of hers) await context.set({ key, value }, "alice");

    assert.deepEqual(await context.get({ key }, eve), { key, value: null });
    assert.deepEqual(await context.set({ key, value: "eve's" }, eve), { success: true, key, value: "eve's" });
    assert.deepEqual(await context.get({ key }, eve), { key, value: "eve's" });
    for (const [key, value] of hers) assert.deepEqual(await context.get({ key }, "alice"), { key, value });
  });
}

Deno.test("a notice of a change names the stored key, so that only its owner can have asked for it", async () => {
  using context = openContextTools({ scope: "principal" });
  await context.set({ key: "k", value: 1 }, "alice");
  await context.set({ key: "k", value: 1 }, "eve/x");
  assert.deepEqual(context.notices, [
    { key: "alice/k", version: 1, writer: "alice" },
    { key: "eve%2Fx/k", version: 1, writer: "eve/x" },
  ]);
});

Deno.test("tools say whose context it is", () => {
  for (const [scope, readers] of [["shared", /every agent/], ["principal", /your credentials alone/]] as const) {
    using context = openContextTools({ scope });
    assert.match(context.tools.set.description, readers);
  }
  using context = openContextTools({ scope: "principal" });
  assert.doesNotMatch(context.tools.get.description, /this or another agent/);
});

const refusals = [
  ["CTX_KEYS_MAX", { keysMax: 1, bytesMax: 100 }, { key: "k2", value: 1 }, 2, 1, /may have 1 context values/],
  ["CTX_BYTES_MAX", { keysMax: 9, bytesMax: 5 }, { key: "k1", value: "long" }, 6, 5, /may have 5 bytes of context/],
] as const;

for (const [rule, quota, args, used, max, message] of refusals) {
  Deno.test(`a write beyond ${rule} is forbidden, and the error says by what rule and what to do`, async () => {
    using context = openContextTools({ quota });
    await context.set({ key: "k1", value: "v" });
    const error = await toolError("forbidden", () => context.set(args));
    assert.match(error.message, message);
    assert.match(error.message, /^alice .+, and this write would make it \d+$/);
    assert.match(error.hint ?? "", new RegExp(`3600 s.+${rule}$`));
    assert.deepEqual(error.data, { rule, used, max });
    assert.equal(context.notices.length, 1, "Nothing was written, so that nothing is told");
    assert.deepEqual(await context.get({ key: "k1" }), { key: "k1", value: "v" });
    assert.deepEqual(await context.set({ key: "k9", value: "v" }, "bob"), { success: true, key: "k9", value: "v" });
  });
}
