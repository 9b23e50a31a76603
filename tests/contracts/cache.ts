import assert from "node:assert/strict";
import type { Cache } from "../../storage/cache.ts";

/** An implementation under test. */
export interface CacheSubject extends AsyncDisposable {
  readonly cache: Cache;
  /** Brings about the end of an entry's life. */
  expire(key: string): Promise<void>;
}

/** Registers the tests that every cache must pass. */
export function describeCache(name: string, open: () => Promise<CacheSubject>): void {
  Deno.test(`${name} keeps the promises of a cache`, async (t) => {
    await using subject = await open();
    const { cache } = subject;

    await t.step("a missing key gives undefined", async () => {
      for (const key of ["prom:up", "constructor"]) assert.equal(await cache.get(key), undefined);
    });

    await t.step("text comes back as it was set", async () => {
      for (const text of ["", "null", '{"a":1}', "grüße 😀\u0000\ufeff", "x".repeat(1_000_000)]) {
        await cache.set("k8s:pods:mcp-lab", text, 60);
        assert.equal(await cache.get("k8s:pods:mcp-lab"), text);
      }
    });

    await t.step("a later text replaces an earlier one, for its own time", async () => {
      await cache.set("prom:up", "one", 1);
      await cache.set("prom:up", "two", 300);
      assert.equal(await cache.get("prom:up"), "two");
    });

    await t.step("an entry whose life has ended is missing, the others stay", async () => {
      await cache.set("prom:up", "short", 5);
      await cache.set("prom:down", "long", 1_000_000);
      await subject.expire("prom:up");
      assert.equal(await cache.get("prom:up"), undefined);
      assert.equal(await cache.get("prom:down"), "long");
      await cache.set("prom:up", "again", 5);
      assert.equal(await cache.get("prom:up"), "again");
    });
  });
}
