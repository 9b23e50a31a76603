import assert from "node:assert/strict";
import fc from "fast-check";
import type { ContextQuota, ContextStore } from "../../storage/context_store.ts";
import { QuotaExceededError, VersionConflictError } from "../../storage/errors.ts";

/** An implementation under test. */
export interface ContextQuotaSubject extends AsyncDisposable {
  readonly store: ContextStore;
  /** The same data through another instance, as a second replica or process has it. */
  readonly other: ContextStore;
  /** Resolves when the life of what was written for one second under the key is over. */
  outlived(key: string): Promise<void>;
}

const PLENTY: ContextQuota = { keysMax: 10_000, bytesMax: 1_000_000 };
const LIFE = { ttlSeconds: 3600 };
const text = (bytes: number) => "x".repeat(bytes);

/** Registers the tests that the quotas of every context store must pass. */
export function describeContextQuota(name: string, open: () => Promise<ContextQuotaSubject>): void {
  Deno.test(`${name} keeps the promises of a quota`, async (t) => {
    await using subject = await open();
    const { store, other } = subject;
    const write = (writer: string, key: string, value: string, quota: Partial<ContextQuota> = {}, more = {}) =>
      store.set(key, value, { ...LIFE, writer, quota: { ...PLENTY, ...quota }, ...more });

    await t.step("a writer has as many keys as the quota says, and not one more", async () => {
      for (const key of ["k1", "k2", "k3"]) await write("keys", key, "v", { keysMax: 3 });
      await assert.rejects(write("keys", "k4", "v", { keysMax: 3 }), exceeded("keys", 4, 3));
      assert.equal(await store.get("k4"), undefined);
      assert.equal((await write("keys", "k1", "again", { keysMax: 3 })).version, 2);
      assert.equal((await write("somebody else", "k4", "v", { keysMax: 3 })).version, 1);
      assert.deepEqual(await usage(store, "keys"), { keys: 3, bytes: 3 * 2 + 7 });
    });

    await t.step("bytes are those of the key in UTF-8 and of the value as it is stored", async () => {
      const stored: readonly (readonly [key: string, value: string, bytes: number])[] = [
        ["b1", "text", 2 + 4],
        ["b2", "é\u{1F600}", 2 + 6],
        ["b3", "1", 2 + 3], // Quoted, as it would be a number else.
        ["bü", "", 3],
      ];
      let sum = 0;
      for (const [key, value, bytes] of stored) {
        await write("bytes", key, value);
        assert.deepEqual((await usage(other, "bytes")).bytes, sum += bytes, key);
      }
    });

    await t.step("a writer has as many bytes as the quota says, and not one more", async () => {
      await write("full", "f1", text(48), { bytesMax: 100 });
      await write("full", "f2", text(48), { bytesMax: 100 });
      await assert.rejects(write("full", "f3", "", { bytesMax: 100 }), exceeded("bytes", 102, 100));
      await assert.rejects(write("full", "f2", text(49), { bytesMax: 100 }), exceeded("bytes", 101, 100));
      assert.equal((await store.get("f2"))?.value, text(48));
      assert.equal((await store.get("f2"))?.version, 1);
      await write("full", "f2", text(46), { bytesMax: 100 });
      await write("full", "f3", "", { bytesMax: 100 });
      assert.deepEqual(await usage(store, "full"), { keys: 3, bytes: 100 });
    });

    await t.step("a key moves to the writer who overwrites it", async () => {
      await write("first", "moves", text(10), { keysMax: 1 });
      await write("second", "moves", text(20), { keysMax: 1 });
      assert.deepEqual(await usage(other, "first"), { keys: 0, bytes: 0 });
      assert.deepEqual(await usage(other, "second"), { keys: 1, bytes: 25 });
      await write("first", "stays", text(10), { keysMax: 1 });
      await assert.rejects(write("first", "moves", "", { keysMax: 1 }), exceeded("keys", 2, 1));
      assert.equal((await store.get("moves"))?.writer, "second");
    });

    await t.step("a write that meets another version leaves the accounts as they were", async () => {
      await write("cas", "c1", text(10));
      for (const [key, value] of [["c1", text(50)], ["c1", ""], ["c2", "new"], ["moves", "mine"]] as const) {
        await assert.rejects(write("cas", key, value, {}, { expectedVersion: 7 }), VersionConflictError);
      }
      assert.deepEqual(await usage(store, "cas"), { keys: 1, bytes: 12 });
      assert.deepEqual(await usage(store, "second"), { keys: 1, bytes: 25 });
    });

    await t.step("a quota that was made smaller refuses until the writer has less", async () => {
      for (const key of ["s1", "s2"]) await write("smaller", key, text(8));
      await assert.rejects(write("smaller", "s1", text(8), { bytesMax: 15 }), exceeded("bytes", 20, 15));
      await write("smaller", "s1", text(3), { bytesMax: 15 });
      assert.deepEqual(await usage(store, "smaller"), { keys: 2, bytes: 15 });
    });

    await t.step("writers with odd names have accounts of their own", async () => {
      const names = ["a}b", "a{b}", "a/b", "a%2Fb", "a b", "ü", "__proto__", ""];
      for (const [index, writer] of names.entries()) await write(writer, `odd ${index}`, text(index));
      for (const [index, writer] of names.entries()) {
        assert.deepEqual(await usage(other, writer), { keys: 1, bytes: 5 + index }, writer);
      }
    });

    await t.step("of many writes at once exactly as many succeed as the quota allows", async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 ? store : other).set(`r${index % 10}${index}`, "", {
            ...LIFE,
            writer: "racer",
            quota: index % 3 ? { keysMax: 10, bytesMax: 1_000 } : { keysMax: 10, bytesMax: 999 },
          })),
      );
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 10);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") exceeded("keys", 11, 10)(outcome.reason);
      }
      assert.equal((await usage(store, "racer")).keys, 10);
    });

    await t.step("many writes of one key at once leave the account of the one that stays", async () => {
      const quota = { keysMax: 1, bytesMax: 100 };
      for (const writers of [["one"], ["one", "two"]]) {
        await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            (index % 2 ? store : other).set("hot", text(index), {
              ...LIFE,
              writer: writers[index % writers.length] ?? "",
              quota,
            })),
        );
        const entry = await store.get("hot");
        for (const writer of ["one", "two"]) {
          const expected = entry?.writer === writer ? { keys: 1, bytes: 3 + String(entry.value).length } : NOTHING;
          assert.deepEqual(await usage(store, writer), expected, writer);
        }
      }
    });

    await t.step("what has expired does not count, however much it is", async () => {
      const quota = { keysMax: 250, bytesMax: 250 * 4 };
      const brief = (key: string) => store.set(key, "", { writer: "brief", ttlSeconds: 1, quota });
      await Promise.all(Array.from({ length: 250 }, (_, index) => brief(`m${100 + index}`)));
      await assert.rejects(brief("more"), exceeded("keys", 251, 250));
      await subject.outlived("m349");
      await store.set("big", text(997), { ...LIFE, writer: "brief", quota });
      assert.deepEqual(await usage(store, "brief"), { keys: 1, bytes: 1000 });
    });

    await t.step("any writes leave what a simple count of them says", async () => {
      let run = 0;
      const writes = fc.array(
        fc.record({
          writer: fc.nat(2),
          key: fc.nat(3),
          bytes: fc.nat(30),
          isConflict: fc.boolean(),
          instance: fc.boolean(),
        }),
        { minLength: 1, maxLength: 25 },
      );
      await fc.assert(
        fc.asyncProperty(writes, async (steps) => {
          run++;
          const quota = { keysMax: 2, bytesMax: 60 };
          const model = new Map<string, { writer: string; bytes: number }>();
          for (const step of steps) {
            const [writer, key] = [`w${run}.${step.writer}`, `p${run}.${step.key}`];
            const bytes = key.length + step.bytes;
            const after = count(new Map([...model, [key, { writer, bytes }]]), writer);
            const isAllowed = after.keys <= quota.keysMax && after.bytes <= quota.bytesMax && !step.isConflict;
            const expectedVersion = step.isConflict ? 1_000 : undefined;
            const wrote = (step.instance ? store : other)
              .set(key, text(step.bytes), { ...LIFE, writer, quota, expectedVersion });
            if (isAllowed) {
              await wrote;
              model.set(key, { writer, bytes });
            } else {
              await assert.rejects(wrote);
            }
          }
          for (const writer of [0, 1, 2].map((index) => `w${run}.${index}`)) {
            assert.deepEqual(await usage(store, writer), count(model, writer));
          }
        }),
        { numRuns: 60 },
      );
    });

    await t.step("what is deleted no longer counts, whoever deletes it", async () => {
      const mine = { ...LIFE, writer: "deleter", quota: PLENTY };
      await store.set("deleted.1", text(10), mine);
      await store.set("deleted.2", text(10), mine);
      assert.equal((await usage(store, "deleter")).keys, 2);
      await other.delete("deleted.1");
      assert.equal((await usage(store, "deleter")).keys, 1);
      await store.delete("deleted.2");
      assert.deepEqual(await usage(store, "deleter"), NOTHING);
    });
  });
}

const NOTHING = { keys: 0, bytes: 0 };

function count(model: ReadonlyMap<string, { readonly writer: string; readonly bytes: number }>, writer: string) {
  const bytes = [...model.values()].filter((entry) => entry.writer === writer).map((entry) => entry.bytes);
  return { keys: bytes.length, bytes: bytes.reduce((sum, next) => sum + next, 0) };
}

/** What a writer has, as a refusal says it: it may have nothing, and asks for one key and five bytes more. */
export async function usage(store: ContextStore, writer: string): Promise<{ keys: number; bytes: number }> {
  const ask = async (quota: ContextQuota): Promise<number> => {
    try {
      await store.set("probe", "", { ...LIFE, writer, quota });
    } catch (error) {
      if (error instanceof QuotaExceededError) return error.used;
      throw error;
    }
    assert.fail("A quota of nothing took a write");
  };
  return { keys: await ask({ ...PLENTY, keysMax: 0 }) - 1, bytes: await ask({ ...PLENTY, bytesMax: 0 }) - 5 };
}

/** Checks an error; made to be given to `assert.rejects`. */
function exceeded(quota: "keys" | "bytes", used: number, max: number): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof QuotaExceededError, `Expected a refusal, got ${error}`);
    assert.deepEqual({ quota: error.quota, used: error.used, max: error.max }, { quota, used, max });
    return true;
  };
}
