import assert from "node:assert/strict";
import { StorageError } from "../../storage/errors.ts";
import { TOKEN_KEPT_MS, TokenLimitError, type TokenRecord, type TokenStore } from "../../storage/token_store.ts";

/** An implementation under test, which has room for TOKENS_MAX keys. */
export interface TokenStoreSubject extends AsyncDisposable {
  readonly store: TokenStore;
  /** The same data through another instance, as a second replica or process has it. */
  readonly other: TokenStore;
  /** What the stores' clock says; it stands still. */
  readonly nowMs: number;
}

/** Room that the subjects have. */
export const TOKENS_MAX = 20;

const DAY_MS = 86_400_000;

/** A key's record; its id is filled up to 16 characters. */
export function tokenRecord(id: string, given: Partial<TokenRecord> = {}): TokenRecord {
  return {
    id: id.padEnd(16, "0"),
    sha256: "0123456789abcdef".repeat(4),
    name: "alice",
    roles: ["operator", "viewer"],
    createdAtMs: 1_790_000_000_000,
    expiresAtMs: 1_790_000_000_000 + 90 * DAY_MS,
    ...given,
  };
}

/** Registers the tests that every store of API keys must pass. */
export function describeTokenStore(name: string, open: () => Promise<TokenStoreSubject>): void {
  Deno.test(`${name} keeps the promises of a token store`, async (t) => {
    await using subject = await open();
    const { store, other, nowMs } = subject;

    await t.step("it begins empty; what is not there is undefined, and can neither be ended nor revoked", async () => {
      assert.deepEqual(await store.list(), []);
      for (const id of ["0000000000000000", "constructor", "__proto__", "", "*", "tokens"]) {
        assert.equal(await store.find(id), undefined);
        assert.equal(await store.expire(id, nowMs), false);
        assert.equal(await store.revoke(id), false);
      }
    });

    const tokens = [
      tokenRecord("b", { createdAtMs: nowMs }),
      tokenRecord("a", { createdAtMs: nowMs, expiresAtMs: undefined }),
      tokenRecord("c", { createdAtMs: nowMs - 5, name: "böb:*", roles: ['"quoted"', "%"] }),
      tokenRecord("d", { createdAtMs: nowMs - 10, roles: [], expiresAtMs: nowMs - 1 }),
    ];
    const [b, a, c, d] = tokens;

    await t.step("a key comes back as it was added, also through another instance, also one that ended", async () => {
      for (const token of tokens) await store.add(token);
      for (const token of tokens) assert.deepEqual(await other.find(token.id), token);
    });

    await t.step("all are listed, the oldest first", async () => {
      assert.deepEqual(await other.list(), [d, c, a, b]);
    });

    await t.step("an id is taken once, and the first keeps it", async () => {
      const thief = tokenRecord("a", { sha256: "f".repeat(64), name: "eve", roles: ["admin"], expiresAtMs: 1 });
      for (const instance of [store, other]) {
        await assert.rejects(
          instance.add(thief),
          (error) => error instanceof StorageError && /this id/.test(error.message),
        );
      }
      assert.deepEqual(await store.find(thief.id), a);
      const race = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) => (i % 2 ? store : other).add(tokenRecord("race", { name: `${i}` }))),
      );
      assert.equal(race.filter(({ status }) => status === "fulfilled").length, 1);
      await store.revoke(tokenRecord("race").id);
      assert.deepEqual(await store.find(thief.id), a, "not even its end is the thief's");
    });

    await t.step("ids are told apart to the letter", async () => {
      for (const id of ["A000000000000000", "b00000000000000", " b000000000000000", "b000000000000000 ", "%", "b*"]) {
        assert.equal(await store.find(id), undefined, id);
      }
    });

    await t.step("an end can be brought forward, never put off", async () => {
      assert.equal(await other.expire(tokenRecord("a").id, nowMs + 1000), true);
      assert.equal((await store.find(tokenRecord("a").id))?.expiresAtMs, nowMs + 1000);
      assert.equal(await store.expire(tokenRecord("a").id, nowMs + 2000), true);
      assert.equal((await store.find(tokenRecord("a").id))?.expiresAtMs, nowMs + 1000);
      assert.equal(await store.expire(tokenRecord("b").id, nowMs), true);
      assert.deepEqual(await store.find(tokenRecord("b").id), { ...b, expiresAtMs: nowMs });
    });

    await t.step("a revoked key is gone at once for every instance, and is revoked once", async () => {
      assert.equal(await store.revoke(tokenRecord("c").id), true);
      assert.equal(await other.find(tokenRecord("c").id), undefined);
      assert.equal(await other.revoke(tokenRecord("c").id), false);
      assert.equal((await other.list()).some(({ id }) => id === tokenRecord("c").id), false);
    });

    await t.step("it holds a bound of keys; one that is revoked makes room", async () => {
      const room = TOKENS_MAX - (await store.list()).length;
      for (let i = 0; i < room; i++) await (i % 2 ? store : other).add(tokenRecord(`full${i}x`));
      for (const instance of [store, other]) {
        await assert.rejects(instance.add(tokenRecord("more")), (error) => {
          assert.ok(error instanceof TokenLimitError, String(error));
          assert.match(error.message, /^Cannot add API key "more000000000000": the store has 20 keys, expected fewer/);
          return true;
        });
      }
      assert.equal(await store.find(tokenRecord("more").id), undefined);
      await assert.rejects(store.add(tokenRecord("a")), { name: "StorageError", message: /this id/ });
      await other.revoke(tokenRecord("full0x").id);
      await store.add(tokenRecord("more"));
      assert.equal((await store.list()).length, TOKENS_MAX);
    });

    await t.step("a key that ended long ago makes room by itself, one that ended lately does not", async () => {
      await store.expire(tokenRecord("full1x").id, nowMs - TOKEN_KEPT_MS + 1);
      await assert.rejects(store.add(tokenRecord("next")), TokenLimitError);
      await store.expire(tokenRecord("full1x").id, nowMs - TOKEN_KEPT_MS);
      await store.expire(tokenRecord("full1x").id, nowMs + 1000);
      await other.add(tokenRecord("next"));
      assert.equal(await store.find(tokenRecord("full1x").id), undefined);
      assert.deepEqual(await store.find(tokenRecord("next").id), tokenRecord("next"));
    });
  });
}
