import assert from "node:assert/strict";
import { z } from "zod";
import type { Cache } from "../../storage/cache.ts";
import { StorageError } from "../../storage/errors.ts";
import { readThrough } from "../../tools/read_through.ts";

/** A cache that notes what it is asked; `away` makes a half of it throw. */
function testCache(texts: Readonly<Record<string, string>> = {}, away: Partial<Cache> = {}) {
  const kept = new Map(Object.entries(texts));
  const sets: (readonly [key: string, text: string, ttlSeconds: number])[] = [];
  const cache: Cache = {
    get: (key) => Promise.resolve(kept.get(key)),
    set: (key, text, ttlSeconds) => {
      sets.push([key, text, ttlSeconds]);
      kept.set(key, text);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...away,
  };
  return { cache, sets };
}

const away = () => Promise.reject(new StorageError("Redis is away"));
const pods = z.object({ pods: z.array(z.string()) });
const load = () => Promise.resolve({ pods: ["a"] });

function noLoad(): Promise<never> {
  return Promise.reject(new Error("Loaded although it was cached"));
}

Deno.test("readThrough loads what is not cached, and caches it", async () => {
  const { cache, sets } = testCache();
  assert.deepEqual(await readThrough(cache, "k8s:pods:default", 60, pods, load), { pods: ["a"] });
  assert.deepEqual(sets, [["k8s:pods:default", '{"pods":["a"]}', 60]]);
  assert.deepEqual(await readThrough(cache, "k8s:pods:default", 60, pods, noLoad), { pods: ["a"] });
});

for (const value of [null, false, 0, "", [], {}, { a: [null] }]) {
  Deno.test(`readThrough gives a cached ${JSON.stringify(value)} without loading`, async () => {
    const { cache } = testCache({ key: JSON.stringify(value) });
    assert.deepEqual(await readThrough(cache, "key", 60, z.json(), noLoad), value);
  });
}

const foreign = ["", "{", "pods", "null", "[]", "{}", '{"pods":null}', '{"pods":[1]}', '{"pods":{"0":"a"}}'];

for (const text of foreign) {
  Deno.test(`readThrough loads and overwrites where the cache holds ${JSON.stringify(text)}`, async () => {
    const { cache, sets } = testCache({ key: text });
    assert.deepEqual(await readThrough(cache, "key", 60, pods, load), { pods: ["a"] });
    assert.deepEqual(sets, [["key", '{"pods":["a"]}', 60]]);
  });
}

const bypassed: readonly (readonly [what: string, away: Partial<Cache>])[] = [
  ["cannot be read", { get: away }],
  ["cannot be written", { set: away }],
  ["is away", { get: away, set: away }],
];

for (const [what, broken] of bypassed) {
  Deno.test(`readThrough answers although the cache ${what}`, async () => {
    const { cache } = testCache({}, broken);
    assert.deepEqual(await readThrough(cache, "key", 60, pods, load), { pods: ["a"] });
  });
}

Deno.test("readThrough gives a cached value although the cache cannot be written", async () => {
  const { cache } = testCache({ key: "1" }, { set: away });
  assert.equal(await readThrough(cache, "key", 60, z.json(), noLoad), 1);
});

for (const half of ["get", "set"] as const) {
  Deno.test(`readThrough does not hide a fault of ours in the cache's ${half}`, async () => {
    const fault = new TypeError("a fault of ours");
    const { cache } = testCache({}, { [half]: () => Promise.reject(fault) });
    await assert.rejects(readThrough(cache, "key", 60, pods, load), fault);
  });
}

Deno.test("readThrough caches no failure", async () => {
  const { cache, sets } = testCache();
  const failure = new Error("the cluster said no");
  await assert.rejects(readThrough(cache, "key", 60, z.any(), () => Promise.reject(failure)), failure);
  assert.deepEqual(sets, []);
  assert.deepEqual(await readThrough(cache, "key", 60, pods, load), { pods: ["a"] });
});

const sizes: readonly (readonly [chars: number, cached: boolean])[] = [[1_048_576, true], [1_048_577, false]];

for (const [chars, cached] of sizes) {
  Deno.test(`readThrough ${cached ? "caches" : "does not cache"} a value of ${chars} characters`, async () => {
    const { cache, sets } = testCache();
    const value = "x".repeat(chars - 2); // And two quotes.
    assert.equal(await readThrough(cache, "key", 60, z.any(), () => Promise.resolve(value)), value);
    assert.equal(sets.length, cached ? 1 : 0);
  });
}
