import assert from "node:assert/strict";
import { createLog } from "../../../server/log.ts";
import { createRefusalLog, REFUSAL_LINES_MAX } from "../../../server/auth/refusal_log.ts";
import { createMemoryRateLimiter } from "../../../storage/embedded/rate_limiter.ts";
import { standingClock } from "../../tools/call_path.ts";
import { ALICE, startGuardedEdge } from "./guard.ts";

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
const SETTINGS = { AUTH_FAILURES_MAX: "3", AUTH_LOCKOUT_SECONDS: "90" };

Deno.test("an address that guesses is locked out: the right credential too, but not one that was verified just before", async () => {
  await using edge = await startGuardedEdge({ settings: SETTINGS });
  for (const guess of ["a", "expired", "c"]) assert.equal((await edge.ask("/metrics", bearer(guess))).status, 401);
  const locked = await edge.ask("/metrics", bearer("right"));
  assert.deepEqual([locked.status, locked.challenge, locked.headers.get("retry-after")], [429, null, "90"]);
  const { error } = JSON.parse(
    (await edge.ask("/mcp", { ...bearer("right"), "content-type": "application/json" }, "POST", "{}")).text,
  );
  assert.deepEqual([error.code, error.data.kind, error.data.retryAfterMs], [-32005, "rate_limited", 90_000]);
  // Nothing was looked at meanwhile.
  assert.deepEqual(edge.asked, ["a", "expired", "c"]);
  edge.verified.set("right", ALICE);
  assert.equal((await edge.ask("/metrics", bearer("right"))).status, 200);
  edge.verified.clear();
  // What brings no credential guesses nothing.
  assert.equal((await edge.ask("/metrics")).status, 401);
  edge.clock.advance(89_000);
  assert.equal((await edge.ask("/metrics", bearer("right"))).headers.get("retry-after"), "1");
  edge.clock.advance(1_000);
  assert.equal((await edge.ask("/metrics", bearer("right"))).status, 200);
  assert.equal(await edge.refusals("lockout"), 3);
});

Deno.test("guesses are counted by the minute, and by all replicas together", async () => {
  const clock = standingClock();
  await using limiter = createMemoryRateLimiter(clock);
  await using one = await startGuardedEdge({ settings: SETTINGS, limiter, clock });
  await using other = await startGuardedEdge({ settings: SETTINGS, limiter, clock });
  const guess = async (edge: typeof one) => (await edge.ask("/metrics", bearer("wrong"))).status;
  assert.deepEqual([await guess(one), await guess(other)], [401, 401]);
  clock.advance(60_000);
  assert.deepEqual([await guess(one), await guess(other), await guess(one)], [401, 401, 401]);
  assert.deepEqual([await guess(one), await guess(other)], [429, 429]);
});

Deno.test("of guesses at the same time no more than the limit learn anything", async () => {
  const all = Promise.withResolvers<void>();
  let waiting = 0;
  // None is told before all have passed the look at the lockout.
  const onVerify = () => {
    if (++waiting === 20) all.resolve();
    return all.promise;
  };
  await using edge = await startGuardedEdge({ settings: SETTINGS, onVerify });
  const guesses = Array.from({ length: 20 }, (_, index) => edge.ask("/metrics", bearer(`guess-${index}`)));
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 401).length, 3);
  assert.equal(statuses.filter((status) => status === 429).length, 17);
});

Deno.test("a lockout is of one address, as the trusted proxy tells it", async () => {
  await using edge = await startGuardedEdge({ settings: { ...SETTINGS, TRUSTED_PROXIES: "127.0.0.1" } });
  const ask = async (address: string, credential: string) =>
    (await edge.ask("/metrics", { ...bearer(credential), "x-forwarded-for": address })).status;
  for (const _ of [1, 2, 3]) assert.equal(await ask("203.0.113.1", "wrong"), 401);
  assert.equal(await ask("203.0.113.1", "right"), 429);
  assert.equal(await ask("203.0.113.2", "right"), 200);
  // A client that makes up entries stays who it is.
  assert.equal(await ask("203.0.113.2, 203.0.113.1", "right"), 429);
  // One customer's IPv6 addresses are one.
  for (const last of [1, 2, 3]) assert.equal(await ask(`2001:db8::${last}`, "wrong"), 401);
  assert.equal(await ask("2001:db8::ffff:4", "right"), 429);
});

Deno.test("requests of an address have a limit before a credential is looked at; what is open has none", async () => {
  await using edge = await startGuardedEdge({ settings: { ADDRESS_LIMIT_PER_MINUTE: "4" } });
  const statuses = [];
  for (const headers of [{}, bearer("right"), bearer("right"), {}, bearer("right"), {}]) {
    statuses.push((await edge.ask("/metrics", headers)).status);
  }
  assert.deepEqual(statuses, [401, 200, 200, 401, 429, 429]);
  const { headers } = await edge.ask("/metrics");
  assert.equal(headers.get("retry-after"), "60");
  assert.equal(edge.asked.length, 2);
  for (const path of ["/live", "/ready", "/dashboard"]) assert.equal((await edge.ask(path)).status, 200, path);
  assert.equal((await edge.ask("/nowhere")).status, 404);
  // What was verified a moment ago is bounded by its principal's own limits.
  edge.verified.set("right", ALICE);
  assert.equal((await edge.ask("/metrics", bearer("right"))).status, 200);
  edge.verified.clear();
  edge.clock.advance(60_000);
  assert.equal((await edge.ask("/metrics", bearer("right"))).status, 200);
  assert.equal(await edge.refusals("address_limit"), 3);
});

Deno.test("ADDRESS_LIMIT_PER_MINUTE=0 is no limit", async () => {
  await using edge = await startGuardedEdge({ settings: { ADDRESS_LIMIT_PER_MINUTE: "0" } });
  for (let index = 0; index < 20; index++) assert.equal((await edge.ask("/metrics")).status, 401);
});

Deno.test("a flood of refusals makes no flood of lines, and its size is told", () => {
  const clock = standingClock();
  const lines: string[] = [];
  const log = createRefusalLog(
    createLog({ level: "debug", format: "text", write: (line) => lines.push(line), now: clock.now }),
    clock,
  );
  for (let index = 0; index < 1000; index++) {
    log.warn("Refused", { index });
    log.debug("Nobody", { index });
  }
  assert.equal(lines.length, 2 * REFUSAL_LINES_MAX);
  clock.advance(60_000);
  log.warn("Refused");
  assert.deepEqual(lines.slice(2 * REFUSAL_LINES_MAX), [
    "WARN: 940 more refusals were not logged one by one",
    "WARN: Refused",
  ]);
});
