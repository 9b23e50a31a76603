import assert from "node:assert/strict";
import { createSessions } from "../../server/auth/session.ts";
import type { Identity } from "../../server/auth/authenticator.ts";
import { manualClock } from "../contracts/manual_clock.ts";
import { ANA, watchedTickets } from "./session_parts.ts";

const COOKIE = /^__Host-mcp_session=([\w-]{43}); Max-Age=(\d+); Path=\/; HttpOnly; Secure; SameSite=Strict$/;

function parts({ mode = "token" as "token" | "oidc", sessionSeconds = 600 } = {}) {
  const clock = manualClock();
  const tickets = watchedTickets(clock);
  const revoked = new Set<string>();
  const holds = ({ reference }: Identity) => Promise.resolve(!revoked.has(reference));
  const sessions = createSessions({ tickets, authenticator: { mode, holds }, clock, sessionSeconds });
  return { clock, tickets, revoked, sessions };
}

/** A request with the cookie that a `Set-Cookie` makes a browser send. */
function requestWith(setCookie: string, more = ""): Request {
  return new Request("http://127.0.0.1/", { headers: { cookie: `a=b; ${setCookie.split(";")[0]}${more}` } });
}

Deno.test("a session is found by its cookie, whose value no store knows", async () => {
  const { sessions, tickets, clock } = parts();
  const { cookie, csrf } = await sessions.open(ANA);
  const [, value = "", seconds] = COOKIE.exec(cookie) ?? assert.fail(cookie);
  assert.equal(seconds, "600");
  assert.deepEqual(await sessions.find(requestWith(cookie, "; c=d")), {
    identity: { ...ANA, expiresAtMs: clock.now() + 600_000 },
    csrf,
  });
  const kept = JSON.stringify(tickets.puts);
  assert(kept.includes(csrf) && !kept.includes(value));
  assert.notEqual(value, csrf);
  assert.notEqual((await sessions.open(ANA)).cookie, cookie, "each one is new");
});

Deno.test("a session ends with its time or with its credential's, whichever is first", async () => {
  for (const [sessionSeconds, credentialMs, livesMs] of [[600, 900_000, 600_000], [600, 1500, 1500], [60, 10, 10]]) {
    const { sessions, clock, tickets } = parts({ sessionSeconds });
    const { cookie } = await sessions.open({ ...ANA, expiresAtMs: clock.now() + (credentialMs ?? 0) });
    assert.equal(COOKIE.exec(cookie)?.[2], String(Math.ceil((livesMs ?? 0) / 1000)));
    clock.advance((livesMs ?? 0) - 1);
    assert((await sessions.find(requestWith(cookie)))?.identity.principal.name === "ana");
    clock.advance(1);
    assert.equal(await sessions.find(requestWith(cookie)), undefined);
    clock.advance(1000);
    assert.equal(await tickets.live(), 0, "the store forgets it too");
  }
});

Deno.test("a session ends when its credential is revoked, and when AUTH_MODE is another one", async () => {
  const { sessions, revoked, tickets, clock } = parts();
  const { cookie } = await sessions.open(ANA);
  const authenticator = { mode: "oidc", holds: () => true } as const;
  const others = createSessions({ tickets, authenticator, clock, sessionSeconds: 600 });
  assert.equal(await others.find(requestWith(cookie)), undefined);
  assert(await sessions.find(requestWith(cookie)));
  revoked.add(ANA.reference);
  assert.equal(await sessions.find(requestWith(cookie)), undefined);
});

Deno.test("closing ends the session everywhere and takes the cookie away", async () => {
  const { sessions, tickets } = parts();
  const { cookie } = await sessions.open(ANA);
  const other = await sessions.open(ANA);
  assert.equal(
    await sessions.close(requestWith(cookie)),
    "__Host-mcp_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict",
  );
  assert.equal(await sessions.find(requestWith(cookie)), undefined);
  assert(await sessions.find(requestWith(other.cookie)), "only that one");
  assert.equal(await tickets.live(), 1);
  assert.match(await sessions.close(new Request("http://127.0.0.1/")), /Max-Age=0/);
});

Deno.test("what is no session's cookie finds none, and asks no store where it cannot be one", async () => {
  const { sessions, tickets } = parts();
  const { cookie } = await sessions.open(ANA);
  const value = COOKIE.exec(cookie)?.[1] ?? "";
  const cookies = [
    "",
    "__Host-mcp_session=",
    `mcp_session=${value}`,
    `__host-mcp_session=${value}`,
    `x__Host-mcp_session=${value}`,
    `__Host-mcp_session=${value}A`,
    `__Host-mcp_session=${value.slice(1)}`,
    `__Host-mcp_session=${"../".repeat(15).slice(0, 43)}`,
    `__Host-mcp_session=${value}%00`,
  ];
  for (const text of cookies) {
    assert.equal(await sessions.find(new Request("http://127.0.0.1/", { headers: { cookie: text } })), undefined, text);
  }
  assert.equal(tickets.asked, 0);
  const never = `__Host-mcp_session=${"A".repeat(43)}`;
  assert.equal(await sessions.find(new Request("http://127.0.0.1/", { headers: { cookie: never } })), undefined);
  assert.equal(tickets.asked, 1);
});

Deno.test("a kept text that is no session is none", async () => {
  const { sessions, tickets } = parts();
  const { cookie } = await sessions.open(ANA);
  const [{ sha256, payload } = assert.fail()] = tickets.puts;
  const kept = JSON.parse(payload);
  const texts = [
    "",
    "null",
    "{",
    JSON.stringify({ ...kept, csrf: "" }),
    JSON.stringify({ ...kept, more: 1 }),
    JSON.stringify({ csrf: kept.csrf, identity: { ...kept.identity, principal: "ana" } }),
    JSON.stringify({ csrf: kept.csrf, identity: { ...kept.identity, expiresAtMs: undefined } }),
  ];
  for (const text of texts) {
    await tickets.put("session", sha256, text, 600);
    assert.equal(await sessions.find(requestWith(cookie)), undefined, text);
  }
});
