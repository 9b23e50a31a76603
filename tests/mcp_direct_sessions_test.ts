import assert from "node:assert/strict";
import { cancelledOn, comparable, type Pair, startPair, type Way } from "./mcp_direct/pair.ts";
import { call, GET, latest, legacy, type Members, message, META, type Post, withMeta } from "./mcp_direct/requests.ts";
import { end, initialize, openSession, read, readEvents, send } from "./mcp_sessions/session.ts";
import { type HeldPrometheus, startHeldPrometheus } from "./services/held_prometheus.ts";
import type { ServerService } from "./services/server.ts";
import { openSocket, type TestSocket } from "./services/socket.ts";

// Where something is kept from one request to the next, in a session or on a connection, replies of the direct way are the
// SDK's too.

let queries = 0;
/** A call that runs until the test's Prometheus answers: no two ask the same, which would be asked once. */
const held = () => call("prom_query_simple", { query: `held_${++queries}` });

const IN_SESSION: readonly (readonly [name: string, post: Post, way: Way])[] = [
  ["a call", legacy("tools/call", call("ctx_set", { key: "direct", value: [1, "a"] })), "direct"],
  ["a call for JSON alone", legacy("tools/call", GET, { accept: "application/json" }), "direct"],
  ["a call without the revision", legacy("tools/call", GET, { accept: "*/*" }), "direct"],
  ["a call that fails", legacy("tools/call", call("runbook_preview", { runbook_id: "none" })), "direct"],
  ["a tool that there is not", legacy("tools/call", call("ctx_gett", {})), "direct"],
  ["a list", legacy("tools/list"), "direct"],
  ["ping", legacy("ping", {}, {}, { id: "a\n" }), "direct"],
  ["ping with headers of the latest era", legacy("ping", {}, { "mcp-method": "tools/list" }), "direct"],
  ["a token of progress", legacy("tools/call", { ...GET, _meta: { progressToken: 1 } }), "sdk"],
  ["a cursor", legacy("tools/list", { cursor: "none" }), "sdk"],
  ["prompts", legacy("prompts/list"), "sdk"],
  ["an unknown method", legacy("tools/none"), "sdk"],
  ["another handshake", { ...legacy("ping"), body: initialize() }, "sdk"],
  ["an id that the server uses", legacy("ping", {}, {}, { id: "prime:1" }), "sdk"],
  ["a notification", { ...legacy("ping"), body: { jsonrpc: "2.0", method: "notifications/initialized" } }, "sdk"],
  ["no message", { ...legacy("ping"), body: {} }, "sdk"],
  ["a revision that there is not", legacy("ping", {}, { "mcp-protocol-version": "1999-01-01" }), "sdk"],
];

Deno.test("replies of the direct way in a session are those of the SDK", async (t) => {
  await using prometheus = startHeldPrometheus();
  await using pair = await startPair({ PROMETHEUS_URL: prometheus.url });
  const ids = new Map<ServerService, string>();
  for (const server of pair.servers) ids.set(server, await openSession(server.url));
  const idOf = (server: ServerService) => ids.get(server) ?? "";
  const inSession = (server: ServerService) => ({ "mcp-session-id": idOf(server) });
  for (const [name, post, way] of IN_SESSION) {
    await t.step(`${name}: ${way}`, async () => void await pair.agree(post, way, inSession));
  }
  await t.step("a call that takes long streams its reply, and was kept", async () => {
    await pair.agreeOn(2, async (server) => {
      const response = await send(server.url, message("tools/call", held()), idOf(server));
      await using stream = readEvents(response);
      const first = await stream.next();
      assert.equal(first?.data, "");
      (await prometheus.next()).answer();
      const told = (await stream.next())?.data ?? "";
      assert.equal(await stream.next(), undefined);
      const again = await fetch(`${server.url}/mcp`, {
        headers: { accept: "text/event-stream", "last-event-id": first.id ?? "", ...inSession(server) },
      });
      const { reply } = await read(again);
      const { status } = await read(await send(server.url, message("ping"), idOf(server)));
      const [kept, sent] = [comparable(JSON.stringify(reply)), comparable(told)].map((text) => JSON.parse(text));
      assert.deepEqual(kept, sent);
      return { isError: sent.result.isError, members: Object.keys(sent.result).sort(), status };
    }, "a long call");
  });
  await t.step("a call that is cancelled gets no reply, another goes on", async () => {
    const told = await pair.agreeOn(2, async (server) => {
      const calls = [7, "7"].map((id) => send(server.url, message("tools/call", held(), { id }), idOf(server)));
      const queries = [await prometheus.next(), await prometheus.next()];
      const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
      const { status } = await read(await send(server.url, cancelled, idOf(server)));
      await cancelledOn(server);
      for (const query of queries) query.answer();
      const replies = await Promise.all(calls.map(async (call) => await read(await call)));
      return { status, replies: replies.map(({ status, reply }) => [status, reply?.result.isError ?? "result"]) };
    }, "a cancelled call");
    assert.deepEqual(told, { status: 202, replies: [[202, "result"], [200, "result"]] });
  });
  await t.step("where the log is wanted the SDK answers", async () => {
    const loud = legacy("logging/setLevel", { level: "debug" });
    await pair.agree(loud, "sdk", inSession);
    await pair.agree(legacy("tools/list"), "sdk", inSession);
  });
  await t.step("a call under way ends with its session, which is then none", async () => {
    for (const server of pair.servers) ids.set(server, await openSession(server.url));
    await pair.agreeOn(1, async (server) => {
      const calling = send(server.url, message("tools/call", held()), idOf(server));
      await prometheus.next();
      await end(server.url, idOf(server));
      return await read(await calling);
    }, "an ended session");
    await pair.agree(legacy("tools/call", GET), "sdk", inSession);
  });
  await t.step("a session of another key is none", async () => {
    const [, other] = pair.servers;
    await pair.agree(legacy("ping"), "sdk", () => ({ "mcp-session-id": `${idOf(other).slice(0, -1)}_` }));
  });
});

type Frame = readonly [name: string, message: unknown, way: Way];

const legacyFrame = (name: string, method: string, params: unknown, way: Way): Frame => [
  name,
  message(method, params),
  way,
];
const latestFrame = (name: string, method: string, params: Members, way: Way): Frame => [
  name,
  latest(method, params).body,
  way,
];

const CONNECTIONS: Readonly<Record<string, readonly Frame[]>> = {
  "the handshake era": [
    legacyFrame("a call before the handshake", "tools/list", {}, "sdk"),
    ["the handshake", initialize(), "sdk"],
    legacyFrame("a call", "tools/call", call("ctx_set", { key: "direct", value: "ü" }), "direct"),
    legacyFrame("a call that fails", "tools/call", call("runbook_preview", { runbook_id: "none" }), "direct"),
    legacyFrame("a tool that there is not", "tools/call", call("ctx_gett", {}), "direct"),
    legacyFrame("a list", "tools/list", undefined, "direct"),
    legacyFrame("ping", "ping", {}, "direct"),
    legacyFrame("a look around", "server/discover", {}, "sdk"),
    ["an envelope", latest("tools/call", GET).body, "sdk"],
    legacyFrame("a cursor", "tools/list", { cursor: "none" }, "sdk"),
    legacyFrame("prompts", "prompts/list", {}, "sdk"),
    legacyFrame("an unknown method", "tools/none", {}, "sdk"),
    ["null for an id", message("ping", {}, { id: null }), "sdk"],
    ["a batch", [message("ping")], "sdk"],
    ["another handshake", initialize({}, { name: "other", version: "2" }), "sdk"],
    legacyFrame("a call after it", "tools/call", GET, "direct"),
    legacyFrame("a level of the log", "logging/setLevel", { level: "error" }, "sdk"),
    legacyFrame("a call with a log", "tools/call", GET, "sdk"),
  ],
  "the latest era": [
    latestFrame("a look around", "server/discover", {}, "sdk"),
    latestFrame("the first call", "tools/call", GET, "sdk"),
    latestFrame("a call", "tools/call", GET, "direct"),
    latestFrame("a call that fails", "tools/call", call("ctx_get", { key: 5 }), "direct"),
    latestFrame("a tool that there is not", "tools/call", call("toString", {}), "direct"),
    latestFrame("a list", "tools/list", {}, "direct"),
    latestFrame("another look around", "server/discover", {}, "direct"),
    latestFrame("no client", "tools/call", withMeta({ [`${META}clientInfo`]: undefined }), "sdk"),
    latestFrame("a level of the log", "tools/call", withMeta({ [`${META}logLevel`]: "debug" }), "sdk"),
    latestFrame("ping", "ping", {}, "sdk"),
    legacyFrame("no envelope", "tools/call", GET, "sdk"),
    ["a handshake", initialize(), "sdk"],
  ],
};

Deno.test("replies of the direct way on a WebSocket are those of the SDK", async (t) => {
  await using prometheus = startHeldPrometheus();
  await using pair = await startPair({ PROMETHEUS_URL: prometheus.url });
  for (const [era, frames] of Object.entries(CONNECTIONS)) {
    await using stack = new AsyncDisposableStack();
    const sockets = new Map<ServerService, TestSocket>();
    for (const server of pair.servers) sockets.set(server, stack.use(await openSocket(server.socketUrl, ["mcp"])));
    const socketOf = (server: ServerService) => sockets.get(server) ?? assert.fail("Expected a socket");
    for (const [name, frame, way] of frames) {
      await t.step(`${era}: ${name}: ${way}`, async () => {
        await pair.agreeOn(way === "direct" ? 1 : 0, async (server) => {
          socketOf(server).send(JSON.stringify(frame));
          return JSON.parse(comparable(await socketOf(server).next()));
        }, JSON.stringify(frame));
      });
    }
  }
  for (const era of ["handshake", "latest"] as const) {
    await t.step(
      `a call that is cancelled gets no reply, and those beside it are answered in order: ${era}`,
      async () => {
        await agreeOnCancelling(pair, prometheus, era);
      },
    );
  }
});

/** Cancels a call under way, and hangs up on another. */
async function agreeOnCancelling(pair: Pair, prometheus: HeldPrometheus, era: "handshake" | "latest"): Promise<void> {
  const request = (id: number | string, method: string, params: Members) =>
    JSON.stringify(era === "latest" ? latest(method, params, {}, { id }).body : message(method, params, { id }));
  const cancelled = async (server: ServerService) => await cancelledOn(server, counted.get(server));
  const counted = new Map<ServerService, number>();
  for (const server of pair.servers) counted.set(server, era === "latest" ? 3 : 1);
  const told = await pair.agreeOn(6, async (server) => {
    await using socket = await openSocket(server.socketUrl, ["mcp"]);
    socket.send(era === "latest" ? request(0, "tools/list", {}) : JSON.stringify(initialize()));
    await socket.next();
    for (const id of [7, "7"]) socket.send(request(id, "tools/call", held()));
    const queries = [await prometheus.next(), await prometheus.next()];
    socket.send(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } }));
    await cancelled(server);
    for (const id of [1, 2, 3]) socket.send(request(id, "tools/list", {}));
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(JSON.parse(await socket.next()).id);
    for (const query of queries) query.answer();
    ids.push(JSON.parse(await socket.next()).id);
    socket.send(request(8, "tools/call", held()));
    const { dropped } = await prometheus.next();
    socket.close();
    await dropped;
    counted.set(server, (counted.get(server) ?? 0) + 1);
    await cancelled(server);
    return ids;
  }, "a cancelled call");
  assert.deepEqual(told, [1, 2, 3, "7"]);
}
