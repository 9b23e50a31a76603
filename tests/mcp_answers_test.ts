import assert from "node:assert/strict";
import { startFleet } from "./mcp_sessions/fleet.ts";
import { initialize, read, readEvents, send } from "./mcp_sessions/session.ts";

// What a server asks its client in the era with sessions: the answer may come to any replica.

/** What a tool asks for: by which method, and what a client answers to it. */
const QUESTIONS:
  readonly (readonly [method: string, tool: string, args: object, answerOf: (words: string) => object])[] = [
    ["elicitation/create", "test_elicitation", { message: "Who are you?" }, (words) => ({
      action: "accept",
      content: { username: words, email: "ada@example.com" },
    })],
    ["sampling/createMessage", "test_sampling", { prompt: "Guess" }, (words) => ({
      role: "assistant",
      content: { type: "text", text: words },
      model: "tests",
    })],
  ];

Deno.test("a client's answer that comes to another replica finds the call that waits for it, and no other session's does", async (t) => {
  // The product with tools that ask.
  await using fleet = await startFleet({}, "tests/conformance/server.ts");
  const { replicas: [one, other, third] } = fleet;
  const open = async () => {
    const response = await send(one.url, initialize({ elicitation: {}, sampling: {} }));
    assert.equal((await read(response)).status, 200);
    return response.headers.get("mcp-session-id") ?? "";
  };
  for (const [method, tool, args, answerOf] of QUESTIONS) {
    await t.step(method, async () => {
      const [session, stranger] = [await open(), await open()];
      const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: args } };
      await using stream = readEvents(await send(one.url, call, session));
      const asked = await stream.message();
      assert.equal(asked.method, method);
      const answer = (words: string) => ({ jsonrpc: "2.0", id: asked.id, result: answerOf(words) });
      for (const [url, from, words] of [[third.url, stranger, "stolen"], [other.url, session, "ada"]] as const) {
        assert.deepEqual(await read(await send(url, answer(words), from)), { status: 202, reply: undefined });
      }
      const { id, result } = await stream.message();
      assert.equal(id, 1);
      assert.match(result.content[0].text, /ada/);
      assert.equal(await stream.next(), undefined, "the result is the stream's last message");
    });
  }
});
