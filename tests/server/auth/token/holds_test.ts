import assert from "node:assert/strict";
import { createTokenAuthenticator } from "../../../../server/auth/token/authenticator.ts";
import { systemClock } from "../../../../storage/clock.ts";
import { openRedis } from "../../../../storage/redis/connection.ts";
import { createRedisTokenStore } from "../../../../storage/redis/token_store.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";
import { startRedis } from "../../../services/redis.ts";
import { identityIn, issue, outcome, watchedStore } from "./token_parts.ts";

Deno.test("an open connection's key is asked for every 5 s, in between it holds without a promise", async () => {
  using keys = watchedStore();
  const { key } = await keys.add();
  const authenticator = keys.authenticator();
  const identity = identityIn(await authenticator.verify(key));
  for (let round = 1; round <= 3; round++) {
    assert.equal(authenticator.holds(identity), true);
    keys.clock.advance(4_999);
    assert.equal(authenticator.holds(identity), true);
    assert.equal(keys.asked.length, round);
    keys.clock.advance(1);
    const answers = Array.from({ length: 100 }, () => authenticator.holds(identity));
    assert(answers.every((answer) => answer instanceof Promise));
    assert.deepEqual(await Promise.all(answers), Array(100).fill(true));
    assert.equal(keys.asked.length, round + 1, "those who ask at once share one question");
  }
});

Deno.test("a key that ends while a connection is open holds no longer, to the millisecond", async () => {
  using keys = watchedStore();
  const { key } = await keys.add({ expiresAtMs: keys.clock.now() + 60_000 });
  const authenticator = keys.authenticator();
  const identity = identityIn(await authenticator.verify(key));
  keys.clock.advance(59_999);
  assert.equal(await authenticator.holds(identity), true);
  keys.clock.advance(1);
  assert.equal(authenticator.holds(identity), false);
  assert.equal(authenticator.verified(key), undefined);
  assert.equal(outcome(await authenticator.verify(key)), "expired");
});

Deno.test("what a key stood for holds only while it stands for that", async (t) => {
  const changes: Readonly<Record<string, (id: string) => Parameters<typeof issue>[0]>> = {
    "another key with its id": (id) => ({ id }),
    "another name": () => ({ name: "mallory" }),
    "other roles": () => ({ roles: ["viewer"] }),
    "an end that has passed": () => ({ expiresAtMs: 1 }),
  };
  for (const [name, change] of Object.entries(changes)) {
    await t.step(name, async () => {
      using keys = watchedStore();
      const { key, record } = await keys.add();
      const authenticator = keys.authenticator();
      const identity = identityIn(await authenticator.verify(key));
      await keys.store.revoke(record.id);
      const changed = change(record.id);
      await keys.store.add(changed?.id ? issue(changed).record : { ...record, ...changed });
      keys.clock.advance(5_000);
      assert.equal(await authenticator.holds(identity), false);
    });
  }
  await t.step("an end that has come nearer changes nothing before it", async () => {
    using keys = watchedStore();
    const { key, id } = await keys.add();
    const authenticator = keys.authenticator();
    const identity = identityIn(await authenticator.verify(key));
    await keys.store.expire(id, keys.clock.now() + 10_000);
    keys.clock.advance(9_999);
    assert.equal(await authenticator.holds(identity), true);
    keys.clock.advance(1);
    assert.equal(await authenticator.holds(identity), false);
  });
});

Deno.test("an identity comes back from a ticket as JSON, and holds on another replica", async () => {
  using keys = watchedStore();
  const { key } = await keys.add();
  const [one, two] = [keys.authenticator(), keys.authenticator()];
  const identity = JSON.parse(JSON.stringify(identityIn(await one.verify(key))));
  assert.equal(await two.holds(identity), true);
  assert.equal(two.holds(identity), true);
});

Deno.test("an identity of somebody else's making holds nowhere, also while the store is away", async () => {
  using keys = watchedStore();
  const { key } = await keys.add();
  const authenticator = keys.authenticator();
  const identity = identityIn(await authenticator.verify(key));
  keys.away(true);
  keys.clock.advance(5_000);
  for (
    const reference of ["", "oidc", "store", "store:", "store::", `x${identity.reference}`, `${identity.reference}x`]
  ) {
    assert.equal(authenticator.holds({ ...identity, reference }), false, reference);
  }
  keys.away(false);
  const promoted = { ...identity, principal: { ...identity.principal, roles: ["admin"] } };
  assert.equal(await authenticator.holds(promoted), false);
});

Deno.test("a key taken out of the file holds no longer, whether the store is there or not", async () => {
  using keys = watchedStore();
  const { key, record } = issue();
  const tokens = [record];
  const authenticator = keys.authenticator(tokens);
  const identity = identityIn(await authenticator.verify(key));
  tokens.length = 0;
  keys.away(true);
  assert.equal(authenticator.holds(identity), false);
});

Deno.test("while the store is away what held goes on holding, but not beyond its end", async () => {
  using keys = watchedStore();
  const { key, id } = await keys.add({ expiresAtMs: keys.clock.now() + 60_000 });
  const authenticator = keys.authenticator();
  const identity = identityIn(await authenticator.verify(key));
  keys.away(true);
  keys.clock.advance(30_000);
  assert.equal(await authenticator.holds(identity), true);
  await keys.store.revoke(id);
  assert.equal(await authenticator.holds(identity), true);
  keys.away(false);
  assert.equal(await authenticator.holds(identity), false);
  keys.away(true);
  keys.clock.advance(30_000);
  assert.equal(authenticator.holds(identity), false);
});

Deno.test("revoked on one replica, a key is refused on another and on its open connections within 5 s", async () => {
  using keys = watchedStore();
  const { key, id } = await keys.add();
  const replica = keys.authenticator();
  const identity = identityIn(await replica.verify(key));
  keys.clock.advance(2_000);
  await keys.store.revoke(id);
  keys.clock.advance(2_999);
  assert.equal(outcome(await replica.verify(key)), "alice");
  keys.clock.advance(1);
  assert.equal(await replica.holds(identity), false);
  assert.equal(outcome(await replica.verify(key)), "unknown");
});

Deno.test("the same through Redis, by its own connections and the time of day", async () => {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis());
  const [redis, other] = [1, 2].map(() => stack.use(openRedis(service.url, { onState: () => {} })));
  assert(redis && other);
  const store = createRedisTokenStore(redis, systemClock);
  const clock = manualClock();
  const replica = createTokenAuthenticator({ store: createRedisTokenStore(other, clock), file: undefined, clock });
  const { key, record } = issue();
  assert.equal(outcome(await replica.verify(key)), "unknown");
  await store.add(record);
  const identity = identityIn(await replica.verify(key));
  await store.revoke(record.id);
  assert.equal(replica.holds(identity), true);
  clock.advance(5_000);
  assert.equal(await replica.holds(identity), false);
  assert.equal(outcome(await replica.verify(key)), "unknown");
});

Deno.test("two rotations overlap: each key works until its own end, and not a moment longer", async () => {
  using keys = watchedStore();
  const authenticator = keys.authenticator();
  const [first, second, third] = [await keys.add(), await keys.add(), await keys.add()];
  const now = keys.clock.now();
  // As `rotate` does it: the second rotation tries to put off the end that the first one has set.
  await keys.store.expire(first.id, now + 10_000);
  await keys.store.expire(first.id, now + 30_000);
  await keys.store.expire(second.id, now + 30_000);
  const outcomes = async () => {
    const verdicts = await Promise.all([first, second, third].map(({ key }) => authenticator.verify(key)));
    return verdicts.map(outcome);
  };
  assert.deepEqual(await outcomes(), ["alice", "alice", "alice"]);
  keys.clock.advance(10_000);
  assert.deepEqual(await outcomes(), ["expired", "alice", "alice"]);
  keys.clock.advance(20_000);
  assert.deepEqual(await outcomes(), ["expired", "expired", "alice"]);
});
