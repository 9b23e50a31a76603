import assert from "node:assert/strict";
import type { KeyedCallStore } from "../../storage/keyed_call_store.ts";

/** An implementation under test. */
export interface KeyedCallStoreSubject extends AsyncDisposable {
  readonly store: KeyedCallStore;
  /** What shares its data, as another replica's does. */
  readonly other: KeyedCallStore;
  /** Brings about the end of an entry of 30 s, not of one of an hour. */
  expire(sha256: string): Promise<void>;
}

const ENTRY = JSON.stringify({ text: "grüße 😀\u0000" });
const digest = (digit: string) => digit.repeat(64);

/** Registers the tests that every store of keyed calls must pass. */
export function describeKeyedCallStore(name: string, open: () => Promise<KeyedCallStoreSubject>): void {
  Deno.test(`${name} keeps the promises of a store of keyed calls`, async (t) => {
    await using subject = await open();
    const { store, other } = subject;

    await t.step("what was not begun is undefined", async () => {
      for (const sha256 of [digest("0"), "constructor", "__proto__", ""]) {
        assert.equal(await store.get(sha256), undefined);
      }
    });

    await t.step("of 50 who begin a call one does, and the others get its entry", async () => {
      const begun = await Promise.all(
        Array.from({ length: 50 }, (_, caller) => (caller % 2 ? store : other).begin(digest("a"), `${caller}`, 30)),
      );
      const winners = begun.flatMap((entry, caller) => entry === undefined ? [`${caller}`] : []);
      assert.equal(winners.length, 1);
      assert.deepEqual(new Set(begun.filter((entry) => entry !== undefined)), new Set(winners));
    });

    await t.step("an entry comes back to the letter, and another takes its place", async () => {
      assert.equal(await store.begin(digest("b"), ENTRY, 30), undefined);
      assert.equal(await other.get(digest("b")), ENTRY);
      await other.replace(digest("b"), "answered", 30);
      assert.equal(await store.begin(digest("b"), "again", 30), "answered");
    });

    await t.step("what was forgotten can be begun anew; forgetting nothing is nothing", async () => {
      assert.equal(await store.begin(digest("c"), "one", 30), undefined);
      await other.forget(digest("c"));
      await other.forget(digest("c"));
      assert.equal(await store.begin(digest("c"), "two", 30), undefined);
    });

    await t.step("an entry that has ended is gone, the others stay; replacing gives a new life", async () => {
      await store.begin(digest("d"), "ends", 30);
      await store.begin(digest("e"), "stays", 3600);
      await store.begin(digest("f"), "short", 30);
      await store.replace(digest("f"), "long", 3600);
      await subject.expire(digest("d"));
      assert.equal(await other.get(digest("d")), undefined);
      assert.equal(await other.begin(digest("d"), "anew", 30), undefined);
      assert.equal(await store.get(digest("e")), "stays");
      assert.equal(await store.get(digest("f")), "long");
    });
  });
}
