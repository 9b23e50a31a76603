import assert from "node:assert/strict";
import { open } from "./auth_matrix/attempt.ts";
import { AUDIENCE, SCOPES, startOidcWorld, startTokenWorld, type TokenWorld } from "./auth_matrix/world.ts";
import { connectRaw, handshake, head } from "./server/raw_client.ts";
import type { ServerService } from "./services/server.ts";

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const CALL = '{"jsonrpc":"2.0","id":1,"method":"ctx.get","params":{"key":"a"}}';
/** The end of a close frame of the server. */
const CLOSED = "\x03\xf0The credential has expired or was revoked";

async function takeTicket(server: ServerService, key: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${server.url}/ws-ticket`, { method: "POST", headers: { ...bearer(key), ...headers } });
  const { ticket } = await response.json();
  assert.match(ticket, /^[\w-]{43}$/);
  return ticket;
}

const statusOf = async (answer: Promise<{ readonly status: number }>) => (await answer).status;

/** Sends a head by hand: no client would send it so. */
async function sendHead(port: number, text: string): Promise<string> {
  const peer = await connectRaw(port);
  await peer.send(text);
  const answer = await peer.readUntil("\r\n\r\n");
  await peer[Symbol.asyncDispose]();
  return answer;
}

/** Each shows first that the credential it brings is a right one. */
const ATTACKS: Readonly<Record<string, (world: TokenWorld, key: string) => Promise<void>>> = {
  async "a page of another origin opens no WebSocket, whatever credential it has"({ one }, key) {
    assert.equal(await statusOf(open(one.port, bearer(key))), 101);
    assert.equal(await statusOf(open(one.port, { ...bearer(key), origin: one.url })), 101);
    const foreign = [
      "https://evil.example",
      "null",
      `http://127.0.0.1:${one.port + 1}`,
      "http://localhost.evil.example",
    ];
    for (const origin of foreign) {
      assert.equal(await statusOf(open(one.port, { ...bearer(key), origin })), 403, origin);
      const query = `?ticket=${await takeTicket(one, key)}`;
      assert.equal(await statusOf(open(one.port, { origin }, query)), 403, origin);
      const response = await fetch(`${one.url}/ws-ticket`, { method: "POST", headers: { ...bearer(key), origin } });
      assert.equal(response.status, 403);
      await response.body?.cancel();
    }
  },

  async "a name that was rebound to the server's address is not served, whatever credential it has"({ one }, key) {
    for (const path of ["/mcp", "/metrics", "/ws-ticket", "/dashboard/session", "/health", "/live"]) {
      const rebound = head(`GET ${path}`, { host: `evil.example:${one.port}`, ...bearer(key) });
      assert.match(await sendHead(one.port, rebound), /^HTTP\/1\.1 403 /, path);
    }
    const origin = `http://evil.example:${one.port}`;
    assert.equal(await statusOf(open(one.port, { host: `evil.example:${one.port}`, origin, ...bearer(key) })), 403);
    // What a proxy would be told by is nothing to go by.
    const forwarded = { "x-forwarded-host": "evil.example", forwarded: "host=evil.example", ...bearer(key) };
    assert.equal(await statusOf(open(one.port, forwarded)), 101);
  },

  async "a ticket is used once, at whichever replica"({ one, other }, key) {
    for (const [first, second] of [[one, other], [other, one], [one, one]] as const) {
      const query = `?ticket=${await takeTicket(one, key)}`;
      assert.equal(await statusOf(open(first.port, {}, query)), 101);
      assert.equal(await statusOf(open(second.port, {}, query)), 401);
    }
    const query = `?ticket=${await takeTicket(one, key)}`;
    const racing = Array.from({ length: 20 }, (_, index) => statusOf(open((index % 2 ? one : other).port, {}, query)));
    assert.deepEqual((await Promise.all(racing)).filter((status) => status === 101).length, 1);
  },

  async "a ticket of one origin is none of another"({ one, other }, key) {
    const ticket = await takeTicket(one, key, { origin: one.url });
    assert.equal(await statusOf(open(other.port, { origin: other.url }, `?ticket=${ticket}`)), 401);
    const second = await takeTicket(one, key, { origin: one.url });
    assert.equal(await statusOf(open(one.port, {}, `?ticket=${second}`)), 401);
    const third = await takeTicket(one, key, { origin: one.url });
    assert.equal(await statusOf(open(one.port, { origin: one.url }, `?ticket=${third}`)), 101);
  },

  async "a key in the URL is refused, also as a ticket, and is not logged"({ one, createKey }) {
    const { key } = await createKey("in-url", ["admin"]);
    for (const query of [`?access_token=${key}`, `?token=${key}`, `?api_key=${key}`, `?Access_Token=${key}`]) {
      const answer = await open(one.port, {}, query);
      assert.equal(answer.status, 400, query);
      assert.match(answer.challenge ?? "", /^Bearer realm="mcp", error="invalid_request", error_description="Send no /);
      assert.equal(await statusOf(open(one.port, bearer(key), query)), 400);
      const posted = await fetch(`${one.url}/mcp${query}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: CALL,
      });
      assert.equal(posted.status, 400);
      assert(!(await posted.text()).includes(key));
    }
    assert.equal(await statusOf(open(one.port, {}, `?ticket=${key}`)), 401);
    assert(!one.output().includes(key.slice(-20)));
  },

  async "two Authorization headers are refused, in whichever order, at both ways in"({ one, createKey }, key) {
    const other = (await createKey("second", ["admin"])).key;
    for (const [first, second] of [[key, key], [key, other], ["wrong", key], [key, "wrong"]]) {
      const twice = `authorization: Bearer ${first}\r\nauthorization: Bearer ${second}\r\n\r\n`;
      const upgrade = handshake(one.port).replace(/\r\n\r\n$/, `\r\n${twice}`);
      assert.match(await sendHead(one.port, upgrade), /^HTTP\/1\.1 400 /, "WebSocket");
      const type = { host: "localhost", "content-type": "application/json", "content-length": "0" };
      const post = head("POST /mcp", type).replace(/\r\n\r\n$/, `\r\n${twice}`);
      assert.match(await sendHead(one.port, post), /^HTTP\/1\.1 400 /, "POST");
    }
  },

  async "a session's cookie that was made up signs nobody in"({ one }) {
    for (const value of ["", "a", "a".repeat(43), "../../../etc", "0".repeat(5000)]) {
      const cookie = `__Host-mcp_session=${value}`;
      assert.equal(await statusOf(open(one.port, { cookie })), 401);
      const ticket = await fetch(`${one.url}/ws-ticket`, { method: "POST", headers: { cookie } });
      assert.equal(ticket.status, 401);
      await ticket.body?.cancel();
    }
  },

  async "a key that is revoked ends its sockets within seconds, at every replica, and the tickets it was given"(
    { one, other, createKey, keys },
  ) {
    const { id, key } = await createKey("leaver", ["operator"]);
    const peers = await Promise.all([one, other].map(async ({ port }) => {
      const peer = await connectRaw(port);
      await peer.send(handshake(port, bearer(key)));
      assert.match(await peer.readUntil("\r\n\r\n"), /^HTTP\/1\.1 101 /);
      await peer.sendText(CALL);
      await peer.readUntil('"result"');
      return peer;
    }));
    const ticket = await takeTicket(one, key);
    await keys.revoke(id);
    const revokedMs = performance.now();
    for (const peer of peers) {
      const calling = setInterval(() => peer.sendText(CALL), 250);
      try {
        assert.match(await peer.readUntil(CLOSED), /"error":\{"code":-32001,/);
      } finally {
        clearInterval(calling);
      }
      await peer[Symbol.asyncDispose]();
    }
    assert(performance.now() - revokedMs < 8000, `${performance.now() - revokedMs} ms`);
    assert.equal(await statusOf(open(one.port, bearer(key))), 401);
    assert.equal(await statusOf(open(one.port, {}, `?ticket=${ticket}`)), 401);
  },
};

Deno.test("attacks on the gate of two servers with API keys", async (t) => {
  await using world = await startTokenWorld();
  const { key } = await world.createKey("root", ["admin"]);
  for (const [name, attack] of Object.entries(ATTACKS)) await t.step(name, () => attack(world, key));
});

Deno.test("replicas count guesses together, and one that has just verified a key keeps serving it", async () => {
  await using world = await startTokenWorld({ AUTH_FAILURES_MAX: "6", AUTH_LOCKOUT_SECONDS: "600" });
  const { one, other, createKey } = world;
  const { key } = await createKey("root", ["admin"]);
  assert.equal(await statusOf(open(one.port, bearer(key))), 101);
  const wrong = bearer(`mcp_${"a".repeat(16)}_${"b".repeat(43)}`);
  const statuses = [];
  for (const { port } of [one, other, one, other, one, other, one, other]) {
    statuses.push(await statusOf(open(port, wrong)));
  }
  assert.deepEqual(statuses, [...Array(6).fill(401), 429, 429]);
  assert.equal(await statusOf(open(other.port, bearer(key))), 429);
  assert.equal(await statusOf(open(one.port, bearer(key))), 101);
});

Deno.test("an access token that ends closes its socket with 1008, also where nothing is called", async () => {
  await using world = await startOidcWorld({ OIDC_CLOCK_SKEW_SECONDS: "0" });
  const { server: { port }, provider } = world;
  const token = await provider.clientToken({
    audience: AUDIENCE,
    scope: SCOPES,
    lifetimeSeconds: 3,
    claims: { roles: ["operator"] },
  });
  const peer = await connectRaw(port);
  await peer.send(handshake(port, bearer(token)));
  await peer.sendText(CALL);
  assert.match(await peer.readUntil('"result"'), /^HTTP\/1\.1 101 /);
  await peer.readUntil(CLOSED);
  await peer[Symbol.asyncDispose]();
  assert.equal(await statusOf(open(port, bearer(token))), 401);
});
