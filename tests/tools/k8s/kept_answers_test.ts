import assert from "node:assert/strict";
import { KeptAnswers } from "../../../tools/k8s/kept_answers.ts";

Deno.test("an answer is kept for its time, from when it came", async () => {
  let nowMs = 0;
  const kept = new KeptAnswers<number>(10, () => nowMs);
  let asked = 0;
  const ask = () => Promise.resolve({ value: ++asked, keepMs: 100 });
  assert.equal(await kept.get("a", ask), 1);
  nowMs = 99;
  assert.equal(await kept.get("a", ask), 1);
  nowMs = 100;
  assert.equal(await kept.get("a", ask), 2);
  kept.forget("a");
  assert.equal(await kept.get("a", ask), 3);
});

Deno.test("who asks while an answer is awaited shares it, however long it takes", async () => {
  let nowMs = 0;
  const kept = new KeptAnswers<number>(10, () => nowMs);
  const { promise, resolve } = Promise.withResolvers<{ value: number; keepMs: number }>();
  const first = kept.get("a", () => promise);
  nowMs = 1e9;
  const second = kept.get("a", () => Promise.reject(new Error("Asked twice")));
  resolve({ value: 1, keepMs: 100 });
  assert.deepEqual(await Promise.all([first, second]), [1, 1]);
});

Deno.test("a failure is that of all who wait, and is not kept", async () => {
  const kept = new KeptAnswers<number>(10, () => 0);
  const fault = new Error("A fault");
  const waiting = [kept.get("a", () => Promise.reject(fault)), kept.get("a", () => Promise.reject(fault))];
  for (const one of waiting) await assert.rejects(one, fault);
  assert.equal(await kept.get("a", () => Promise.resolve({ value: 1, keepMs: 100 })), 1);
});

Deno.test("no more answers are kept than allowed: the oldest go", async () => {
  const kept = new KeptAnswers<string>(3, () => 0);
  const asked: string[] = [];
  const get = (key: string) =>
    kept.get(key, () => {
      asked.push(key);
      return Promise.resolve({ value: key, keepMs: 100 });
    });
  for (const key of ["a", "b", "c", "d", "b", "c", "d", "a"]) await get(key);
  assert.deepEqual(asked, ["a", "b", "c", "d", "a"]);
});
