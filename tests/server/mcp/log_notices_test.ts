import assert from "node:assert/strict";
import { levelSetBy } from "../../../server/mcp/log_notices.ts";
import { openSession, send } from "../../mcp_sessions/session.ts";
import { SECRET, startOfficial } from "./official.ts";

type Official = ReturnType<typeof startOfficial>;

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

const setLevel = (level: unknown) => ({ jsonrpc: "2.0", id: 0, method: "logging/setLevel", params: { level } });
const call = (name: string, more: object = {}) => ({
  ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
  params: { name, arguments: {}, ...more },
});

/** A way to the server: tells of a level where one is given, calls, and gives all that came until the reply. */
// deno-lint-ignore no-explicit-any -- Messages of every shape.
type Way = (official: Official, level: string | undefined, tool: string) => Promise<readonly any[]>;

async function messagesOf(response: Response) {
  const text = await response.text();
  const data = Array.from(text.matchAll(/^data: (.+)$/gm), ([, line]) => JSON.parse(line ?? ""));
  return response.headers.get("content-type") === "application/json" ? [JSON.parse(text)] : data;
}

function overWebSocket(levelOf: (level: string) => { first?: unknown; params?: object }, params: object = {}): Way {
  return async (official, level, tool) => {
    const socket = new WebSocket(official.socketUrl, "mcp");
    await new Promise((resolve) => socket.onopen = resolve);
    const until = (id: number) => {
      // deno-lint-ignore no-explicit-any -- As above.
      const got: any[] = [];
      // deno-lint-ignore no-explicit-any -- As above.
      return new Promise<readonly any[]>((resolve) =>
        socket.onmessage = ({ data }) => {
          got.push(JSON.parse(data));
          if (got.at(-1).id === id) resolve(got);
        }
      );
    };
    const ask = (message: unknown, id: number) => {
      const answered = until(id);
      socket.send(JSON.stringify(message));
      return answered;
    };
    const said = level === undefined ? {} : levelOf(level);
    if (said.first) await ask(said.first, 0);
    const got = await ask(call(tool, { ...params, ...said.params }), 1);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    return got;
  };
}

const metaOf = (level: string | undefined) => ({
  _meta: { ...META, ...(level !== undefined && { "io.modelcontextprotocol/logLevel": level }) },
});

const WAYS: Readonly<Record<string, Way>> = {
  "a session over HTTP": async ({ url }, level, tool) => {
    const session = await openSession(url.origin);
    if (level !== undefined) await (await send(url.origin, setLevel(level), session)).body?.cancel();
    return await messagesOf(await send(url.origin, call(tool), session));
  },
  "the latest era over HTTP": async ({ url }, level, tool) => {
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": tool };
    return await messagesOf(await send(url.origin, call(tool, metaOf(level)), undefined, headers));
  },
  "a WebSocket": overWebSocket((level) => ({ first: setLevel(level) })),
  "the latest era on a WebSocket": overWebSocket((level) => ({ params: metaOf(level) }), metaOf(undefined)),
};

const FAILURE = { tool: "test_fail", kind: "not_found", message: "Cannot find it" };

for (const [name, way] of Object.entries(WAYS)) {
  Deno.test(`a call that fails tells the log of a client that asked for it, on its own stream: ${name}`, async (t) => {
    await using official = startOfficial();
    const noticesOf = async (level: string | undefined, tool: string) => {
      const messages = await way(official, level, tool);
      assert.equal(messages.at(-1).id, 1, "the reply comes last");
      assert(!JSON.stringify(messages).includes(SECRET));
      return messages.slice(0, -1).map(({ method, params }) => ({ method, ...params }));
    };
    const expected = (level: string, logger: string, data: object) => {
      return [{ method: "notifications/message", level, logger, data }];
    };
    await t.step("once, as a warning", async () => {
      for (const level of ["debug", "warning"]) {
        assert.deepEqual(await noticesOf(level, "test_fail"), expected("warning", "test_fail", FAILURE));
        assert.deepEqual(await noticesOf(level, "test.fail"), expected("warning", "test_fail", FAILURE));
      }
    });
    await t.step("not one that wants graver ones alone, or has not asked", async () => {
      for (const level of ["error", "emergency", undefined]) assert.deepEqual(await noticesOf(level, "test_fail"), []);
    });
    await t.step("of a fault of ours as an error, with no inner detail", async () => {
      const data = { tool: "test_fault", kind: "internal", message: "Internal error" };
      assert.deepEqual(await noticesOf("error", "test_fault"), expected("error", "test_fault", data));
    });
    await t.step("without what is redacted", async () => {
      const [notice] = await noticesOf("info", "test_leak");
      assert.match(notice?.data.message, /^It was told .*redacted/i);
    });
    await t.step("of a tool that there is not, without its name", async () => {
      const [notice] = await noticesOf("info", "no_such_tool");
      assert.deepEqual([notice?.logger, notice?.data.kind, notice?.data.tool], [
        "tools/call",
        "unknown_tool",
        undefined,
      ]);
    });
    await t.step("and says nothing of one that succeeds", async () => {
      assert.deepEqual((await noticesOf("debug", "test_echo")).map(({ method }) => method), []);
    });
  });
}

Deno.test("a client of a session that never set a level gets JSON, failure or not; one that stands alone has set none", async () => {
  await using official = startOfficial();
  const { origin } = official.url;
  const session = await openSession(origin);
  const response = await send(origin, call("test_fail"), session);
  assert.equal(response.headers.get("content-type"), "application/json");
  await response.body?.cancel();
  await (await send(origin, setLevel("debug"), undefined)).body?.cancel();
  assert.equal((await messagesOf(await send(origin, call("test_fail"), undefined))).length, 1);
});

Deno.test("a client that takes no stream gets the reply alone, at whatever level", async () => {
  await using official = startOfficial();
  const { origin } = official.url;
  const session = await openSession(origin);
  await (await send(origin, setLevel("debug"), session)).body?.cancel();
  const response = await send(origin, call("test_fail"), session, { accept: "application/json" });
  assert.deepEqual((await messagesOf(response)).map(({ id }) => id), [1]);
});

Deno.test("a level is set by one of the eight words, and by nothing else", () => {
  assert.equal(levelSetBy(setLevel("notice")), "notice");
  for (const level of ["warn", "", "Debug", null, 3]) assert.equal(levelSetBy(setLevel(level)), undefined, `${level}`);
  for (const other of [{ ...setLevel("info"), method: "ping" }, null, "info", []]) {
    assert.equal(levelSetBy(other), undefined);
  }
});
