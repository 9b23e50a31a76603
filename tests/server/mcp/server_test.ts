import assert from "node:assert/strict";
import { type JSONRPCMessage, ProtocolError, type Transport } from "@modelcontextprotocol/server";
import { createRequestStates } from "../../../server/mcp/request_state.ts";
import { createOfficialServers } from "../../../server/mcp/server.ts";
import { DEFAULT_PRINCIPAL, Slots } from "../../../server/peer.ts";

const PEER = {
  principal: DEFAULT_PRINCIPAL,
  transport: "http",
  client: {},
  session: undefined,
  signal: new AbortController().signal,
  slots: new Slots(1),
} as const;

/** What a server answers whose list of prompts throws this. */
async function answerTo(thrown: unknown): Promise<{ readonly error: unknown; readonly faults: readonly unknown[] }> {
  const faults: unknown[] = [];
  const servers = createOfficialServers({
    parts: [{
      capabilities: { prompts: {} },
      register: (server) =>
        server.setRequestHandler("prompts/list", () => {
          throw thrown;
        }),
    }],
    requestStates: createRequestStates(new Uint8Array(32)),
    onFault: (error) => void faults.push(error),
  });
  const { promise, resolve } = Promise.withResolvers<JSONRPCMessage>();
  const transport: Transport = {
    start: () => Promise.resolve(),
    send: (message) => Promise.resolve(resolve(message)),
    close: () => Promise.resolve(),
  };
  const server = servers("legacy", PEER);
  await server.connect(transport);
  transport.onmessage?.({ jsonrpc: "2.0", id: 1, method: "prompts/list" });
  const answer = await promise;
  await server.close();
  return { error: "error" in answer && answer.error, faults };
}

Deno.test("a fault of a handler is answered in words that tell nothing of it, and told to the operator", async () => {
  const fault = new TypeError("Cannot read password=hunter2");
  const { error, faults } = await answerTo(fault);
  assert.deepEqual(error, { code: -32603, message: "Internal error" });
  assert.deepEqual(faults, [fault]);
});

Deno.test("an error that is made for the caller goes out as it stands", async () => {
  const { error, faults } = await answerTo(new ProtocolError(-32602, "Unknown prompt", { hint: "Ask for the list" }));
  assert.deepEqual(error, { code: -32602, message: "Unknown prompt", data: { hint: "Ask for the list" } });
  assert.deepEqual(faults, []);
});
