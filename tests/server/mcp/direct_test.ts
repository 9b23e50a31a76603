import assert from "node:assert/strict";
import { z } from "zod";
import { createDirect } from "../../../server/mcp/direct.ts";
import type { DirectReply } from "../../../server/mcp/direct/reply.ts";
import { type Peer, Slots } from "../../../server/peer.ts";
import { ask } from "../../../tools/ask.ts";
import { testCallPath, testTool } from "../../tools/call_path.ts";

let ran = 0;
const asks = (name: string, more: Parameters<typeof testTool>[1] = {}) =>
  testTool((_, call) => {
    ran++;
    ask(call, { name: "sure", message: "Sure?", form: z.object({ sure: z.boolean() }) });
    return Promise.resolve({ done: true });
  }, { name, ...more });
const plain = (name: string, more: Parameters<typeof testTool>[1] = {}) =>
  testTool(() => Promise.resolve({ done: true }), { name, ...more });

const tools = [
  plain("test.plain"),
  plain("test.hidden"),
  plain("test.outside", { effect: "outside" }),
  plain("test.outside.plain", { effect: "outside", asks: false }),
  asks("test.asks", { asks: true }),
  asks("test.undeclared"),
  plain("test.unprintable", {
    print() {
      throw new Error("It cannot be printed");
    },
  }),
];
const faults: unknown[] = [];
const path = testCallPath(tools);
const direct = createDirect({
  tools,
  authorizer: { mayList: ({ name }, tool) => name === "all" || tool.name !== "test.hidden" },
  call: (request, context) => path.call(request, context),
  ids: { uuid: () => crypto.randomUUID() },
  capabilities: { tools: {} },
  onFault: (error) => void faults.push(error),
});

function post(method: string, params: object, name = "all"): Promise<DirectReply | undefined> {
  const headers = { "content-type": "application/json" };
  const peer: Peer = {
    principal: { name, authMethod: "token", roles: [] },
    ...{ transport: "http", client: {}, session: undefined, signal: new AbortController().signal },
    slots: new Slots(8),
  };
  const request = new Request("http://localhost/mcp", { method: "POST", headers });
  return direct.post(request, { jsonrpc: "2.0", id: 1, method, params }, peer);
}

const WAYS = [
  ["test.plain", "direct"],
  ["test.none", "direct"],
  ["test.outside", "sdk"],
  ["test.outside.plain", "direct"],
  ["test.asks", "sdk"],
  ["test.undeclared", "sdk"],
] as const;

Deno.test("a tool that may ask is left to the SDK, and one that asks without saying so too", async (t) => {
  for (const [name, way] of WAYS) {
    await t.step(`${name}: ${way}`, async () => {
      const reply = await post("tools/call", { name, arguments: {} });
      assert.equal(reply ? "direct" : "sdk", way);
    });
  }
  assert.equal(ran, 1, "Only what did not say that it asks was called");
});

Deno.test("each caller's list is its own, however often it was printed", async () => {
  const namesFor = async (principal: string) => {
    const { result } = JSON.parse((await post("tools/list", {}, principal))?.text ?? "");
    return result.tools.map(({ name }: { readonly name: string }) => name);
  };
  for (let i = 0; i < 2; i++) {
    assert(!(await namesFor("some")).includes("test_hidden"));
    assert((await namesFor("all")).includes("test_hidden"));
  }
});

Deno.test("a fault is answered in words that tell nothing of it", async () => {
  const reply = await post("tools/call", { name: "test.unprintable", arguments: {} });
  assert.deepEqual(JSON.parse(reply?.text ?? "").error, { code: -32603, message: "Internal error" });
  assert.deepEqual(faults.map(String), ["Error: It cannot be printed"]);
});
