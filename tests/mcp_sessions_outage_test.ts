import assert from "node:assert/strict";
import { startFleet } from "./mcp_sessions/fleet.ts";
import {
  initialize,
  listen,
  listTools,
  longCall,
  openSession,
  read,
  readEvents,
  send,
} from "./mcp_sessions/session.ts";
import { openSocket } from "./services/socket.ts";
import { startServer } from "./services/server.ts";

// What becomes of sessions when a part is lost. Each test breaks a fleet of its own.

Deno.test("a call whose replica is killed breaks off, and its session goes on at the others", async () => {
  await using fleet = await startFleet();
  const { replicas: [one, other, third], prometheus, proxy } = fleet;
  const session = await openSession(one.url);
  const calling = send(one.url, longCall(5), session);
  await prometheus.next();
  const response = await calling;
  const stream = readEvents(response);
  const first = await stream.next();
  assert(first?.id);
  one.signal("SIGKILL");
  await one.status;
  await assert.rejects(async () => {
    while (await stream.next());
    throw new Error("The stream ended as if all had been said");
  }, /connection|reset|closed|error reading/i);

  // It can be asked for, and there is nothing of it: nobody pretends an answer, and the wait for it is short.
  const resumed = await listen(other.url, session, first.id);
  assert.equal(resumed.status, 200);
  const startedMs = performance.now();
  const over = resumed.text();

  proxy.remove(0);
  for (const url of [other.url, third.url, proxy.url, proxy.url]) {
    assert.equal((await read(await send(url, listTools, session))).status, 200);
  }
  const again = send(other.url, longCall(6), session);
  (await prometheus.next()).answer();
  assert.equal((await read(await again)).reply.result.structuredContent.values[0].value, 1);
  assert.doesNotMatch(await over, /jsonrpc/);
  const tookMs = performance.now() - startedMs;
  assert(tookMs > 5000 && tookMs < 45_000, `${tookMs}`);
});

Deno.test("a listening stream whose replica is killed goes on at another from the last notice that was seen", async () => {
  await using fleet = await startFleet();
  const { replicas: [one, other, third] } = fleet;
  const session = await openSession(third.url);
  for (const [id, key] of ["before", "after"].entries()) {
    const message = { jsonrpc: "2.0", id, method: "resources/subscribe", params: { uri: `ctx://${key}` } };
    assert.deepEqual((await read(await send(third.url, message, session))).reply.result, {});
  }
  const set = async (key: string) => {
    const call = {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "ctx_set", arguments: { key, value: 1 } },
    };
    const { reply } = await read(await send(third.url, call, session));
    assert.equal(reply.result.structuredContent?.success, true, JSON.stringify(reply));
  };
  const first = readEvents(await listen(one.url, session));
  const begin = await first.next();
  await set("before");
  assert.equal((await first.message()).params.uri, "ctx://before");
  one.signal("SIGKILL");
  await one.status;
  await assert.rejects(first.next());
  // Nobody waits for the end of the killed one's lease.
  await using again = readEvents(await listen(other.url, session, begin?.id));
  await set("after");
  assert.equal((await again.message()).params.uri, "ctx://before");
  assert.equal((await again.message()).params.uri, "ctx://after");
});

Deno.test("with Redis away sessions are answered 503, and what needs none goes on", async (t) => {
  await using fleet = await startFleet();
  const { replicas: [one, other, third], redis } = fleet;
  const session = await openSession(one.url);
  const subscribe = { jsonrpc: "2.0", id: 2, method: "resources/subscribe", params: { uri: "ctx://outage" } };
  assert.deepEqual((await read(await send(one.url, subscribe, session))).reply.result, {});
  await using listening = readEvents(await listen(third.url, session));
  const begin = await listening.next();
  await redis.kill();

  await t.step("a session's request, by every method", async () => {
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    const responses = [
      await send(one.url, listTools, session),
      await send(other.url, longCall(1), session),
      await send(other.url, cancel, session),
      await listen(one.url, session),
      await fetch(`${other.url}/mcp`, { method: "DELETE", headers: { "mcp-session-id": session } }),
    ];
    for (const response of responses) {
      assert.equal((await read(response)).status, 503);
      assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
    }
  });
  await t.step("a forged session is one that there is not", async () => {
    assert.equal((await read(await send(one.url, listTools, `${session}x`))).status, 404);
  });
  await t.step("initialize, which then opens no session", async () => {
    const response = await send(one.url, initialize());
    const { status, reply } = await read(response);
    assert.deepEqual([status, reply.result.protocolVersion], [200, "2025-11-25"]);
    assert.equal(response.headers.get("mcp-session-id"), null);
  });
  await t.step("a request without a session, of both eras, and a WebSocket", async () => {
    const legacy = await send(other.url, listTools, undefined, { "mcp-protocol-version": "2025-11-25" });
    assert.equal((await read(legacy)).status, 200);
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const modern = await send(other.url, { ...listTools, params: { _meta } }, session, {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/list",
    });
    assert.equal((await read(modern)).status, 200, "the latest era does not look at the session");
    await using socket = await openSocket(one.socketUrl, ["mcp"]);
    const { params } = initialize();
    assert.equal((await socket.call("initialize", params)).result.protocolVersion, "2025-11-25");
  });
  await t.step("and the session is there again when Redis is, with what it had kept", async () => {
    await redis.restart();
    const deadline = performance.now() + 20_000;
    let status = 503;
    while (status === 503 && performance.now() < deadline) {
      status = (await read(await send(other.url, listTools, session))).status;
      if (status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(status, 200);
  });
  await t.step("so does a listening stream, whose notices are kept again", async () => {
    const params = { name: "ctx_set", arguments: { key: "outage", value: 1 } };
    let isKept = false;
    const firstKept = async () => {
      while (true) {
        const notice = await listening.next();
        assert.equal(JSON.parse(notice?.data ?? "").params.uri, "ctx://outage");
        if (notice?.id !== undefined) return notice.id;
      }
    };
    const kept = firstKept().finally(() => isKept = true);
    const deadline = performance.now() + 20_000;
    // What changes before the replica hears of changes again is told to nobody, and what changes before it can keep
    // notices is told without an id.
    while (!isKept && performance.now() < deadline) {
      await read(await send(other.url, { jsonrpc: "2.0", id: 3, method: "tools/call", params }, session));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const id = await kept;
    await using again = readEvents(await listen(other.url, session, begin?.id));
    assert.equal((await again.next())?.id, id);
  });
});

Deno.test("several replicas without a shared key are warned of at the start", async (t) => {
  const WARNING = /WARN.*SESSION_KEY/;
  const KEY = "a key of more than thirty-two characters";
  const cases: readonly (readonly [what: string, settings: Record<string, string>, warned: boolean])[] = [
    ["three replicas without a key", { REPLICAS: "3" }, true],
    ["three with a key", { REPLICAS: "3", SESSION_KEY: KEY }, false],
    ["one without", {}, false],
  ];
  for (const [what, settings, warned] of cases) {
    await t.step(what, async () => {
      await using server = await startServer(settings);
      assert.equal(WARNING.test(server.output()), warned, server.output());
      assert(!server.output().includes(KEY));
    });
  }
});
