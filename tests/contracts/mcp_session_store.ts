import assert from "node:assert/strict";
import {
  MCP_ANY_HOLDER,
  MCP_EVENTS_MAX,
  MCP_SUBSCRIPTIONS_MAX,
  type McpSessionStore,
} from "../../storage/mcp_session_store.ts";

/** An implementation under test. */
export interface McpSessionStoreSubject extends AsyncDisposable {
  readonly store: McpSessionStore;
  /** What shares its data: another replica's, or itself where there is one process. */
  readonly other: McpSessionStore;
  /** Brings about the end of a session whose time to live is 30 s. */
  expire(id: string): Promise<void>;
  /** Brings about the end of a lease that nobody holds on to, and of no session that was opened for longer. */
  expireLease(id: string, lease: string): Promise<void>;
}

const TTL_SECONDS = 30;
const URI = "ctx://grüße 😀";

/** Registers the tests that every store of MCP sessions must pass. */
export function describeMcpSessionStore(name: string, open: () => Promise<McpSessionStoreSubject>): void {
  Deno.test(`${name} keeps the promises of a store of MCP sessions`, async (t) => {
    await using subject = await open();
    const { store, other } = subject;

    await t.step("a session that was not opened is undefined, and nothing brings it about", async () => {
      for (const id of ["none", "constructor", "__proto__"]) {
        assert.equal(await store.find(id, TTL_SECONDS), undefined);
        await store.setLogLevel(id, "info");
        assert.equal(await store.subscribe(id, URI), false);
        await store.unsubscribe(id, URI);
        assert.equal(await store.end(id), false);
        assert.equal(await store.find(id, TTL_SECONDS), undefined);
      }
    });

    await t.step("what one replica opens and changes, another finds", async () => {
      await store.open("a", TTL_SECONDS);
      assert.deepEqual(await other.find("a", TTL_SECONDS), { logLevel: undefined, subscriptions: new Set() });
      await other.setLogLevel("a", "warning");
      assert.equal(await other.subscribe("a", URI), true);
      assert.equal(await store.subscribe("a", "runbook://level"), true);
      assert.deepEqual(await store.find("a", TTL_SECONDS), {
        logLevel: "warning",
        subscriptions: new Set([URI, "runbook://level"]),
      });
      await store.unsubscribe("a", URI);
      assert.deepEqual((await other.find("a", TTL_SECONDS))?.subscriptions, new Set(["runbook://level"]));
    });

    await t.step("subscriptions have a bound, and one that is there already counts once", async () => {
      await store.open("many", TTL_SECONDS);
      await store.setLogLevel("many", "debug");
      const uris = Array.from({ length: MCP_SUBSCRIPTIONS_MAX }, (_, index) => `ctx://${index}`);
      for (const uri of uris) assert.equal(await store.subscribe("many", uri), true);
      assert.equal(await store.subscribe("many", "ctx://one-more"), false);
      assert.equal(await store.subscribe("many", "ctx://0"), true);
      assert.equal((await store.find("many", TTL_SECONDS))?.subscriptions.size, MCP_SUBSCRIPTIONS_MAX);
    });

    await t.step("an ended session is gone for every replica, once", async () => {
      await store.open("b", TTL_SECONDS);
      assert.equal(await other.end("b"), true);
      assert.equal(await store.end("b"), false);
      assert.equal(await store.find("b", TTL_SECONDS), undefined);
    });

    await t.step("a session ends by itself", async () => {
      await store.open("c", TTL_SECONDS);
      await subject.expire("c");
      assert.equal(await other.find("c", TTL_SECONDS), undefined);
    });

    await t.step("messages of a stream come again in their order, after the one that was seen", async () => {
      await store.open("d", TTL_SECONDS);
      const texts = ["1", JSON.stringify({ text: "\u0000 😀 \ud800" }), "3"];
      const ids: string[] = [];
      for (const text of texts) ids.push(await store.append("d", "one", text));
      await other.append("d", "two", "of another stream");
      for (const id of ids) assert.match(id, /^\d+-\d+$/);
      const all = texts.map((text, index) => ({ id: ids[index], text }));
      assert.deepEqual(await other.eventsAfter("d", "one", ""), all);
      assert.deepEqual(await other.eventsAfter("d", "one", ids[0] ?? ""), all.slice(1));
      assert.deepEqual(await other.eventsAfter("d", "one", ids[2] ?? ""), []);
      assert.deepEqual(await store.eventsAfter("d", "none", ""), []);
    });

    await t.step("of a long stream the newest messages are kept", async () => {
      await store.open("e", TTL_SECONDS);
      for (let count = 1; count <= MCP_EVENTS_MAX + 3; count++) await store.append("e", "long", `${count}`);
      const kept = await other.eventsAfter("e", "long", "");
      assert.equal(kept.length, MCP_EVENTS_MAX);
      assert.equal(kept[0]?.text, "4");
      assert.equal(kept.at(-1)?.text, `${MCP_EVENTS_MAX + 3}`);
    });

    await t.step("a lease has one holder, until it is given back, taken over or not held on to", async () => {
      await store.open("f", 3600);
      assert.equal(await store.isLeased("f", "notices"), false);
      assert.equal(await store.lease("f", "notices", "one"), "held");
      assert.equal(await other.lease("f", "notices", "one"), "held");
      assert.equal(await other.lease("f", "notices", "two"), "taken");
      assert.equal(await other.lease("f", "notices", "two", "three"), "taken");
      assert.equal(await other.lease("f", "another", "two"), "held");
      assert.equal(await other.lease("f", "notices", "two", "one"), "held");
      assert.equal(await store.lease("f", "notices", "one"), "taken");
      assert.equal(await store.lease("f", "notices", "three", MCP_ANY_HOLDER), "held");
      await other.release("f", "notices", "one");
      assert.equal(await other.isLeased("f", "notices"), true, "it is another's");
      await other.release("f", "notices", "three");
      assert.equal(await store.isLeased("f", "notices"), false);
      assert.equal(await store.lease("f", "notices", "one"), "held");
      await subject.expireLease("f", "notices");
      assert.equal(await other.isLeased("f", "notices"), false);
      assert.equal(await other.lease("f", "notices", "two"), "held");
    });

    await t.step("a message is kept for the holder of the lease alone", async () => {
      await store.open("g", 3600);
      assert.equal(await store.appendAs("notices", "one", "g", "stream", "nobody's"), undefined);
      await store.lease("g", "notices", "one");
      const first = await other.appendAs("notices", "one", "g", "stream", "the holder's");
      assert.equal(await store.appendAs("notices", "two", "g", "stream", "another's"), undefined);
      assert.deepEqual(await other.eventsAfter("g", "stream", ""), [{ id: first, text: "the holder's" }]);
    });

    await t.step("a session that has ended has no leases", async () => {
      assert.equal(await store.lease("none", "notices", "one"), "ended");
      await store.open("h", 3600);
      await store.lease("h", "notices", "one");
      await other.end("h");
      assert.equal(await store.lease("h", "notices", "one"), "ended");
      assert.equal(await store.isLeased("h", "notices"), false);
      assert.equal(await store.appendAs("notices", "one", "h", "stream", "late"), undefined);
    });
  });
}
