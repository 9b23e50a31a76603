import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { createRequestStates } from "../../../server/mcp/request_state.ts";
import { startOfficial } from "./official.ts";

type Official = ReturnType<typeof startOfficial>;

interface Asked {
  readonly messages: string[];
  readonly reply: { action: "accept"; content: { sure: boolean } } | { action: "decline" };
}

const INFO = { name: "tests", version: "2.1.0" };

/** Calls the tool that asks twice, with a client that answers. @returns the result's text */
type Confirm = (official: Official, asked: Asked) => Promise<string>;

const textOf = (result: unknown) =>
  (result as { readonly content: readonly { text: string }[] }).content[0]?.text ?? "";

const v2 = (mode: "legacy" | "auto"): Confirm => async (official, { messages, reply }) => {
  const client = new Client(INFO, {
    capabilities: { elicitation: { form: {} } },
    ...(mode === "auto" && { versionNegotiation: { mode } }),
  });
  client.setRequestHandler("elicitation/create", ({ params }) => {
    messages.push(params.message);
    return reply;
  });
  await client.connect(new StreamableHTTPClientTransport(official.url));
  const result = await client.callTool({ name: "test_confirm", arguments: { text: "web" } });
  await client.close();
  return textOf(result);
};

const v1OverSocket: Confirm = async (official, { messages, reply }) => {
  const client = new ClientV1(INFO, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }: { readonly params: { readonly message: string } }) => {
    messages.push(params.message);
    return reply;
  });
  // The SDK's own transport does not fit its own interface under exactOptionalPropertyTypes.
  const transport: unknown = new WebSocketClientTransport(official.socketUrl);
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  const result = await client.callTool({ name: "test_confirm", arguments: { text: "web" } });
  await client.close();
  return textOf(result);
};

const CLIENTS: readonly (readonly [name: string, confirm: Confirm])[] = [
  ["SDK v2 in its default era over HTTP", v2("legacy")],
  ["SDK v2 in the latest era over HTTP", v2("auto")],
  ["SDK v1 over WebSocket", v1OverSocket],
];

for (const [name, confirm] of CLIENTS) {
  Deno.test(`${name} asks its user what a tool wants to know, and each round is on record`, async () => {
    await using official = startOfficial();
    const asked: Asked = { messages: [], reply: { action: "accept", content: { sure: true } } };
    assert.equal(await confirm(official, asked), '{"done":"web"}');
    assert.deepEqual(asked.messages, ["Delete web?", "Really?"]);
    assert.deepEqual(official.records.map(({ outcome }) => outcome), ["tool_error", "tool_error", "ok"]);
  });

  Deno.test(`${name} says no for its user`, async () => {
    await using official = startOfficial();
    const asked: Asked = { messages: [], reply: { action: "decline" } };
    assert.equal(await confirm(official, asked), '{"done":"nothing"}');
    assert.deepEqual(asked.messages, ["Delete web?"]);
  });
}

/** A call of the latest era by hand. */
async function post(official: Official, text: string, more: Record<string, unknown> = {}, elicitation?: object) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": elicitation ? { elicitation } : {},
  };
  const response = await fetch(official.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "test_confirm",
    },
    body: JSON.stringify({
      ...{ jsonrpc: "2.0", id: 7, method: "tools/call" },
      params: { name: "test_confirm", arguments: { text }, _meta, ...more },
    }),
  });
  const reply = await response.text();
  return { status: response.status, ...JSON.parse(/^data: (.+)$/m.exec(reply)?.[1] ?? reply) };
}

const yes = { action: "accept", content: { sure: true } };

Deno.test("an answer holds for the arguments that were asked about, and only with the server's signature", async () => {
  await using official = startOfficial();
  const first = (await post(official, "web", {}, {})).result;
  assert.equal(first.resultType, "input_required");
  assert.equal(first.inputRequests.sure.params.message, "Delete web?");
  const answered = { inputResponses: { sure: yes, really: yes }, requestState: first.requestState };

  const second = (await post(official, "web", answered, {})).result;
  assert.equal(second.inputRequests.really.params.message, "Really?", "what was not asked is not answered");
  const both = { inputResponses: { really: yes }, requestState: second.requestState };
  assert.equal((await post(official, "web", both, {})).result.structuredContent.done, "web");
  const other = (await post(official, "db", answered, {})).result;
  assert.equal(other.inputRequests.sure.params.message, "Delete db?");
  const unsigned = (await post(official, "web", { inputResponses: { sure: yes, really: yes } }, {})).result;
  assert.equal(unsigned.resultType, "input_required");
  const forged = await post(official, "web", { ...answered, requestState: `${first.requestState}x` }, {});
  assert.equal(forged.error.code, -32602);
});

Deno.test("a client that cannot ask its user is told what it lacks", async () => {
  await using official = startOfficial();
  const { status, error } = await post(official, "web");
  assert.deepEqual([status, error.code], [400, -32021]);
  assert.deepEqual(Object.keys(error.data.requiredCapabilities), ["elicitation"]);
});

Deno.test("a state is taken of its own principal and method, from any replica with the same key", async () => {
  const key = new Uint8Array(32).fill(1);
  type Context = Parameters<ReturnType<ReturnType<typeof createRequestStates>["of"]>["verify"]>[1];
  // Nothing else of it is looked at.
  const context = (method: string) => ({ mcpReq: { method } }) as Context;
  const sealed = await createRequestStates(key).of({ name: "alice" }).seal({ step: 1 }, context("tools/call"));
  const other = createRequestStates(key);
  assert.deepEqual(await other.of({ name: "alice" }).verify(sealed, context("tools/call")), { step: 1 });
  await assert.rejects(other.of({ name: "bob" }).verify(sealed, context("tools/call")), /bind/);
  await assert.rejects(other.of({ name: "alice" }).verify(sealed, context("prompts/get")), /bind/);
  const stranger = createRequestStates(new Uint8Array(32));
  await assert.rejects(stranger.of({ name: "alice" }).verify(sealed, context("tools/call")), /mac/);
});

/** A request of a session by hand. */
async function inSession(
  official: Official,
  method: "POST" | "DELETE",
  session?: string,
  body?: object,
  accept = "application/json, text/event-stream",
) {
  return await fetch(official.url, {
    method,
    headers: {
      ...{ "content-type": "application/json", accept },
      ...(session !== undefined && { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
    },
    ...(body && { body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }) }),
  });
}

const CALL = { method: "tools/call", params: { name: "test_confirm", arguments: { text: "web" } } };

async function openSession(official: Official): Promise<string> {
  const params = { protocolVersion: "2025-11-25", capabilities: { elicitation: {} }, clientInfo: INFO };
  const opened = await inSession(official, "POST", undefined, { method: "initialize", params });
  await opened.body?.cancel();
  return opened.headers.get("mcp-session-id") ?? "";
}

/** A session with a call that waits for an answer. */
async function waitingCall(official: Official) {
  const session = await openSession(official);
  const response = await inSession(official, "POST", session, CALL);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert(reader);
  let read = "";
  while (!read.includes("elicitation/create")) read += (await reader.read()).value;
  return { session, reader };
}

Deno.test("a client that takes no stream is not asked, and its call fails at once", async () => {
  await using official = startOfficial();
  const session = await openSession(official);
  const response = await inSession(official, "POST", session, CALL, "application/json");
  const { result } = await response.json();
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /it takes no stream/);
});

Deno.test("a call that waits for its client's answer ends with its session", async () => {
  await using official = startOfficial();
  const { session, reader } = await waitingCall(official);
  await (await inSession(official, "DELETE", session)).body?.cancel();
  while (!(await reader.read()).done);
});

Deno.test("a server that stops does not wait for its clients' answers", async () => {
  const official = startOfficial();
  const { reader } = await waitingCall(official);
  await official[Symbol.asyncDispose]();
  while (!(await reader.read()).done);
});
