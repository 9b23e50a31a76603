import assert from "node:assert/strict";
import { StaleReads } from "../../../tools/k8s/stale_reads.ts";

const OPTIONS = { entriesMax: 2, freshMs: 3_000, staleMs: 30_000 };
const idle = () => new AbortController().signal;

Deno.test("a fresh value is given again, a stale one once more while it is read anew, an old one is waited for", async () => {
  let nowMs = 0;
  let reads = 0;
  using kept = new StaleReads<number>({ ...OPTIONS, elapsed: () => nowMs });
  const read = () => kept.read("a", idle(), () => Promise.resolve(++reads));
  assert.deepEqual(await read(), { value: 1, ageSeconds: 0 });
  nowMs = 2_999;
  assert.deepEqual(await read(), { value: 1, ageSeconds: 2 });
  assert.equal(reads, 1);
  nowMs = 5_000;
  assert.deepEqual(await read(), { value: 1, ageSeconds: 5 });
  assert.equal(reads, 2);
  await turn();
  assert.deepEqual(await read(), { value: 2, ageSeconds: 0 });
  nowMs = 36_000;
  assert.deepEqual(await read(), { value: 3, ageSeconds: 0 });
});

Deno.test("what cannot be read anew is given to nobody any more", async () => {
  let nowMs = 0;
  using kept = new StaleReads<number>({ ...OPTIONS, elapsed: () => nowMs });
  await kept.read("a", idle(), () => Promise.resolve(1));
  nowMs = 4_000;
  const failed = Promise.withResolvers<number>();
  assert.equal((await kept.read("a", idle(), () => failed.promise)).value, 1);
  failed.reject(new Error("forbidden now"));
  await turn();
  await assert.rejects(kept.read("a", idle(), () => Promise.reject(new Error("still"))), /still/);
});

Deno.test("keys have values of their own, and the oldest goes where there are too many", async () => {
  const asked: string[] = [];
  using kept = new StaleReads<string>({ ...OPTIONS, elapsed: () => 0 });
  const read = (key: string) =>
    kept.read(key, idle(), () => {
      asked.push(key);
      return Promise.resolve(key);
    });
  for (const key of ["a", "b", "b", "c", "c", "a"]) assert.equal((await read(key)).value, key);
  assert.deepEqual(asked, ["a", "b", "c", "a"]);
});

/** Lets what is ready to go on do so. */
function turn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 0);
  return promise;
}
