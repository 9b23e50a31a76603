import assert from "node:assert/strict";
import { createAdmission } from "../../server/admission.ts";
import { createGuards } from "../../server/headers.ts";
import { createShortWay, type ShortWayOptions } from "../../server/short_way.ts";
import { testTool } from "../tools/call_path.ts";
import { startGuardedEdge } from "./auth/guard.ts";
import { echo, startEdge } from "./edge.ts";
import { connectRaw, head } from "./raw_client.ts";

// Messages by the short way are answered as by the router, to which a header that browsers alone send leads.

type Given = Readonly<Record<string, string>>;

const JSON_TYPE = { "content-type": "application/json" };
const OFFICIAL = { ...JSON_TYPE, accept: "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25" };
const request = (method: string, params?: object) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });

const CASES: readonly (readonly [name: string, headers: Given, body: string])[] = [
  ["a call", JSON_TYPE, request("test.echo", { text: "a" })],
  ["a call that is refused", JSON_TYPE, request("test.none")],
  ["a call whose tool has a fault", JSON_TYPE, request("test.fault")],
  ["a batch", JSON_TYPE, `[${request("test.echo")},${request("test.echo")}]`],
  ["a notification", JSON_TYPE, '{"jsonrpc":"2.0","method":"notifications/x"}'],
  ["no JSON", JSON_TYPE, "{"],
  ["another type", { "content-type": "text/plain" }, "{}"],
  ["no type", {}, "{}"],
  ["too long a body", JSON_TYPE, `"${"a".repeat(1200)}"`],
  ["bytes that are no text", JSON_TYPE, "\u00ff"],
  ["a call of the official protocol", OFFICIAL, request("tools/call", { name: "test.echo", arguments: { text: "b" } })],
  ["a request that the SDK answers", OFFICIAL, request("tools/list", { cursor: "none" })],
  ["a notification of the official protocol", OFFICIAL, '{"jsonrpc":"2.0","method":"notifications/initialized"}'],
  ["no JSON of the official protocol", OFFICIAL, "{"],
  ["a session that there is not", { ...OFFICIAL, "mcp-session-id": "none" }, request("ping")],
  ["a foreign host", { ...JSON_TYPE, host: "evil.example" }, request("test.echo")],
];

/** Headers of what pages could be made of, and the time. */
const OF_PAGES = [
  ...["content-security-policy", "permissions-policy", "x-frame-options", "referrer-policy", "x-dns-prefetch-control"],
  ...["cross-origin-opener-policy", "cross-origin-resource-policy", "origin-agent-cluster", "date"],
];

interface Answer {
  readonly status: string | undefined;
  readonly headers: readonly string[];
  readonly body: string;
  readonly isGuardedAsPage: boolean;
}

/** Posts bytes as text of Latin-1. @returns the answer without what is of one answer alone */
async function post(port: number, headers: Given, body: string): Promise<Answer> {
  await using peer = await connectRaw(port);
  const bytes = Uint8Array.from(body, (character) => character.charCodeAt(0));
  const own = { host: "localhost", connection: "close", "content-length": `${bytes.byteLength}` };
  await peer.send(head("POST /mcp", { ...own, ...headers }));
  await peer.send(bytes);
  const answer = new TextDecoder().decode(await peer.readAll())
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}/g, "uuid").replaceAll(/;[rt]=\d+/g, "");
  const [top = "", ...rest] = answer.split("\r\n\r\n");
  const [status, ...given] = top.toLowerCase().split("\r\n");
  return {
    status,
    headers: given.filter((line) => !OF_PAGES.includes(line.split(":")[0] ?? "")).sort(),
    body: rest.join(""),
    isGuardedAsPage: top.includes("content-security-policy"),
  };
}

/** Posts both ways. @returns the answer that both gave */
async function agree(port: number, headers: Given, body: string): Promise<Answer> {
  const { isGuardedAsPage, ...short } = await post(port, headers, body);
  const { isGuardedAsPage: routed, ...long } = await post(port, { ...headers, "sec-fetch-site": "none" }, body);
  assert.deepEqual(short, long);
  assert(routed, "browsers' requests are the router's");
  return { ...short, isGuardedAsPage };
}

Deno.test("the short way answers as the router does", async (t) => {
  const fault = testTool(() => {
    throw new Error("A fault");
  }, { name: "test.fault" });
  await using edge = await startEdge({
    tools: [echo, fault],
    settings: {
      MESSAGE_BYTES_MAX: "1024",
      PUBLIC_URL: "https://mcp.example",
    },
  });
  for (const [name, headers, body] of CASES) {
    await t.step(name, async () => void await agree(edge.port, headers, body));
  }
  await t.step("it is taken", async () => {
    const answer = await agree(edge.port, JSON_TYPE, request("test.echo"));
    assert.equal(answer.status, "http/1.1 200 ok");
    assert(!answer.isGuardedAsPage, "no page is made of a reply to a program");
  });
  await t.step("a server that stops", async () => {
    edge.lifecycle.drain();
    assert.equal((await agree(edge.port, JSON_TYPE, request("test.echo"))).status, "http/1.1 503 service unavailable");
  });
});

/** The short way by itself. */
function shortWayTo(answerPost: ShortWayOptions["answerPost"]) {
  const shortWay = createShortWay({
    rule: { access: "call", session: false },
    door: { admitsProgram: () => true },
    lifecycle: { phase: "serving" },
    admission: createAdmission(10),
    gate: { enter: () => Promise.resolve(undefined) },
    peers: { addressOf: () => "127.0.0.1" },
    guards: createGuards({ publicUrl: undefined }),
    answerPost,
    headers: { vary: "Origin" },
    onFault: () => new Response("A fault", { status: 500 }),
  });
  return (body: string) => shortWay(new Request("http://localhost/mcp", { method: "POST", body }), undefined);
}

Deno.test("messages that came in one turn of the event loop begin in one", async () => {
  const begun: string[] = [];
  const send = shortWayTo(async ({ request }) => {
    begun.push(await request.text());
    return { text: begun.join(""), status: 200, headers: {} };
  });
  const first = send("a");
  for (let step = 0; step < 20; step++) await undefined;
  const second = send("b");
  assert.deepEqual(begun, [], "the first has waited for the second");
  const answers = await Promise.all([first, second]);
  assert.deepEqual(await Promise.all(answers.map((answer) => answer?.text())), ["a", "ab"]);
});

Deno.test("a fault on the short way is answered with the headers of every reply", async () => {
  const response = await shortWayTo(() => Promise.reject(new Error("A fault")))("{}");
  assert(response);
  assert.equal(await response.text(), "A fault");
  assert.deepEqual(
    ["vary", "x-frame-options", "cache-control"].map((name) => response.headers.get(name)),
    ["Origin", "DENY", "no-store"],
  );
});

Deno.test("replies of the short way say that they vary where pages of other origins may call", async () => {
  await using edge = await startEdge({ settings: { ALLOWED_ORIGINS: "https://friend.example" } });
  const { headers, isGuardedAsPage } = await agree(edge.port, JSON_TYPE, request("test.echo"));
  assert(headers.includes("vary: origin") && !isGuardedAsPage);
});

Deno.test("the short way asks who sends a message as the router does", async (t) => {
  await using edge = await startGuardedEdge();
  for (
    const [credential, status] of [
      [undefined, 401],
      ["right", 200],
      ["bob", 200],
      ["expired", 401],
      ["narrow", 403],
      ["away", 503],
      ["unknown", 401],
    ] as const
  ) {
    await t.step(credential ?? "no credential", async () => {
      const authorization = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
      const answer = await agree(edge.port, { ...JSON_TYPE, ...authorization }, request("test.echo"));
      assert.match(answer.status ?? "", new RegExp(` ${status} `));
    });
  }
});
