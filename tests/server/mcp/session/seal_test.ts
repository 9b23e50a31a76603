import assert from "node:assert/strict";
import fc from "fast-check";
import { createSessionSeal, type SessionFacts } from "../../../../server/mcp/session/seal.ts";

const FACTS: SessionFacts = {
  id: "0199c0de-0000-7000-8000-000000000000",
  principal: "default",
  protocolVersion: "2025-11-25",
  client: { name: "tests", version: "1" },
  capabilities: { sampling: {} },
};
const key = (byte: number) => new Uint8Array(32).fill(byte);

Deno.test("facts that one replica sealed are read by another with the same key, and by none with another", () => {
  const sealed = createSessionSeal(key(1)).close(FACTS);
  assert(sealed);
  assert.match(sealed, /^[\w.-]+$/);
  assert.deepEqual(createSessionSeal(key(1)).open(sealed), FACTS);
  assert.equal(createSessionSeal(key(2)).open(sealed), undefined);
});

Deno.test("any other text than the sealed one is no session", () => {
  const seal = createSessionSeal(key(1));
  const sealed = seal.close(FACTS) ?? "";
  fc.assert(fc.property(fc.nat(sealed.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (place, character) => {
    const edited = sealed.slice(0, place) + character + sealed.slice(place + 1);
    assert.deepEqual(seal.open(edited), edited === sealed ? FACTS : undefined);
  }));
  for (
    const other of ["", ".", "..", `${sealed}=`, `${sealed}.`, ` ${sealed}`, sealed.toUpperCase(), "x".repeat(5000)]
  ) {
    assert.equal(seal.open(other), undefined, other.slice(0, 40));
  }
});

Deno.test("facts that need more than 1 KiB are not sealed", () => {
  const seal = createSessionSeal(key(1));
  const withPadding = (length: number) => ({ ...FACTS, capabilities: { sampling: { padding: "x".repeat(length) } } });
  assert((seal.close(withPadding(100))?.length ?? Infinity) <= 1024);
  assert.equal(seal.close(withPadding(1000)), undefined);
});

Deno.test("a key of less than 32 bytes is refused", () => {
  assert.throws(() => createSessionSeal(new Uint8Array(31)), /at least 32 bytes, but got 31/);
});
