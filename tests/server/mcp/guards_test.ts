import assert from "node:assert/strict";
import { startOfficial } from "./official.ts";

type Official = ReturnType<typeof startOfficial>;

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};
const MODERN = { "mcp-protocol-version": "2026-07-28" };

async function post(official: Official, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(official.url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const data = /^data: (.+)$/m.exec(text)?.[1] ?? text;
  return { status: response.status, reply: data === "" ? undefined : JSON.parse(data) };
}

const list = (params: unknown = {}) => ({ jsonrpc: "2.0", id: 1, method: "tools/list", params });

const CASES: readonly (readonly [
  what: string,
  body: unknown,
  headers: Record<string, string>,
  status: number,
  code: number | undefined,
])[] = [
  ["a batch", [list()], { "mcp-protocol-version": "2025-11-25" }, 400, -32600],
  ["an invalid cursor", list({ cursor: "x" }), { "mcp-protocol-version": "2025-11-25" }, 200, -32602],
  ["a version that there is not", list(), { "mcp-protocol-version": "1999-01-01" }, 400, -32000],
  ["the latest version without its members", list(), MODERN, 400, -32602],
  ["another version in the header", list({ _meta: META }), { "mcp-protocol-version": "2025-11-25" }, 400, -32020],
  ["another method in the header", list({ _meta: META }), { ...MODERN, "mcp-method": "ping" }, 400, -32020],
  [
    "a version of its era that there is not",
    list({ _meta: { ...META, "io.modelcontextprotocol/protocolVersion": "2027-01-01" } }),
    { "mcp-protocol-version": "2027-01-01", "mcp-method": "tools/list" },
    400,
    -32022,
  ],
  [
    "a method that the latest era has no more",
    { ...list({ _meta: META }), method: "ping" },
    { ...MODERN, "mcp-method": "ping" },
    404,
    -32601,
  ],
];

for (const [what, body, headers, status, code] of CASES) {
  Deno.test(`${what} is answered ${status} and ${code}`, async () => {
    await using official = startOfficial();
    const answer = await post(official, body, headers);
    assert.deepEqual([answer.status, answer.reply.error?.code], [status, code]);
  });
}

Deno.test("a client that takes any form is answered in JSON", async () => {
  await using official = startOfficial();
  for (const accept of ["*/*", "application/json"]) {
    const response = await fetch(official.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify(list()),
    });
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal((await response.json()).result.tools.length, 2);
  }
});

Deno.test("a notification is taken with 202 and no body", async () => {
  await using official = startOfficial();
  const taken = await post(official, { jsonrpc: "2.0", method: "notifications/initialized" });
  assert.deepEqual(taken, { status: 202, reply: undefined });
});

Deno.test("GET and DELETE without a session are answered 405", async () => {
  await using official = startOfficial();
  for (const method of ["GET", "DELETE"]) {
    const response = await fetch(official.url, { method, headers: { accept: "text/event-stream" } });
    await response.body?.cancel();
    assert.equal(response.status, 405, method);
  }
});

const FRAMES: readonly (readonly [what: string, frame: string, code: number, reason: string])[] = [
  ["no JSON", "{", -32700, "parse_error"],
  ["a batch", "[]", -32600, "invalid_request"],
  ["a number", "5", -32600, "invalid_request"],
  ["no method", '{"jsonrpc":"2.0"}', -32600, "invalid_request"],
  ["an id that is null", '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, "invalid_request"],
  [
    "too deep",
    `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(9)}1${"}".repeat(9)}}`,
    -32600,
    "depth",
  ],
];

Deno.test("frames that are no message are refused by WebSocket, and the connection goes on", async (t) => {
  await using official = startOfficial();
  const socket = new WebSocket(official.socketUrl, "mcp");
  await new Promise((resolve) => socket.onopen = resolve);
  const ask = (frame: string) => {
    socket.send(frame);
    return new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
  };
  for (const [what, frame, code, reason] of FRAMES) {
    await t.step(what, async () => {
      const reply = JSON.parse(await ask(frame));
      assert.equal(reply.error.code, code);
      assert(!Object.hasOwn(reply, "id"), "an id is never null");
      assert.equal(official.refusals.at(-1), reason);
    });
  }
  await t.step("then one of the latest era", async () => {
    const reply = JSON.parse(await ask(JSON.stringify(list({ _meta: META }))));
    assert.equal(reply.result.tools[0].name, "test_echo");
    assert.equal(reply.result.resultType, "complete");
    assert.deepEqual([reply.result.ttlMs, reply.result.cacheScope], [300_000, "private"]);
  });
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});
