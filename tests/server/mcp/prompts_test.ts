import assert from "node:assert/strict";
import { Client, ProtocolError, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type ServerService, startServer } from "../../services/server.ts";
import { testWithClient } from "./with_client.ts";

let server: ServerService;

Deno.test.beforeAll(async () => {
  server = await startServer();
});

Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

async function connect(mode: "legacy" | "auto") {
  const client = new Client({ name: "tests", version: "1" }, mode === "auto" ? { versionNegotiation: { mode } } : {});
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", server.url)));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Arguments with which each prompt can be had, and a word that its text has of them. */
const GOOD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "triage-crash-loop": { namespace: "shop", pod: "cart-1" },
  "explain-alert": { alert: "Pods are down", runbook: "pod-crash-looping" },
  "review-last-hour": { namespace: "shop", key: "incident/7" },
  "summarize-namespace": { namespace: "shop" },
};

for (const mode of ["legacy", "auto"] as const) {
  testWithClient(
    `every prompt names tools that there are, holds its arguments and asks for evidence (${mode})`,
    async () => {
      await using client = await connect(mode);
      const { prompts } = await client.listPrompts();
      const tools = (await client.listTools()).tools.map(({ name }) => name);
      assert.deepEqual(prompts.map(({ name }) => name), Object.keys(GOOD));
      for (const { name, arguments: args = [] } of prompts) {
        const given = GOOD[name] ?? {};
        const { messages } = await client.getPrompt({ name, arguments: given });
        const [message] = messages;
        assert(message?.content.type === "text");
        const { text } = message.content;
        for (const value of Object.values(given)) assert(text.includes(value), `${name}: ${value}`);
        const named = text.match(/\b(?:ctx|k8s|prom|logs|runbook)_[a-z_]+/g) ?? [];
        assert(named.length > 0, name);
        for (const tool of named) assert(tools.includes(tool), `${name}: ${tool}`);
        assert.match(text, /is data/);
        assert.match(text, /Evidence:/);
        assert(args.every(({ description }) => description), name);
        assert.doesNotMatch(text, /undefined|\[object/);
        const required = Object.fromEntries(
          args.filter(({ required }) => required).map(({ name }) => [name, given[name] ?? "x"]),
        );
        const least = await client.getPrompt({ name, arguments: required });
        assert.doesNotMatch(JSON.stringify(least), /undefined|\[object/, name);
      }
    },
  );
}

const BAD: readonly (readonly [what: string, name: string, args: Record<string, string>, message: RegExp])[] = [
  ["a missing one", "summarize-namespace", {}, /namespace is missing \(Namespace, such as default\)/],
  ["two missing ones", "explain-alert", {}, /alert is missing .*; runbook is missing /],
  ["an empty one", "summarize-namespace", { namespace: "" }, /namespace is missing/],
  ["one in no form", "summarize-namespace", { namespace: "No\nName" }, /namespace: expected .*, but got "No\\nName"/],
  ["one that ends its quotes", "explain-alert", { alert: 'a" b', runbook: "x" }, /alert: expected 1 to 500/],
  ["an unknown one", "summarize-namespace", { namespace: "a", pod: "b" }, /"pod" is none of namespace/],
  ["an unknown prompt", "nothing", {}, /Unknown prompt "nothing": there are triage-crash-loop, /],
  ["the name of a member of every object", "toString", {}, /Unknown prompt "toString"/],
];

testWithClient("prompts with wrong arguments are answered -32602 and what is wrong", async (t) => {
  await using client = await connect("auto");
  for (const [what, name, args, message] of BAD) {
    await t.step(what, () =>
      assert.rejects(client.getPrompt({ name, arguments: args }), (error) => {
        assert(error instanceof ProtocolError, `${error}`);
        assert.equal(error.code, -32602);
        assert.match(error.message, message);
        return true;
      }));
  }
});

testWithClient(
  "keys and runbooks are completed by what they begin with; all else by nothing, namespaces without a policy too",
  async (t) => {
    await using client = await connect("auto");
    for (const key of ["incident/7", "incident/8", "other"]) {
      await client.callTool({ name: "ctx_set", arguments: { key, value: 1 } });
    }
    const resource = (uri: string) => ({ type: "ref/resource" as const, uri });
    const prompt = (name: string) => ({ type: "ref/prompt" as const, name });
    const cases = [
      [resource("ctx://{key}"), "key", "incident/", ["incident/7", "incident/8"]],
      [resource("ctx://{key}"), "id", "", []],
      [resource("runbook://{id}"), "id", "pod-crash", ["pod-crash-looping"]],
      [resource("k8s://{namespace}/pods"), "namespace", "", []],
      [resource("other://"), "key", "", []],
      [prompt("review-last-hour"), "key", "oth", ["other"]],
      [prompt("explain-alert"), "runbook", "pod-crash", ["pod-crash-looping"]],
      [prompt("explain-alert"), "alert", "", []],
      [prompt("nothing"), "key", "", []],
    ] as const;
    for (const [ref, name, value, values] of cases) {
      await t.step(`${JSON.stringify(ref)} ${name} ${JSON.stringify(value)}`, async () => {
        const { completion } = await client.complete({ ref, argument: { name, value } });
        assert.deepEqual(completion.values, values);
      });
    }
  },
);

testWithClient("ping and the level of the log are answered in the era that has them", async () => {
  await using client = await connect("legacy");
  await client.ping();
  await client.setLoggingLevel("warning");
});
