import assert from "node:assert/strict";
import type { TicketKind, TicketStore } from "../../storage/ticket_store.ts";

/** An implementation under test. */
export interface TicketStoreSubject extends AsyncDisposable {
  readonly store: TicketStore;
  /** What shares its data: another replica's, or itself where there is one process. */
  readonly other: TicketStore;
  /** Brings about the end of a ticket of 30 s, not of one of an hour. */
  expire(kind: TicketKind, sha256: string): Promise<void>;
}

const KINDS = ["upgrade", "session"] as const;
const PAYLOAD = JSON.stringify({ principal: { name: "grüße 😀\u0000", roles: [] } });

const digest = (digit: string) => digit.repeat(64);

/** Registers the tests that every ticket store must pass. */
export function describeTicketStore(name: string, open: () => Promise<TicketStoreSubject>): void {
  Deno.test(`${name} keeps the promises of a ticket store`, async (t) => {
    await using subject = await open();
    const { store, other } = subject;

    await t.step("what was not put is undefined", async () => {
      for (const sha256 of [digest("0"), "constructor", "__proto__", ""]) {
        assert.equal(await store.get("session", sha256), undefined);
        assert.equal(await store.take("upgrade", sha256), undefined);
      }
    });

    for (const kind of KINDS) {
      await t.step(`a ticket for ${kind} is got as often as one likes, and taken once, by any instance`, async () => {
        await store.put(kind, digest("a"), PAYLOAD, 30);
        for (const instance of [store, other, store]) assert.equal(await instance.get(kind, digest("a")), PAYLOAD);
        assert.equal(await other.take(kind, digest("a")), PAYLOAD);
        for (const instance of [store, other]) {
          assert.equal(await instance.take(kind, digest("a")), undefined);
          assert.equal(await instance.get(kind, digest("a")), undefined);
        }
      });

      await t.step(`of 50 takers of a ticket for ${kind} exactly one gets it`, async () => {
        await store.put(kind, digest("b"), PAYLOAD, 30);
        const taken = await Promise.all(
          Array.from({ length: 50 }, (_, taker) => (taker % 2 ? store : other).take(kind, digest("b"))),
        );
        assert.deepEqual(taken.filter((payload) => payload !== undefined), [PAYLOAD]);
      });

      await t.step(`a ticket for ${kind} that has ended is gone, the others stay`, async () => {
        await store.put(kind, digest("c"), PAYLOAD, 30);
        await store.put(kind, digest("d"), PAYLOAD, 30);
        await store.put(kind, digest("e"), "stays", 3600);
        await subject.expire(kind, digest("c"));
        await subject.expire(kind, digest("d"));
        assert.equal(await other.get(kind, digest("c")), undefined);
        assert.equal(await store.take(kind, digest("c")), undefined);
        assert.equal(await store.take(kind, digest("d")), undefined);
        assert.equal(await store.get(kind, digest("e")), "stays");
      });
    }

    await t.step("the one kind is no ticket for the other", async () => {
      await store.put("upgrade", digest("f"), "upgrade", 30);
      assert.equal(await store.get("session", digest("f")), undefined);
      assert.equal(await store.take("session", digest("f")), undefined);
      await store.put("session", digest("f"), "session", 30);
      assert.equal(await store.take("upgrade", digest("f")), "upgrade");
      assert.equal(await store.take("session", digest("f")), "session");
    });
  });
}
