import assert from "node:assert/strict";
import fc from "fast-check";
import { contextKeys } from "../../../tools/ctx/keys.ts";
import { toolError } from "../tool_error.ts";

const own = contextKeys("principal");

const stored: readonly (readonly [name: string, key: string, stored: string])[] = [
  ["alice", "version", "alice/version"],
  ["alice", "incident/42", "alice/incident/42"],
  ["alice/incident", "42", "alice%2Fincident/42"],
  ["alice%2Fincident", "42", "alice%252Fincident/42"],
  ["alice", "../bob/x", "alice/../bob/x"],
  ["..", "x", "../x"],
  ["{bob}", "x", "%7Bbob%7D/x"],
  ["ops@example.com", "x", "ops%40example.com/x"],
  ["Zoë", "x", "Zo%C3%AB/x"],
  ["", "x", "/x"],
];

for (const [name, key, expected] of stored) {
  Deno.test(`the context of ${JSON.stringify(name)} has ${JSON.stringify(key)} under ${expected}`, () => {
    assert.equal(own.stored({ name }, key), expected);
  });
}

Deno.test("no two principals, and no two keys of one, share a place; none has a brace", () => {
  // Out of few characters, the dangerous ones, so that names and keys often look alike.
  const awkward = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 6 });
  const name = fc.oneof(awkward("ab/%2F.{}"), fc.string({ unit: "grapheme", maxLength: 6 }));
  const place = fc.tuple(name, awkward("ab/%2F.:"));
  const check = fc.property(place, place, ([name, key], [otherName, otherKey]) => {
    const [one, other] = [own.stored({ name }, key), own.stored({ name: otherName }, otherKey)];
    assert.equal(one === other, name === otherName && key === otherKey);
    assert.doesNotMatch(one, /[{}]/);
  });
  fc.assert(check, { numRuns: 5_000 });
});

Deno.test("a shared key is the key itself, whoever asks", () => {
  const shared = contextKeys("shared");
  for (const name of ["alice", "bob", "\ud800"]) assert.equal(shared.stored({ name }, "alice/x"), "alice/x");
});

Deno.test("a name that holds half a surrogate pair has no context of its own", async () => {
  for (const name of ["\ud800", "a\udc00b"]) await toolError("forbidden", () => own.stored({ name }, "x"));
});
