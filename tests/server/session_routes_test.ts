import assert from "node:assert/strict";
import { Hono } from "hono";
import type { Verdict } from "../../server/auth/authenticator.ts";
import { createSessions } from "../../server/auth/session.ts";
import { createSignIn } from "../../server/auth/session_routes.ts";
import { StorageError } from "../../storage/errors.ts";
import { manualClock } from "../contracts/manual_clock.ts";
import { ANA, watchedTickets } from "./session_parts.ts";

const RIGHT = "mcp_right_key";

/** By the credential: what it is found to be. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  [RIGHT]: { kind: "accepted", identity: ANA },
  viewer: { kind: "accepted", identity: { ...ANA, principal: { ...ANA.principal, name: "vera", roles: ["viewer"] } } },
  narrow: { kind: "insufficient_scope", description: "Needs the scope mcp" },
  away: { kind: "unavailable", description: "The store of keys is away", cause: new Error("ECONNREFUSED") },
};

function parts() {
  const clock = manualClock();
  const tickets = watchedTickets(clock);
  const seen = { doorRole: "operator", failures: 0, locked: false, bodies: [] as string[], lines: [] as string[] };
  const log = (message: string, fields: unknown) => void seen.lines.push(`${message} ${JSON.stringify(fields)}`);
  const signIn = createSignIn({
    sessions: createSessions({
      tickets,
      authenticator: { mode: "token", holds: () => true },
      clock,
      sessionSeconds: 600,
    }),
    authMode: "token",
    verify: (credential) =>
      Promise.resolve(VERDICTS[credential] ?? { kind: "refused", fault: "unknown", description: "No such key" }),
    mayEnter: ({ roles }) =>
      roles.includes(seen.doorRole)
        ? { allowed: true, rule: "operator", limits: {} }
        : { allowed: false, rule: "viewer.doors", reason: "no role of it opens the dashboard" },
    challenge: (verdict) => verdict ? `Bearer error="${verdict.kind}"` : "Bearer",
    admit: (context) => Promise.resolve(seen.locked ? context.json({ error: "Locked out" }, 429) : undefined),
    onFailure: () => Promise.resolve(void seen.failures++),
    onRefusedBody: (reason) => seen.bodies.push(reason),
    bodyMs: 1000,
    log: { info: log, warn: log },
  });
  const app = new Hono().route("/dashboard/session", signIn);
  const ask = async (method: string, headers: Record<string, string> = {}, body?: string, query = "") =>
    await app.request(`http://mcp.example/dashboard/session${query}`, {
      method,
      headers: { host: "mcp.example", ...headers },
      ...(body !== undefined && { body }),
    });
  const post = (token: unknown, headers: Record<string, string> = {}) =>
    ask("POST", { "content-type": "application/json", ...headers }, JSON.stringify({ token }));
  return { tickets, seen, ask, post };
}

/** What a browser sends back. */
const cookieOf = (response: Response) => response.headers.get("set-cookie")?.split(";")[0] ?? "";

Deno.test("a credential is exchanged for a cookie, which tells who is signed in, until it signs out", async () => {
  const { ask, post, seen, tickets } = parts();
  const signed = await post(` ${RIGHT}\n`);
  assert.deepEqual([signed.status, await signed.text()], [204, ""]);
  const cookie = cookieOf(signed);
  const who = await ask("GET", { cookie });
  const { csrf, ...rest } = await who.json();
  assert.deepEqual(rest, {
    principal: "ana",
    roles: ["operator"],
    authMode: "token",
    expiresAtMs: 1_790_000_600_000,
  });
  const out = await ask("DELETE", { cookie, "x-csrf-token": csrf, origin: "http://mcp.example" });
  assert.equal(out.status, 204);
  assert.match(out.headers.get("set-cookie") ?? "", /^__Host-mcp_session=; Max-Age=0; /);
  assert.equal((await ask("GET", { cookie })).status, 401);
  assert.equal(await tickets.live(), 0);
  assert.deepEqual(seen.lines, [
    'Signed in to the dashboard {"principal":"ana"}',
    'Signed out of the dashboard {"principal":"ana"}',
  ]);
});

Deno.test("a program may bring its credential as a bearer", async () => {
  const { ask } = parts();
  assert.equal((await ask("POST", { authorization: `Bearer ${RIGHT}` })).status, 204);
  assert.equal((await ask("POST", { authorization: "Bearer wrong" })).status, 401);
  assert.equal((await ask("POST", { authorization: "Bearer two words" })).status, 400);
});

Deno.test("who is asked to sign in gets a challenge that names no error", async () => {
  const { ask } = parts();
  for (const method of ["GET", "DELETE"]) {
    const response = await ask(method, { origin: "http://mcp.example" });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
  }
});

Deno.test("a credential in the URL is refused, whatever the body holds", async () => {
  const { ask, seen } = parts();
  const response = await ask(
    "POST",
    { "content-type": "application/json" },
    JSON.stringify({ token: RIGHT }),
    `?token=${RIGHT}`,
  );
  assert.equal(response.status, 400);
  assert(!(await response.text()).includes(RIGHT));
  assert.equal(seen.failures, 0);
});

Deno.test("every refusal says why, and only a wrong credential counts as a guess", async () => {
  const cases: readonly (readonly [token: string, status: number, error: string, challenge: string | null])[] = [
    ["wrong", 401, "No such key", 'Bearer error="refused"'],
    ["narrow", 403, "Needs the scope mcp", 'Bearer error="insufficient_scope"'],
    ["viewer", 403, "vera may not use the dashboard: no role of it opens the dashboard", null],
    ["away", 503, "The store of keys is away", null],
  ];
  for (const [token, status, error, challenge] of cases) {
    const { post, seen, tickets } = parts();
    const response = await post(token);
    assert.deepEqual([response.status, (await response.json()).error], [status, error]);
    assert.equal(response.headers.get("www-authenticate"), challenge);
    assert.equal(response.headers.get("set-cookie"), null);
    assert.equal(seen.failures, status === 401 ? 1 : 0, token);
    assert.equal(await tickets.live(), 0);
  }
});

Deno.test("who has lost the right to the dashboard is told so, and may sign out", async () => {
  const { ask, post, seen } = parts();
  const cookie = cookieOf(await post(RIGHT));
  const { csrf } = await (await ask("GET", { cookie })).json();
  seen.doorRole = "admin";
  const who = await ask("GET", { cookie });
  assert.deepEqual([who.status, await who.json()], [403, {
    error: "ana may not use the dashboard: no role of it opens the dashboard",
    rule: "viewer.doors",
  }]);
  const out = await ask("DELETE", { cookie, "x-csrf-token": csrf, origin: "http://mcp.example" });
  assert.equal(out.status, 204);
});

Deno.test("a body that holds no token is refused before anyone is asked", async () => {
  const { ask, post, seen } = parts();
  const json = { "content-type": "application/json" };
  assert.equal((await ask("POST", json, "{")).status, 400);
  assert.equal((await ask("POST", json, JSON.stringify({ token: RIGHT, more: 1 }))).status, 400);
  assert.equal((await ask("POST", json, JSON.stringify([RIGHT]))).status, 400);
  for (const token of [undefined, null, "", "  ", 5, { toString: RIGHT }]) {
    assert.equal((await post(token)).status, 400);
  }
  assert.equal((await post("x".repeat(16_384))).status, 413);
  assert.deepEqual([seen.failures, seen.bodies], [0, ["message_bytes"]]);
});

Deno.test("who is locked out is not even asked", async () => {
  const { post, seen } = parts();
  seen.locked = true;
  assert.equal((await post(RIGHT)).status, 429);
  assert.equal((await post("wrong")).status, 429);
  assert.equal(seen.failures, 0);
});

Deno.test("a new sign-in ends the session that this browser had", async () => {
  const { ask, post, tickets } = parts();
  const first = cookieOf(await post(RIGHT));
  const second = cookieOf(await post(RIGHT, { cookie: first }));
  assert.notEqual(first, second);
  assert.equal((await ask("GET", { cookie: first })).status, 401);
  assert.equal((await ask("GET", { cookie: second })).status, 200);
  assert.equal(await tickets.live(), 1);
});

/** What tells a browser's request of another page from one of this page, and a guess of the token. */
const FOREIGN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "another site": { origin: "http://evil.example", "sec-fetch-site": "cross-site" },
  "another port": { origin: "http://mcp.example:81", "sec-fetch-site": "same-site" },
  "another site, by an old browser": { origin: "http://evil.example" },
  "a page without an origin": { origin: "null", "sec-fetch-site": "cross-site" },
  "a name that begins alike": { origin: "http://mcp.example.evil.example" },
};

Deno.test("a page of elsewhere neither signs in nor out, though it brought the cookie and the token", async (t) => {
  for (const [from, headers] of Object.entries(FOREIGN)) {
    await t.step(from, async () => {
      const { ask, post } = parts();
      const cookie = cookieOf(await post(RIGHT));
      const { csrf } = await (await ask("GET", { cookie })).json();
      for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
        const given = { ...headers, cookie, "x-csrf-token": csrf, "content-type": type };
        assert.equal((await ask("POST", given, JSON.stringify({ token: RIGHT }))).status, 403, type);
        assert.equal((await ask("DELETE", given)).status, 403, type);
      }
      assert.equal((await ask("GET", { cookie })).status, 200);
    });
  }
});

Deno.test("a page of this server signs in and out behind proxies that end TLS, or put another Host in", async () => {
  for (
    const headers of [
      { origin: "https://mcp.example" },
      { origin: "https://mcp.example", host: "mcp-server:9000", "sec-fetch-site": "same-origin" },
    ]
  ) {
    const { ask, post } = parts();
    const signed = await post(RIGHT, headers);
    assert.equal(signed.status, 204);
    const cookie = cookieOf(signed);
    const { csrf } = await (await ask("GET", { ...headers, cookie })).json();
    assert.equal((await ask("DELETE", { ...headers, cookie, "x-csrf-token": csrf })).status, 204);
  }
});

Deno.test("signing out needs the token of this very session", async () => {
  const { ask, post } = parts();
  const cookie = cookieOf(await post(RIGHT));
  const { csrf } = await (await ask("GET", { cookie })).json();
  const other = await (await ask("GET", { cookie: cookieOf(await post(RIGHT)) })).json();
  const origin = "http://mcp.example";
  for (const token of [undefined, "", csrf.slice(1), `${csrf}A`, csrf.toLowerCase(), other.csrf, "é".repeat(43)]) {
    // The last one has as many characters, and more bytes.
    const given = token === undefined ? {} : { "x-csrf-token": token };
    const response = await ask("DELETE", { cookie, origin, ...given });
    assert.deepEqual([response.status, await response.json()], [403, {
      error: "Expected the session's x-csrf-token",
    }], String(token));
  }
  assert.equal((await ask("DELETE", { cookie, origin, "x-csrf-token": csrf })).status, 204);
});

Deno.test("a store that is away is said, and neither signs in nor out", async () => {
  const { ask, post, tickets, seen } = parts();
  const cookie = cookieOf(await post(RIGHT));
  const { csrf } = await (await ask("GET", { cookie })).json();
  const fail = () => Promise.reject(new StorageError("Redis is away"));
  Object.assign(tickets, { put: fail, get: fail, take: fail });
  const answers = [
    await post(RIGHT),
    await ask("GET", { cookie }),
    await ask("DELETE", { cookie, origin: "http://mcp.example", "x-csrf-token": csrf }),
  ];
  for (const answer of answers) {
    assert.deepEqual([answer.status, await answer.json()], [503, {
      error: "The store of sessions is away, try again",
    }]);
    assert.equal(answer.headers.get("set-cookie"), null);
  }
  assert(!seen.lines.some((line) => line.includes(RIGHT)));
});
