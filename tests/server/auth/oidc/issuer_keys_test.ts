import assert from "node:assert/strict";
import { createIssuerKeys, type FindKey } from "../../../../server/auth/oidc/issuer_keys.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

class UnknownKey extends Error {
  readonly code = "ERR_JWKS_NO_MATCHING_KEY";
}

/** An issuer that publishes key ids, and counts how often it is asked. */
async function setUp(...kids: string[]) {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  // The types that packages bring along know the key by another name.
  const { publicKey: key } = pair as unknown as { readonly publicKey: Awaited<ReturnType<FindKey>> };
  const clock = manualClock();
  const issuer = { kids, isAway: false, readings: 0, notices: [] as string[], beforeSearch: () => Promise.resolve() };
  const find = createIssuerKeys({
    read: () => {
      issuer.readings++;
      if (issuer.isAway) return Promise.reject(new Error("away"));
      const published = [...issuer.kids];
      const findKey: FindKey = async (header) => {
        await issuer.beforeSearch();
        if (!published.includes(header?.kid ?? "")) throw new UnknownKey();
        return key;
      };
      return Promise.resolve(findKey);
    },
    clock,
    onOutage: () => issuer.notices.push("outage"),
    onRecovery: () => issuer.notices.push("recovery"),
  });
  /** How the search for a key ends. */
  const ask = async (kid: string): Promise<string> => {
    try {
      await find({ alg: "EdDSA", kid });
      return "found";
    } catch (error) {
      return error instanceof UnknownKey ? "unknown" : "away";
    }
  };
  return { issuer, clock, ask };
}

Deno.test("keys are read when the first token comes, once for all that come together", async () => {
  const { issuer, ask } = await setUp("a");
  assert.equal(issuer.readings, 0);
  assert.deepEqual(await Promise.all(["a", "a", "a"].map(ask)), ["found", "found", "found"]);
  assert.equal(issuer.readings, 1);
});

Deno.test("keys are read again after ten minutes, and one that was taken back is not found then", async () => {
  const { issuer, clock, ask } = await setUp("a", "b");
  await ask("a");
  issuer.kids = ["b"];
  clock.advance(10 * MINUTE - 1);
  assert.equal(await ask("a"), "found");
  assert.equal(issuer.readings, 1);
  clock.advance(1);
  assert.equal(await ask("a"), "unknown");
  assert.equal(issuer.readings, 2);
});

Deno.test("a key that came meanwhile is found at once, if the keys were read over 30 seconds ago", async () => {
  const { issuer, clock, ask } = await setUp("old");
  await ask("old");
  issuer.kids = ["old", "new"];
  clock.advance(30 * SECOND - 1);
  assert.equal(await ask("new"), "unknown");
  clock.advance(1);
  assert.equal(await ask("new"), "found");
  assert.equal(issuer.readings, 2);
});

Deno.test("a key that another search has brought meanwhile is found, though the keys were read just now", async () => {
  const { issuer, clock, ask } = await setUp("old");
  await ask("old");
  issuer.kids = ["old", "new"];
  clock.advance(MINUTE);
  const begun = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<void>();
  issuer.beforeSearch = () => {
    begun.resolve();
    return promise;
  };
  const slow = ask("new");
  await begun.promise;
  issuer.beforeSearch = () => Promise.resolve();
  assert.equal(await ask("new"), "found");
  resolve();
  assert.equal(await slow, "found");
  assert.equal(issuer.readings, 2);
});

Deno.test("a flood of unknown key ids reads the keys twice a minute, whether or not the issuer answers", async () => {
  for (const isAway of [false, true]) {
    const { issuer, clock, ask } = await setUp("a");
    await ask("a");
    clock.advance(MINUTE);
    issuer.isAway = isAway;
    const before = issuer.readings;
    for (let second = 0; second < 60; second++) {
      const results = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(`made-up-${second}-${index}`)));
      assert.deepEqual(new Set(results), new Set([isAway ? "away" : "unknown"]));
      assert.equal(await ask("a"), "found");
      clock.advance(SECOND);
    }
    // Away: after 0, 1, 3, 7, 15 and 31 seconds.
    assert.equal(issuer.readings - before, isAway ? 6 : 2);
  }
});

Deno.test("while the issuer is away it is asked ever less, at least once a minute, and found when it is back", async () => {
  const { issuer, clock, ask } = await setUp("a");
  issuer.isAway = true;
  const askedAt: number[] = [];
  for (let second = 0; second < 300; second++) {
    const before = issuer.readings;
    assert.equal(await ask("a"), "away");
    if (issuer.readings > before) askedAt.push(second);
    clock.advance(SECOND);
  }
  assert.deepEqual(askedAt, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  issuer.isAway = false;
  clock.advance(3 * SECOND);
  assert.equal(await ask("a"), "found");
  assert.deepEqual(issuer.notices, ["outage", "recovery"]);
});

Deno.test("known keys outlive an outage of the issuer, for an hour", async () => {
  const { issuer, clock, ask } = await setUp("a");
  await ask("a");
  issuer.isAway = true;
  clock.advance(10 * MINUTE);
  assert.equal(await ask("a"), "found");
  assert.equal(await ask("b"), "away");
  clock.advance(50 * MINUTE - 1);
  assert.equal(await ask("a"), "found");
  clock.advance(1);
  assert.equal(await ask("a"), "away");
});

Deno.test("after an outage its count of failures begins anew", async () => {
  const { issuer, clock, ask } = await setUp("a");
  issuer.isAway = true;
  for (let minute = 0; minute < 10; minute++) {
    await ask("a");
    clock.advance(MINUTE);
  }
  issuer.isAway = false;
  await ask("a");
  issuer.isAway = true;
  clock.advance(60 * MINUTE);
  await ask("a");
  const before = issuer.readings;
  clock.advance(SECOND);
  await ask("a");
  assert.equal(issuer.readings, before + 1);
});
