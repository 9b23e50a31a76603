import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createApiKey, digestOf, idOf } from "../../../../server/auth/token/api_key.ts";
import { redactText } from "../../../../tools/redact.ts";

Deno.test("a new key has its form, its digest is SHA-256 of the whole, and no two are alike", () => {
  const made = Array.from({ length: 500 }, createApiKey);
  for (const { id, key, sha256 } of made) {
    assert.match(key, /^mcp_[a-z0-9]{16}_[A-Za-z0-9_-]{43}$/);
    assert.equal(idOf(key), id);
    assert.equal(sha256, createHash("sha256").update(key).digest("hex"));
    assert.equal(digestOf(key), sha256);
  }
  assert.equal(new Set(made.map(({ id }) => id)).size, made.length);
  assert.equal(new Set(made.map(({ key }) => key.slice(21))).size, made.length);
});

Deno.test("every character that may be in an id is in some, as often as any other", () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 1000; i++) for (const char of createApiKey().id) counts.set(char, (counts.get(char) ?? 0) + 1);
  assert.equal(counts.size, 36);
  // 16,000 draws give 444 each, with a standard deviation of 21.
  for (const [char, count] of counts) assert(count > 300 && count < 600, `${char} ${count}`);
});

Deno.test("a key that gets into a log or a record is hidden there", () => {
  for (let i = 0; i < 200; i++) {
    const { key } = createApiKey();
    for (const text of [key, `key ${key}.`, `{"a":"${key}"}`, `Cannot use ${key}: no`, `?q=${key}&x=1`]) {
      assert(!redactText(text).includes(key.slice(21)), redactText(text));
    }
  }
});
