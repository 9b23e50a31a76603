import assert from "node:assert/strict";
import { createMemoryMcpSessionStore } from "../../../storage/embedded/mcp_session_store.ts";
import { StorageError } from "../../../storage/errors.ts";
import { MCP_EVENTS_SECONDS } from "../../../storage/mcp_session_store.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { describeMcpSessionStore } from "../../contracts/mcp_session_store.ts";

describeMcpSessionStore("the memory of one process", () => {
  const clock = manualClock();
  const store = createMemoryMcpSessionStore(clock);
  return Promise.resolve({
    store,
    other: store,
    expire: () => Promise.resolve(clock.advance(30_000)),
    expireLease: () => Promise.resolve(clock.advance(20_000)),
    async [Symbol.asyncDispose]() {},
  });
});

Deno.test("a process has room for so many sessions, and for new ones as others end", async () => {
  const clock = manualClock();
  const store = createMemoryMcpSessionStore(clock, { sessionsMax: 2 });
  await store.open("a", 30);
  await store.open("b", 60);
  await assert.rejects(store.open("c", 30), StorageError);
  clock.advance(30_000);
  await store.open("c", 30);
  assert.notEqual(await store.find("b", 30), undefined);
});

Deno.test("a session that is asked for lives on, its messages are kept for their own time", async () => {
  const clock = manualClock();
  const store = createMemoryMcpSessionStore(clock);
  await store.open("a", 30);
  await store.append("a", "one", "text");
  for (let passed = 0; passed < MCP_EVENTS_SECONDS; passed += 20) {
    assert.equal((await store.eventsAfter("a", "one", "")).length, 1);
    clock.advance(20_000);
    assert.notEqual(await store.find("a", 30), undefined);
  }
  assert.deepEqual(await store.eventsAfter("a", "one", ""), []);
});
