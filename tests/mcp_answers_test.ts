import assert from "node:assert/strict";
import { type Fleet, startFleet } from "./mcp_sessions/fleet.ts";
import { initialize, read, readEvents, send } from "./mcp_sessions/session.ts";
import { testBeside } from "./services/beside.ts";

// What a server asks and tells its client in the era with sessions, where each message comes to another replica.

let fleet: Fleet;

Deno.test.beforeAll(async () => {
  // The product with tools that ask, and that write to the client's log.
  fleet = await startFleet({}, "tests/conformance/server.ts");
});

Deno.test.afterAll(async () => await fleet[Symbol.asyncDispose]());

/** Opens a session of a client that can be asked everything. @returns its id */
async function open(url: string): Promise<string> {
  const response = await send(url, initialize({ elicitation: {}, sampling: {} }));
  assert.equal((await read(response)).status, 200);
  return response.headers.get("mcp-session-id") ?? "";
}

const call = (id: number, name: string, args: object = {}) => ({
  ...{ jsonrpc: "2.0", id, method: "tools/call" },
  params: { name, arguments: args },
});

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

testBeside("a client's answer that comes to another replica finds its call, and no other session's does", async (t) => {
  const { replicas: [one, other, third] } = fleet;
  for (const [method, tool, args, answerOf] of QUESTIONS) {
    await t.step(method, async () => {
      const [session, stranger] = [await open(one.url), await open(one.url)];
      await using stream = readEvents(await send(one.url, call(1, tool, args), session));
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

testBeside("the level of the log that one replica was told holds at the others", async () => {
  const { replicas: [one, other, third] } = fleet;
  const session = await open(one.url);
  /** The messages of a call's answer, by their methods. */
  const methodsOf = async (url: string, id: number) => {
    const text = await (await send(url, call(id, "test_tool_with_logging"), session)).text();
    return Array.from(text.matchAll(/"method":"([^"]+)"/g), ([, method]) => method);
  };
  const setLevel = async (url: string, level: string) => {
    const message = { jsonrpc: "2.0", id: 9, method: "logging/setLevel", params: { level } };
    assert.deepEqual((await read(await send(url, message, session))).reply.result, {});
  };
  await setLevel(one.url, "warning");
  assert.deepEqual(await methodsOf(other.url, 1), [], "what is below the level is kept back");
  await setLevel(third.url, "info");
  assert.deepEqual(await methodsOf(other.url, 2), Array(3).fill("notifications/message"));
});
