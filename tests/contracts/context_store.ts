import assert from "node:assert/strict";
import fc from "fast-check";
import type { ContextEntry, ContextStore } from "../../storage/context_store.ts";
import { VersionConflictError } from "../../storage/errors.ts";
import { awkwardValues, jsonValue } from "./json_values.ts";

/** An implementation under test. */
export interface ContextStoreSubject extends AsyncDisposable {
  readonly store: ContextStore;
  /** The same data through another instance, as a second replica or process has it. */
  readonly other: ContextStore;
  /** What the store's clock says; it stands still. */
  readonly nowMs: number;
  /** Brings about the end of an entry's life. */
  expire(key: string): Promise<void>;
}

const WRITE = { writer: "alice", ttlSeconds: 3600 };

/** Registers the tests that every context store must pass. */
export function describeContextStore(name: string, open: () => Promise<ContextStoreSubject>): void {
  Deno.test(`${name} keeps the promises of a context store`, async (t) => {
    await using subject = await open();
    const { store, other } = subject;

    await t.step("a missing key gives undefined", async () => {
      for (const key of ["missing", "constructor", "__proto__"]) assert.equal(await store.get(key), undefined);
    });

    await t.step("awkward values come back as they were set, also through another instance", async () => {
      for (const value of awkwardValues) {
        await store.set("awkward", value, WRITE);
        assert.deepEqual((await other.get("awkward"))?.value, value);
      }
    });

    await t.step("any JSON value comes back to the letter", async () => {
      await fc.assert(
        fc.asyncProperty(jsonValue, async (value) => {
          const set = await store.set("any", value, WRITE);
          const got = await store.get("any");
          assert.equal(JSON.stringify(got?.value), JSON.stringify(value));
          assert.equal(JSON.stringify(set.value), JSON.stringify(value));
        }),
        { numRuns: 300 },
      );
    });

    await t.step("-0 comes back as 0", async () => {
      await store.set("zero", [-0], WRITE);
      assert.deepEqual((await store.get("zero"))?.value, [0]);
    });

    await t.step("an entry says its version, writer, time and seconds to live; set gives what get gives", async () => {
      const first = await store.set("entry", { step: 1 }, WRITE);
      assert.deepEqual(
        first,
        {
          value: { step: 1 },
          version: 1,
          writer: "alice",
          writtenAtMs: subject.nowMs,
          ttlSeconds: 3600,
        } satisfies ContextEntry,
      );
      assert.deepEqual(await store.get("entry"), first);

      const second = await other.set("entry", "done", { writer: "böb", ttlSeconds: 60 });
      assert.deepEqual(second, {
        value: "done",
        version: 2,
        writer: "böb",
        writtenAtMs: subject.nowMs,
        ttlSeconds: 60,
      });
      assert.deepEqual(await store.get("entry"), second);
    });

    await t.step("what is deleted is gone, for every instance, and begins anew", async () => {
      await store.set("deleted", 1, WRITE);
      await store.set("deleted", 2, WRITE);
      await store.set("stays", 1, WRITE);
      assert.equal(await other.delete("deleted"), 2);
      assert.equal(await store.get("deleted"), undefined);
      assert.equal((await store.get("stays"))?.version, 1);
      assert.equal((await store.set("deleted", 3, { ...WRITE, expectedVersion: 0 })).version, 1);
      assert.equal(await store.delete("deleted"), 1);
      for (const key of ["deleted", "missing", "__proto__"]) assert.equal(await store.delete(key), undefined);
    });

    await t.step("a delete that expects another version removes nothing", async () => {
      await store.set("expected", 1, WRITE);
      for (const [key, expected, current] of [["expected", 2, 1], ["expected", 0, 1], ["none", 1, 0]] as const) {
        await assert.rejects(
          store.delete(key, expected),
          (error) => error instanceof VersionConflictError && error.expected === expected && error.current === current,
        );
      }
      assert.equal((await store.get("expected"))?.value, 1);
      assert.equal(await store.delete("none", 0), undefined);
      assert.equal(await store.delete("expected", 1), 1);
    });

    await t.step("keys are told apart", async () => {
      const keys = ["a", "A", "a:b", "a b", "é", "e\u0301", "%", "*", "__proto__"];
      for (const key of keys) await store.set(key, `value of ${key}`, WRITE);
      for (const key of keys) assert.equal((await store.get(key))?.value, `value of ${key}`);
    });

    await t.step("a write that expects the stored version succeeds, also 0 for no entry", async () => {
      assert.equal((await store.set("cas", "one", { ...WRITE, expectedVersion: 0 })).version, 1);
      assert.equal((await other.set("cas", "two", { ...WRITE, expectedVersion: 1 })).version, 2);
      assert.equal((await store.get("cas"))?.value, "two");
    });

    for (const [expectedVersion, current] of [[0, 2], [1, 2], [3, 2]] as const) {
      await t.step(`a write that expects version ${expectedVersion} of ${current} changes nothing`, async () => {
        const before = await store.get("cas");
        await assert.rejects(
          store.set("cas", "lost", { writer: "eve", ttlSeconds: 1, expectedVersion }),
          conflict(expectedVersion, current),
        );
        assert.deepEqual(await store.get("cas"), before);
      });
    }

    await t.step("a write that expects a version of a missing key writes nothing", async () => {
      await assert.rejects(store.set("absent", "lost", { ...WRITE, expectedVersion: 1 }), conflict(1, 0));
      assert.equal(await store.get("absent"), undefined);
    });

    await t.step("of 50 writers that expect the same version exactly one succeeds", async () => {
      for (const expectedVersion of [0, 1]) {
        const outcomes = await Promise.allSettled(
          Array.from(
            { length: 50 },
            (_, writer) =>
              (writer % 2 ? store : other).set("race", writer, { ...WRITE, writer: `${writer}`, expectedVersion }),
          ),
        );
        const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
        const lost = outcomes.filter((outcome) => outcome.status === "rejected");
        assert.equal(won.length, 1);
        for (const { reason } of lost) conflict(expectedVersion, expectedVersion + 1)(reason);
        assert.deepEqual(await store.get("race"), won[0]?.value);
      }
    });

    await t.step("50 writers that expect nothing get 50 versions", async () => {
      const entries = await Promise.all(
        Array.from({ length: 50 }, (_, writer) => (writer % 2 ? store : other).set("count", writer, WRITE)),
      );
      const versions = entries.map((entry) => entry.version).sort((a, b) => a - b);
      assert.deepEqual(versions, Array.from({ length: 50 }, (_, index) => index + 1));
    });

    await t.step("an entry whose life has ended is missing, and its version starts again at 1", async () => {
      await store.set("mortal", "old", WRITE);
      await store.set("mortal", "older", WRITE);
      await store.set("immortal", "stays", { ...WRITE, ttlSeconds: 1_000_000 });
      await subject.expire("mortal");
      assert.equal(await store.get("mortal"), undefined);
      assert.equal((await store.get("immortal"))?.value, "stays");
      await assert.rejects(store.set("mortal", "lost", { ...WRITE, expectedVersion: 2 }), conflict(2, 0));
      assert.equal(await store.get("mortal"), undefined);
      assert.equal((await store.set("mortal", "new", { ...WRITE, expectedVersion: 0 })).version, 1);
      await subject.expire("mortal");
      assert.equal((await store.set("mortal", "new", WRITE)).version, 1);
    });

    await t.step("keys are found by what they begin with, to the letter, while their entries live", async () => {
      const keys = ["k/", "k/1", "k/2", "k/[a]", "k/*", "k/a?", "k/\\", "k%x", "K/1", "k/\u{10FFFF}"];
      for (const key of keys) await store.set(key, 1, { ...WRITE, ttlSeconds: 1_000_000 });
      await store.set("k/gone", 1, WRITE);
      await subject.expire("k/gone");
      const begins: readonly (readonly [prefix: string, found: readonly string[]])[] = [
        ["k/", ["k/", "k/*", "k/1", "k/2", "k/[a]", "k/\\", "k/a?", "k/\u{10FFFF}"]],
        ["k/*", ["k/*"]],
        ["k/[", ["k/[a]"]],
        ["k/?", []],
        ["k/a?", ["k/a?"]],
        ["k/\\", ["k/\\"]],
        ["k_", []],
        ["k%", ["k%x"]],
        ["nothing", []],
      ];
      for (const [prefix, found] of begins) assert.deepEqual(await other.keys(prefix, 100), found, prefix);
      assert.equal((await store.keys("k/", 3)).length, 3);
      const all = await store.keys("", 1000);
      for (const key of keys) assert.ok(all.includes(key), key);
      assert.ok(!all.includes("k/gone"));
    });
  });
}

/** Checks an error; made to be given to `assert.rejects`. */
function conflict(expected: number, current: number): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof VersionConflictError, `Expected a conflict, got ${error}`);
    assert.deepEqual({ expected: error.expected, current: error.current }, { expected, current });
    return true;
  };
}
