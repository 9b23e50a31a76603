import assert from "node:assert/strict";
import { openSocket } from "../services/socket.ts";
import { call, callAll, direct, forAll, post, request } from "./caller.ts";
import { oneSeries } from "./upstream.ts";
import type { World } from "./world.ts";

const TOOLS = ["mcp.tools.list", "ctx.get", "ctx.set", "k8s.list_pods", "prom.query_simple", "logs.search"]
  .concat("runbook.preview");
const POD = { namespace: "mcp-lab", pod: "mcp-server-79b7cc4d58-6qnbt" };

/** What is stored comes back to the letter, also over the lab's endpoint; what is refused is told redacted. */
export async function callContext({ planted, server, socket, sinks }: World): Promise<void> {
  // As it goes over the wire: JSON has no members that are undefined.
  const entries = planted.map(({ carrier }, n) => JSON.parse(JSON.stringify({ key: `k${n}`, value: carrier })));
  const stored = await callAll(socket, sinks, entries.map((entry) => call("ctx.set", "ctx.set", entry)));
  assert.deepEqual(stored, entries.map((entry) => ({ success: true, ...entry })));
  const read = await callAll(socket, sinks, entries.map(({ key }) => direct("ctx.get", "ctx.get", { key })));
  assert.deepEqual(read, entries);
  await forAll(planted, async ({ carrier, text }, n) => {
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const body = JSON.stringify({ key: `lab${n}`, value: carrier });
    const taken = await fetch(`${server.url}/test/ctx`, { ...init, body });
    assert.deepEqual((await taken.json()).value, entries[n].value);
    for (const refused of [JSON.stringify({ key: `lab${n}`, value: carrier, more: text }), text]) {
      await request(server, sinks, "a refused POST /test/ctx", "/test/ctx", { ...init, body: refused });
    }
  });
}

/** In every argument of every tool, in the names of arguments that there are not, and in the wrong places. */
export async function callWithArguments({ planted, socket, sinks, upstream }: World): Promise<void> {
  upstream.answer = oneSeries({ job: "made-up" });
  const messages = planted.flatMap(({ carrier, text }) => [
    call("a key", "ctx.get", { key: text }),
    call("a PromQL label", "prom.query_simple", { query: `up{made_up=${JSON.stringify(text)}}` }),
    call("PromQL that is none", "prom.query_simple", { query: text }),
    call("a query of logs", "logs.search", { ...POD, query: text }),
    call("an expression of logs", "logs.search", { ...POD, query: `/(${text}/` }),
    call("a pod", "logs.search", { namespace: "mcp-lab", pod: text }),
    call("a container", "logs.search", { ...POD, container: text }),
    call("a namespace", "k8s.list_pods", { namespace: text }),
    call("a page token", "k8s.list_pods", { namespace: "mcp-lab", continue: text }),
    call("a runbook", "runbook.preview", { runbook_id: text }),
    ...TOOLS.flatMap((tool) => [
      call(`${tool} with an argument that there is not`, tool, { [text]: 1, more: carrier }),
      direct(`${tool} by its name with wrong arguments`, tool, { query: [carrier], namespace: { carrier }, key: 1 }),
      direct(`${tool} with a list`, tool, [text]),
      call(`${tool} with a text for arguments`, tool, text),
    ]),
  ]);
  await callAll(socket, sinks, messages);
}

/** As the name of a tool, as a method, as an id. */
export async function callByOddNames({ planted, server, socket, sinks }: World): Promise<void> {
  const messages = planted.flatMap(({ carrier, text }) => [
    call("a tool's name", text, { a: carrier }),
    call("a tool's name that is no text", carrier, {}),
    { what: "a method", method: text, params: { carrier }, tool: undefined },
    { what: "a call without a name", method: "mcp.tools.call", params: { [text]: text }, tool: undefined },
  ]);
  await callAll(socket, sinks, messages);
  const list = { jsonrpc: "2.0", method: "mcp.tools.list" };
  await forAll(planted, async ({ carrier, text }) => {
    await post(server, sinks, "an id", JSON.stringify({ ...list, id: text }));
    await post(server, sinks, "an id that is none", JSON.stringify({ ...list, id: { carrier } }));
    await post(server, sinks, "a batch", JSON.stringify([{ ...list, id: text }, carrier, { ...list, params: text }]));
  });
}

/** Messages that are none. */
export async function sendMalformed({ planted, server, sinks }: World): Promise<void> {
  await forAll(planted, async ({ text }) => {
    const quoted = JSON.stringify(text);
    const answered = [
      text,
      quoted,
      quoted.slice(0, -2),
      `{"jsonrpc":"2.0","id":1,"method":${quoted}`,
      `{"jsonrpc":${quoted},"id":1,"method":"m"}`,
      `{"jsonrpc":"2.0","id":1,"method":[${quoted}]}`,
      `{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":${quoted}}`,
      `{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":{"key":${"[".repeat(100)}${quoted}${"]".repeat(100)}}}`,
    ];
    const notices = [
      `{"jsonrpc":"2.0","method":${quoted}}`,
      `{"jsonrpc":"2.0","method":"notifications/made_up","params":{"text":${quoted}}}`,
    ];
    for (const frame of [...answered, ...notices]) await post(server, sinks, "a malformed message", frame);
    await using socket = await openSocket(server.socketUrl);
    for (const frame of answered) {
      socket.send(frame);
      sinks.add("reply to a malformed frame", await socket.next());
    }
    socket.send(new TextEncoder().encode(text).buffer);
    sinks.add("reply to a binary frame", (await socket.closed).reason);
  });
}
