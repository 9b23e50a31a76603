import assert from "node:assert/strict";
import { createVerifiedCache } from "../../../../server/auth/oidc/verified_cache.ts";
import type { Clock } from "../../../../storage/clock.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";
import { KEYS_PATH } from "../../../services/oidc_issuer.ts";
import { startBench } from "./setup.ts";

const MINUTE = 60_000;

function identity(reference: string, expiresAtMs: number) {
  return { principal: { name: "alice", authMethod: "oidc", roles: [] }, expiresAtMs, reference } as const;
}

Deno.test("a token that was accepted is known at once, without any key, for a minute", async () => {
  await using bench = await startBench();
  const { issuer, authenticator, clock } = bench;
  const token = await issuer.token();
  assert.equal(authenticator.verified(token), undefined);
  const verdict = await authenticator.verify(token);
  assert(verdict.kind === "accepted");
  issuer.answers.clear();
  clock.advance(MINUTE - 1);
  assert.equal(authenticator.verified(token), verdict.identity);
  assert.deepEqual(await authenticator.verify(token), verdict);
  assert.equal(authenticator.verified(`${token}A`), undefined);
  clock.advance(1);
  assert.equal(authenticator.verified(token), undefined);
  assert.equal(issuer.asked.filter((path) => path === KEYS_PATH).length, 1);
});

Deno.test("a token that was accepted is forgotten at its own end, and then refused", async () => {
  await using bench = await startBench();
  const { issuer, authenticator, clock } = bench;
  const token = await issuer.token({ exp: Number(issuer.claims()["iat"]) + 1 });
  await authenticator.verify(token);
  clock.advance(30_999);
  assert(authenticator.verified(token));
  clock.advance(1);
  assert.equal(authenticator.verified(token), undefined);
  const verdict = await authenticator.verify(token);
  assert.equal(verdict.kind === "refused" && verdict.fault, "expired");
});

Deno.test("a token that was refused is not remembered", async () => {
  await using bench = await startBench({ scopes: ["mcp:call"] });
  const { issuer, authenticator } = bench;
  for (const token of [await issuer.token(), await issuer.token({ aud: "other" })]) {
    await authenticator.verify(token);
    assert.equal(authenticator.verified(token), undefined);
  }
});

Deno.test("the oldest of too many gives way, and one that comes again counts as new", () => {
  const clock = manualClock();
  const cache = createVerifiedCache(clock, 3);
  const put = (...names: string[]) => names.forEach((name) => cache.put(identity(name, clock.now() + MINUTE)));
  const known = () => ["a", "b", "c", "d", "e"].filter((name) => cache.get(name) !== undefined);
  put("a", "b", "c");
  assert.deepEqual(known(), ["a", "b", "c"]);
  put("d");
  assert.deepEqual(known(), ["b", "c", "d"]);
  put("c");
  assert.deepEqual(known(), ["b", "c", "d"]);
  put("e", "a");
  assert.deepEqual(known(), ["a", "c", "e"]);
});

Deno.test("a wall clock that is set back lets no token live longer", () => {
  let nowMs = 1_790_000_000_000;
  const steady = manualClock();
  const clock: Clock = { now: () => nowMs, elapsed: steady.elapsed };
  const cache = createVerifiedCache(clock);
  cache.put(identity("a", nowMs + 10 * MINUTE));
  nowMs -= 24 * 60 * MINUTE;
  assert(cache.get("a"));
  steady.advance(MINUTE);
  assert.equal(cache.get("a"), undefined);
});
