import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startServer } from "../../services/server.ts";
import { toolError } from "../tool_error.ts";
import { openWrites, patches, startWritableApi } from "./writes.ts";

const CART = { namespace: "shop", name: "cart", replicas: 3 };
const QUESTION = 'default asks to change deployment "cart" in namespace "shop": replicas: 1 → 3';
const accept = (confirm: boolean) => ({ action: "accept", content: { confirm } });

const REFUSALS: readonly (readonly [answer: unknown, reason: string, words: RegExp])[] = [
  [accept(false), "declined", /^The user declined to change deployment "cart" in namespace "shop": replicas: 1 → 3$/],
  [{ action: "decline" }, "declined", /^The user declined to change/],
  [{ action: "cancel" }, "dismissed", /^The user did not answer to change/],
];

Deno.test("where the user is to be asked a change waits for a yes, and every round is on record", async (t) => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api, { writeConfirm: "ask" });
  const { confirm } = await writes.run("k8s.scale", CART, { answers: {} });
  const change = (answers: Readonly<Record<string, unknown>> | undefined) =>
    writes.run("k8s.scale", { ...CART, confirm }, { answers });
  await t.step("asked", async () => {
    const { message, data } = await toolError("unanswered", () => change({}));
    assert.equal(message, `This call waits for an answer: ${QUESTION}`);
    const { change: { message: asked, form } } = data["questions"] as { change: { message: string; form: object } };
    assert.equal(asked, QUESTION);
    assert.deepEqual(form, {
      type: "object",
      properties: { confirm: { type: "boolean", description: "Yes, change it" } },
      required: ["confirm"],
    });
  });
  for (const [answer, reason, words] of REFUSALS) {
    await t.step(JSON.stringify(answer), async () => {
      const { message, data } = await toolError("tool_failed", () => change({ change: answer }));
      assert.match(message, words);
      assert.deepEqual(data, { reason, executed: false });
    });
  }
  await t.step("nobody can be asked", async () => {
    await toolError("unanswered", () => change(undefined));
  });
  assert.equal(patches(api).length, 0);
  const outcomes = writes.records.map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ["ok", ...Array(5).fill("tool_error")]);
  await t.step("a yes", async () => {
    assert.equal((await change({ change: accept(true) })).applied, true);
    assert.equal(patches(api).length, 1);
  });
  await t.step("a yes that was for another state", async () => {
    await toolError("conflict", () => change({ change: accept(true) }));
    assert.equal(patches(api).length, 1);
  });
});

Deno.test("a client's user is asked over the official protocol, and no other dialect goes past it", async () => {
  await using api = await startWritableApi();
  await using server = await startServer({
    ...{ TOOLSETS: "k8s-write", WRITE_CONFIRM: "ask" },
    ...{ KUBE_API_URL: api.url, KUBE_TOKEN: api.token, KUBE_CA: api.certificates.authority },
  });
  const asked: string[] = [];
  const client = new Client({ name: "tests", version: "1" }, { capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler("elicitation/create", ({ params }) => {
    asked.push(params.message);
    return { action: "accept", content: { confirm: asked.length > 1 } };
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
  const scale = async (more: object): Promise<Readonly<Record<string, unknown>>> => {
    const { structuredContent, isError } = await client.callTool({
      name: "k8s_scale",
      arguments: { ...CART, ...more },
    });
    return { isError, ...Object(structuredContent) };
  };
  const { confirm } = await scale({});
  assert.deepEqual(asked, [], "a dry run asks nothing");
  assert.equal((await scale({ confirm }))["isError"], true);
  assert.equal(patches(api).length, 0);
  const house = await fetch(`${server.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "k8s.scale", params: { ...CART, confirm } }),
  });
  assert.equal((await house.json()).error.data.kind, "unanswered");
  assert.equal(patches(api).length, 0);
  assert.equal((await scale({ confirm }))["applied"], true);
  assert.equal(patches(api).length, 1);
  assert.deepEqual(asked, [QUESTION, QUESTION]);
  await client.close();
});
