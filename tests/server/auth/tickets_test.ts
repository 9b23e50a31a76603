import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createMemoryTicketStore } from "../../../storage/embedded/ticket_store.ts";
import type { TicketStore } from "../../../storage/ticket_store.ts";
import { openSocket } from "../../services/socket.ts";
import { standingClock } from "../../tools/call_path.ts";
import { startEdge } from "../edge.ts";
import { connectRaw, handshake } from "../raw_client.ts";
import { type FakeGuardOptions, startGuardedEdge } from "./guard.ts";

type GuardedEdge = Awaited<ReturnType<typeof startGuardedEdge>>;

const RIGHT = { authorization: "Bearer right" };

async function take(edge: GuardedEdge, headers: Record<string, string> = {}): Promise<string> {
  const { status, text } = await edge.ask("/ws-ticket", { ...RIGHT, ...headers }, "POST");
  assert.equal(status, 200, text);
  return JSON.parse(text).ticket;
}

/** The status and the body's error of an upgrade with a ticket. */
async function open(edge: GuardedEdge, query: string, headers: Record<string, string> = {}) {
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port, headers).replace("GET /mcp", `GET /mcp${query}`));
  const answer = await peer.readUntil("\r\n\r\n");
  await peer[Symbol.asyncDispose]();
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]), head: answer };
}

Deno.test("a ticket opens one WebSocket as who asked for it, and never again", async () => {
  await using edge = await startGuardedEdge();
  const { text, headers } = await edge.ask("/ws-ticket", RIGHT, "POST");
  const { ticket, ...rest } = JSON.parse(text);
  assert.match(ticket, /^[\w-]{43}$/);
  assert.deepEqual(rest, { expires_in: 30 });
  assert.equal(headers.get("cache-control"), "no-store");
  {
    await using socket = await openSocket(`${edge.socketUrl}?ticket=${ticket}`);
    assert.deepEqual((await socket.call("test.echo", { text: "a" })).result, { text: "a" });
  }
  assert.deepEqual(edge.path.records.map(({ principal }) => principal), ["alice"]);
  const again = await open(edge, `?ticket=${ticket}`);
  assert.equal(again.status, 401);
  assert.match(
    again.head,
    /www-authenticate: Bearer error="invalid_token", error_description="The ticket is unknown, /i,
  );
  assert.equal(await edge.refusals("credential_ticket"), 1);
  assert(!edge.lines.join().includes(ticket));
});

Deno.test("of many who bring one ticket at the same time one gets in", async () => {
  await using edge = await startGuardedEdge({ settings: { AUTH_FAILURES_MAX: "100" } });
  const ticket = await take(edge);
  const statuses = await Promise.all(
    Array.from({ length: 10 }, async () => (await open(edge, `?ticket=${ticket}`)).status),
  );
  assert.deepEqual(statuses.sort(), [101, ...Array(9).fill(401)]);
});

Deno.test("a ticket is worth nothing from another origin, after its time, changed, or beside a credential", async () => {
  await using edge = await startGuardedEdge({
    settings: { AUTH_FAILURES_MAX: "100", ALLOWED_ORIGINS: "https://ops.example" },
  });
  const own = { origin: edge.url };
  const other = { origin: "https://ops.example" };
  const cases: readonly (readonly [
    string,
    asked: Record<string, string>,
    brought: Record<string, string>,
    status: number,
  ])[] = [
    ["of a page, from it", own, own, 101],
    ["of an allowed page, from it", other, other, 101],
    ["of a page, from another that is allowed too", own, other, 401],
    ["of a page, from a program", own, {}, 401],
    ["of a program, from a page", {}, own, 401],
    ["beside a credential", {}, RIGHT, 400],
  ];
  for (const [name, asked, brought, status] of cases) {
    const ticket = await take(edge, asked);
    assert.equal((await open(edge, `?ticket=${ticket}`, brought)).status, status, name);
    // Whoever has tried it has used it up.
    if (status === 401) assert.equal((await open(edge, `?ticket=${ticket}`, asked)).status, 401, name);
  }
  const late = await take(edge);
  edge.clock.advance(29_999);
  const inTime = await take(edge);
  edge.clock.advance(1);
  assert.equal((await open(edge, `?ticket=${late}`)).status, 401);
  edge.clock.advance(29_998);
  assert.equal((await open(edge, `?ticket=${inTime}`)).status, 101);
  const ticket = await take(edge);
  for (const changed of ["", "x", `${ticket}x`, `${ticket.slice(0, -1)}!`, ticket.toLowerCase(), "a".repeat(10_000)]) {
    assert.equal((await open(edge, `?ticket=${changed}`)).status, 401, changed.slice(0, 50));
  }
  assert.equal((await open(edge, `?ticket=${ticket}&ticket=${ticket}`)).status, 400);
  assert.equal((await open(edge, `?ticket=${ticket}`)).status, 101);
});

Deno.test("a ticket opens nothing but a WebSocket at /mcp", async () => {
  await using edge = await startGuardedEdge();
  const ticket = await take(edge);
  const upgrade = { connection: "Upgrade", upgrade: "websocket" };
  for (const path of ["/metrics", "/test/rate-limit", "/mcp", "/ws-ticket"]) {
    const method = path === "/ws-ticket" ? "POST" : "GET";
    const { status, challenge } = await edge.ask(`${path}?ticket=${ticket}`, {}, method);
    assert.equal(status, 400, path);
    assert.match(challenge ?? "", /error_description="A ticket opens a WebSocket at \/mcp, and nothing else"/);
  }
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port, upgrade).replace("GET /mcp", `GET /metrics?ticket=${ticket}`));
  assert.match(await peer.readUntil("\r\n\r\n"), /^HTTP\/1.1 400 /);
  await peer[Symbol.asyncDispose]();
  assert.equal((await open(edge, `?ticket=${ticket}`)).status, 101);
});

Deno.test("a ticket ends with the credential that it was given for", async () => {
  await using edge = await startGuardedEdge();
  const ticket = await take(edge);
  edge.standing.set("alice-1", false);
  assert.equal((await open(edge, `?ticket=${ticket}`)).status, 401);
});

Deno.test("a ticket of one replica opens a socket at another, and the store knows it by its digest alone", async () => {
  const clock = standingClock();
  const kept: string[] = [];
  const memory = createMemoryTicketStore(clock);
  const tickets: TicketStore = {
    put(kind, sha256, payload, ttlSeconds) {
      kept.push(kind, sha256, payload, String(ttlSeconds));
      return memory.put(kind, sha256, payload, ttlSeconds);
    },
    get: memory.get.bind(memory),
    take: memory.take.bind(memory),
    async [Symbol.asyncDispose]() {},
  };
  const shared: FakeGuardOptions = { tickets, clock };
  await using one = await startGuardedEdge(shared);
  await using other = await startGuardedEdge(shared);
  const ticket = await take(one);
  assert.deepEqual(kept.slice(0, 2), ["upgrade", createHash("sha256").update(ticket).digest("hex")]);
  assert.equal(kept[3], "30");
  assert(!kept.join().includes(ticket) && !kept.join().includes("right"));
  assert.equal((await open(other, `?ticket=${ticket}`)).status, 101);
  assert.equal((await open(one, `?ticket=${ticket}`)).status, 401);
});

Deno.test("a store that holds no ticket of ours gives nobody a way in", async () => {
  for (const payload of ["{}", "[]", '{"identity":{"principal":{"name":"root"}},"origin":null}', '"text"', "null"]) {
    const tickets: TicketStore = {
      put: () => Promise.resolve(),
      get: () => Promise.resolve(payload),
      take: () => Promise.resolve(payload),
      async [Symbol.asyncDispose]() {},
    };
    await using edge = await startGuardedEdge({ tickets });
    assert.equal((await open(edge, `?ticket=${"a".repeat(43)}`)).status, 401, payload);
  }
});

Deno.test("tickets have a limit a minute and principal, and their own credential", async () => {
  await using edge = await startGuardedEdge({ settings: { RATE_LIMIT_PER_MINUTE: "2" } });
  for (const _ of [1, 2]) await take(edge);
  const refused = await edge.ask("/ws-ticket", RIGHT, "POST");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "60"]);
  assert.equal((await edge.ask("/ws-ticket", { authorization: "Bearer bob" }, "POST")).status, 200);
  assert.equal((await edge.ask("/ws-ticket", {}, "POST")).status, 401);
  assert.equal((await edge.ask("/ws-ticket", RIGHT)).status, 404);
});

Deno.test("with AUTH_MODE none there are no tickets, and none is needed", async () => {
  await using edge = await startEdge();
  const response = await fetch(`${edge.url}/ws-ticket`, { method: "POST" });
  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), { error: "No ticket is needed: AUTH_MODE is none, and /mcp is open" });
  await using socket = await openSocket(`${edge.socketUrl}?ticket=${"a".repeat(43)}`);
  assert.deepEqual((await socket.call("test.echo", { text: "a" })).result, { text: "a" });
});
