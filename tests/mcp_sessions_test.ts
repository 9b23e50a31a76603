import assert from "node:assert/strict";
import { createSessionSeal } from "../server/mcp/session/seal.ts";
import { type Fleet, startFleet } from "./mcp_sessions/fleet.ts";
import {
  end,
  initialize,
  listen,
  listTools,
  longCall,
  openSession,
  read,
  readEvents,
  send,
} from "./mcp_sessions/session.ts";
import { testBeside } from "./services/beside.ts";

// Sessions of the official protocol on three replicas: each request of one comes to another of them.

let fleet: Fleet;

Deno.test.beforeAll(async () => {
  fleet = await startFleet();
});

Deno.test.afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
});

/** A session that one replica opened. */
const opened = () => openSession(fleet.replicas[0].url);

testBeside("a session that one replica opened is served by each, and through a proxy that sticks to none", async () => {
  const { replicas, proxy } = fleet;
  const session = await openSession(proxy.url);
  assert(session.length <= 1024 && /^[\x21-\x7e]+$/.test(session), session);
  for (const { url } of replicas) {
    const { status, reply } = await read(await send(url, listTools, session));
    assert.deepEqual([status, reply.result.tools[0].name], [200, "ctx_get"]);
  }
  const set = { name: "ctx_set", arguments: { key: "fleet", value: "1" } };
  const get = { name: "ctx_get", arguments: { key: "fleet" } };
  for (const [id, params] of [set, get, get, get].entries()) {
    const { reply } = await read(await send(proxy.url, { jsonrpc: "2.0", id, method: "tools/call", params }, session));
    assert.equal(reply.id, id);
    assert.equal(reply.result.structuredContent.value, "1");
  }
  assert.deepEqual(new Set(proxy.chosen), new Set([0, 1, 2]));
});

testBeside("every replica records the calls of a session with the client that opened it", async () => {
  const { replicas, postgres } = fleet;
  const session = await opened();
  for (const { url } of replicas) {
    const call = {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "ctx_get", arguments: { key: "who" } },
    };
    assert.equal((await read(await send(url, call, session))).status, 200);
  }
  const rows = await postgres.psql([
    "-Atc",
    `SELECT DISTINCT method, tool_name, dialect, client_name, client_version, count(DISTINCT replica)
       FROM audit_logs WHERE params::text LIKE '%"who"%' GROUP BY 1, 2, 3, 4, 5`,
  ]);
  assert.equal(rows.trim(), "tools/call|ctx.get|mcp-2025-11-25|tests|2.1.0|3");
});

testBeside("a session that is none is answered 404 by every replica", async (t) => {
  const { replicas: [one, other] } = fleet;
  const session = await opened();
  const [body = "", mac = ""] = session.split(".");
  const facts = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")));
  const edited = btoa(JSON.stringify({ ...facts, principal: "root" })).replaceAll("=", "");
  const ended = await opened();
  assert.equal(await end(other.url, ended), 200);
  const cases: Readonly<Record<string, string>> = {
    "an id of nothing": "x",
    "a forged id": `${body}.${"A".repeat(mac.length)}`,
    "an id whose facts were edited": `${edited}.${mac}`,
    "an id without a seal": body,
    "an id with something behind it": `${session}.${mac}`,
    "an id with a part of its seal": session.slice(0, -1),
    "an id with another spelling of its seal": `${session}=`,
    "an id that is sealed with another key": createSessionSeal(new Uint8Array(32)).close(facts) ?? "",
    "an id of a principal who did not open it": sealed({ ...facts, principal: "root" }),
    "an id that no replica opened": sealed({ ...facts, id: crypto.randomUUID() }),
    "a session that has ended": ended,
    "an id that is too long": `${"A".repeat(1024)}.${mac}`,
  };
  for (const [what, id] of Object.entries(cases)) {
    await t.step(what, async () => {
      for (const { url } of [one, other]) {
        assert.deepEqual(await statuses(url, id), { post: 404, notification: 404, get: 404, delete: 404 });
      }
    });
  }
  await t.step("and the session that was imitated goes on", async () => {
    assert.equal((await read(await send(one.url, listTools, session))).status, 200);
  });
});

/** Sealed with the fleet's own key. */
function sealed(facts: Parameters<ReturnType<typeof createSessionSeal>["close"]>[0]): string {
  const key = new TextEncoder().encode("a key that the three replicas of the tests share");
  return createSessionSeal(key).close(facts) ?? "";
}

async function statuses(url: string, session: string) {
  const get = await listen(url, session);
  await get.body?.cancel();
  return {
    post: (await read(await send(url, listTools, session))).status,
    notification:
      (await read(await send(url, { jsonrpc: "2.0", method: "notifications/initialized" }, session))).status,
    get: get.status,
    delete: await end(url, session),
  };
}

testBeside("a version that there is not, in the header of a session's request, is answered 400", async () => {
  const { replicas: [one] } = fleet;
  const session = await opened();
  for (const version of ["1999-01-01", "latest", ""]) {
    const response = await send(one.url, listTools, session, { "mcp-protocol-version": version });
    assert.equal((await read(response)).status, 400, version);
  }
  const older = await send(one.url, listTools, session, { "mcp-protocol-version": "2025-06-18" });
  assert.equal((await read(older)).status, 200);
});

testBeside("a cancellation that comes to another replica ends the call", async () => {
  const { replicas: [one, other], prometheus } = fleet;
  const session = await opened();
  const calling = send(one.url, longCall(7, "cancelled_elsewhere"), session);
  const query = await prometheus.next();
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7, reason: "enough" } };
  assert.deepEqual(await read(await send(other.url, cancel, session)), { status: 202, reply: undefined });
  await query.dropped;
  const { reply } = await read(await calling);
  assert.equal(reply, undefined, "a cancelled call has no answer");
});

testBeside("a cancellation in another session of the same id's request ends nothing", async () => {
  const { replicas: [one, other], prometheus } = fleet;
  const [session, stranger] = [await opened(), await opened()];
  const calling = send(one.url, longCall(7, "not_cancelled"), session);
  const query = await prometheus.next();
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
  for (const { url } of [one, other]) await read(await send(url, cancel, stranger));
  query.answer();
  const { reply } = await read(await calling);
  assert.equal(reply.result.structuredContent.values[0].value, 1);
});

testBeside("a client that lost its stream gets the answer from another replica by Last-Event-ID", async (t) => {
  const { replicas: [one, other, third], prometheus } = fleet;
  const session = await opened();
  const gone = new AbortController();
  // Only a call that takes a while is streamed.
  const response = await send(one.url, longCall(9, "lost_stream"), session, {}, gone.signal);
  const query = await prometheus.next();
  const first = await readEvents(response).next();
  assert(first?.id);
  gone.abort();

  await t.step("while the call runs, and the call is not cancelled by the loss", async () => {
    await using resumed = readEvents(await listen(other.url, session, first.id));
    query.answer();
    const reply = await resumed.message();
    assert.deepEqual([reply.id, reply.result.structuredContent.values[0].value], [9, 1]);
    assert.equal(await resumed.next(), undefined, "the answer is the stream's last message");
  });

  await t.step("after it has ended, from a third", async () => {
    await using resumed = readEvents(await listen(third.url, session, first.id));
    assert.equal((await resumed.message()).id, 9);
    assert.equal(await resumed.next(), undefined);
  });

  await t.step("and not in another session", async () => {
    const stranger = await opened();
    const away = new AbortController();
    const other = await listen(third.url, stranger, first.id, away.signal);
    const reader = readEvents(other);
    const told = reader.next().catch(() => "nothing");
    // The stream of that name holds what its own session sends: the answer would be there at once.
    await end(third.url, stranger);
    assert.equal(await told, undefined);
    away.abort();
  });
});

testBeside("a call that fails tells the log on its stream, on whichever replica, once a level was set", async () => {
  const { replicas: [one, other, third] } = fleet;
  const session = await opened();
  const call = { jsonrpc: "2.0", id: 4, method: "tools/call", params: { name: "ctx_get", arguments: { key: 5 } } };
  const failing = () => send(other.url, call, session);
  const silent = await failing();
  assert.equal(silent.headers.get("content-type"), "application/json", "no level is no log");
  await silent.body?.cancel();
  const setLevel = { jsonrpc: "2.0", id: 3, method: "logging/setLevel", params: { level: "warning" } };
  assert.deepEqual((await read(await send(one.url, setLevel, session))).reply.result, {});
  await using stream = readEvents(await failing());
  const begin = await stream.next();
  const told = [await stream.message(), await stream.message()];
  const [{ method, params: { level, logger, data } }, { id, result }] = told;
  assert.deepEqual([method, level, logger], ["notifications/message", "warning", "ctx_get"]);
  assert.deepEqual([data.tool, data.kind], ["ctx_get", "invalid_params"]);
  assert.deepEqual([id, result.isError], [4, true]);
  assert(result.content[0].text.startsWith(data.message));
  await using resumed = readEvents(await listen(third.url, session, begin?.id));
  assert.deepEqual([await resumed.message(), await resumed.message()], told);
});

testBeside("DELETE ends the session's calls and streams on every replica", async () => {
  const { replicas: [one, other, third], prometheus } = fleet;
  const session = await opened();
  const calling = send(one.url, longCall(3, "ended_session"), session);
  const query = await prometheus.next();
  await using stream = readEvents(await listen(other.url, session));
  assert.equal(await end(third.url, session), 200);
  await query.dropped;
  while (await stream.next());
  await read(await calling);
  for (const { url } of fleet.replicas) assert.equal((await statuses(url, session)).post, 404);
});

testBeside("what a client can do is bounded in its session: too much of it, and there is none", async (t) => {
  const { replicas: [one, other] } = fleet;
  await t.step("unknown capabilities are left out", async () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`x-${i}`, { list: true }]));
    const response = await send(one.url, initialize({ ...many, roots: { listChanged: true } }));
    await response.body?.cancel();
    const session = response.headers.get("mcp-session-id");
    assert(session && session.length <= 1024);
    assert.equal((await read(await send(other.url, listTools, session))).status, 200);
  });
  await t.step("a known one that is too large has no session, and is served without", async () => {
    const response = await send(one.url, initialize({ sampling: { padding: "x".repeat(4000) } }));
    assert.equal((await read(response)).status, 200);
    assert.equal(response.headers.get("mcp-session-id"), null);
    const reply = await read(await send(other.url, listTools, undefined, { "mcp-protocol-version": "2025-11-25" }));
    assert.equal(reply.status, 200);
  });
  await t.step("a long name is cut", async () => {
    const response = await send(one.url, initialize({}, { name: "n".repeat(5000), version: "1" }));
    await response.body?.cancel();
    assert(response.headers.get("mcp-session-id"));
  });
});

testBeside("a session that nobody asked for is at its end, and one that is asked for lives on", async () => {
  const { replicas: [one, other], redis } = fleet;
  const session = await opened();
  const [body = ""] = session.split(".");
  const { id } = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")));
  const key = `mcp:session:{${id}}`;
  await redis.cli("EXPIRE", key, "100");
  assert.equal((await read(await send(other.url, listTools, session))).status, 200);
  assert(Number(await redis.cli("TTL", key)) > 3000, "a request puts the end off");
  // Its time is up.
  await redis.cli("PEXPIRE", key, "0");
  assert.equal((await read(await send(one.url, listTools, session))).status, 404);
});
