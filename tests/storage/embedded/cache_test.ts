import assert from "node:assert/strict";
import { createMemoryCache } from "../../../storage/embedded/cache.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

/** Which of the keys are cached. */
async function cached(cache: ReturnType<typeof createMemoryCache>, keys: readonly string[]): Promise<string> {
  const found: string[] = [];
  for (const key of keys) if (await cache.get(key) !== undefined) found.push(key);
  return found.join("");
}

/** Four texts of this length fit under the bound, a fifth does not. */
const TEXT = "x".repeat(1_000);
const BYTES_MAX = 9_500;

Deno.test("over its bound the cache drops what was written first", async () => {
  const cache = createMemoryCache(manualClock(), { bytesMax: BYTES_MAX });
  for (const key of "abcd") await cache.set(key, TEXT, 60);
  assert.equal(await cached(cache, [..."abcd"]), "abcd");
  await cache.set("a", TEXT, 60);
  assert.equal(await cached(cache, [..."abcd"]), "abcd");
  await cache.set("e", TEXT, 60);
  assert.equal(await cached(cache, [..."abcde"]), "acde");
  await cache.set("f", TEXT.repeat(2), 60);
  assert.equal(await cached(cache, [..."abcdef"]), "aef");
});

Deno.test("a text over the whole bound is not kept, nor the one it should replace", async () => {
  const cache = createMemoryCache(manualClock(), { bytesMax: BYTES_MAX });
  for (const key of "ab") await cache.set(key, TEXT, 60);
  await cache.set("a", TEXT.repeat(5), 60);
  assert.equal(await cached(cache, [..."ab"]), "b");
});

Deno.test("what was replaced or has expired no longer counts", async () => {
  const clock = manualClock();
  const cache = createMemoryCache(clock, { bytesMax: BYTES_MAX });
  for (let write = 0; write < 100; write++) await cache.set("a", TEXT, 60);
  await cache.set("b", TEXT, 1);
  for (const key of "cd") await cache.set(key, TEXT, 60);
  clock.advance(1_000);
  assert.equal(await cached(cache, [..."abcd"]), "acd");
  await cache.set("e", TEXT, 60);
  assert.equal(await cached(cache, [..."abcde"]), "acde");
});

Deno.test("many small entries are bounded by what they cost besides their text", async () => {
  const cache = createMemoryCache(manualClock(), { bytesMax: BYTES_MAX });
  const keys = Array.from({ length: 100 }, (_, index) => `${index},`);
  for (const key of keys) await cache.set(key, "", 60);
  assert.ok((await cached(cache, keys)).split(",").length < 50);
});
