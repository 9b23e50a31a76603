import assert from "node:assert/strict";
import { createTokenAuthenticator } from "../../../../server/auth/token/authenticator.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";
import { identityIn, issue, outcome, watchedStore } from "./token_parts.ts";

const ASCII_OF_A_CHALLENGE = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

Deno.test("a key gives its principal, and nothing in the identity could open a door", async () => {
  using keys = watchedStore();
  const { key, id, sha256 } = await keys.add({ roles: ["viewer", "ops"], expiresAtMs: keys.clock.now() + 1000 });
  const authenticator = keys.authenticator();
  const verdict = await authenticator.verify(key);
  assert.deepEqual(verdict, {
    kind: "accepted",
    identity: {
      principal: { name: "alice", authMethod: "token", roles: ["viewer", "ops"] },
      expiresAtMs: keys.clock.now() + 1000,
      reference: `store:${id}:${sha256.slice(0, 16)}`,
    },
  });
  const text = JSON.stringify(verdict);
  assert(!text.includes(sha256) && !text.includes(key.slice(21)));
  assert.equal(authenticator.mode, "token");
  assert.deepEqual(authenticator.challenge, {});
});

Deno.test("whoever has not the key to the letter gets nothing", async (t) => {
  using keys = watchedStore();
  const { key, id, sha256 } = await keys.add();
  const other = await keys.add({ name: "bob" });
  const ended = await keys.add({ expiresAtMs: keys.clock.now() });
  const secret = key.slice(21);
  const authenticator = keys.authenticator([issue().record]);
  const flipped = `${secret[0] === "A" ? "B" : "A"}${secret.slice(1)}`;

  const attempts: Readonly<Record<string, readonly [credential: string, fault: string]>> = {
    "nothing": ["", "malformed"],
    "a word": ["password", "malformed"],
    "the name of a member of objects": ["__proto__", "malformed"],
    "trailing space": [`${key} `, "malformed"],
    "leading space": [` ${key}`, "malformed"],
    "a line end": [`${key}\n`, "malformed"],
    "a NUL": [`${key}\u0000`, "malformed"],
    "upper case prefix": [`MCP${key.slice(3)}`, "malformed"],
    "upper case id": [`mcp_${id.toUpperCase()}_${secret}`, "malformed"],
    "look-alike letters": [key.replace("mcp", "mсp"), "malformed"],
    "one character less": [key.slice(0, -1), "malformed"],
    "one character more": [`${key}A`, "malformed"],
    "twice": [`${key}${key}`, "malformed"],
    "a megabyte": ["mcp_".padEnd(1_000_000, "a"), "malformed"],
    "the digest": [sha256, "malformed"],
    "the digest as secret, in hex": [`mcp_${id}_${sha256}`, "malformed"],
    "the beginning of the digest as secret": [`mcp_${id}_${sha256.slice(0, 43)}`, "unknown"],
    "the digest as secret, in base64url": [
      `mcp_${id}_${Buffer.from(sha256, "hex").toString("base64url")}`,
      "unknown",
    ],
    "the reference": [`store:${id}:${sha256.slice(0, 16)}`, "malformed"],
    "its id alone": [id, "malformed"],
    "an id that nobody has": [`mcp_${"a".repeat(16)}_${secret}`, "unknown"],
    "its id with another secret": [`mcp_${id}_${flipped}`, "unknown"],
    "its id with another key's secret": [`mcp_${id}_${other.key.slice(21)}`, "unknown"],
    "the secret in other case": [
      `mcp_${id}_${
        secret.replace(/[a-z]/gi, (letter) =>
          letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())
      }`,
      "unknown",
    ],
    "a pattern of the store": [`mcp_${"*".repeat(16)}_${secret}`, "malformed"],
    "one that has ended": [ended.key, "expired"],
    "one that has ended, with another secret": [`mcp_${ended.id}_${secret}`, "unknown"],
  };
  for (const [name, [credential, fault]] of Object.entries(attempts)) {
    await t.step(`${name}: ${fault}`, async () => {
      keys.asked.length = 0;
      assert.equal(authenticator.verified(credential), undefined);
      const verdict = await authenticator.verify(credential);
      assert.equal(outcome(verdict), fault);
      assert(verdict.kind === "refused");
      assert.match(verdict.description, ASCII_OF_A_CHALLENGE);
      assert(credential === "" || !verdict.description.includes(credential));
      assert.equal(keys.asked.length, fault === "malformed" ? 0 : 1);
    });
  }
  await t.step("the key itself: alice", async () => assert.equal(outcome(await authenticator.verify(key)), "alice"));
});

Deno.test("an id that exists cannot be told from one that does not: same verdict, one question each", async () => {
  using keys = watchedStore();
  const { key, id } = await keys.add();
  const fromFile = issue({ name: "carol" });
  const authenticator = keys.authenticator([fromFile.record]);
  await authenticator.verify(key);
  const guesses = [id, fromFile.id, "0".repeat(16)].map((guess) => `mcp_${guess}_${"x".repeat(43)}`);
  keys.asked.length = 0;
  const verdicts = [];
  for (const guess of guesses) verdicts.push(await authenticator.verify(guess));
  assert.deepEqual(verdicts, Array(3).fill(verdicts[0]));
  assert.equal(keys.asked.length, 3);
});

Deno.test("a key that was accepted is believed for 5 s, and asked for again then", async () => {
  using keys = watchedStore();
  const { key } = await keys.add();
  const authenticator = keys.authenticator();
  assert.equal(authenticator.verified(key), undefined);
  const identity = identityIn(await authenticator.verify(key));
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(authenticator.verified(key), identity);
    assert.deepEqual(identityIn(await authenticator.verify(key)), identity);
  }
  keys.clock.advance(4_999);
  assert.deepEqual(authenticator.verified(key), identity);
  assert.equal(keys.asked.length, 1);
  keys.clock.advance(1);
  assert.equal(authenticator.verified(key), undefined);
  assert.deepEqual(identityIn(await authenticator.verify(key)), identity);
  assert.equal(keys.asked.length, 2);
});

Deno.test("a wrong secret for a key that is believed neither opens a door nor prolongs the belief", async () => {
  using keys = watchedStore();
  const { key, id } = await keys.add();
  const authenticator = keys.authenticator();
  await authenticator.verify(key);
  keys.clock.advance(4_000);
  assert.equal(outcome(await authenticator.verify(`mcp_${id}_${"x".repeat(43)}`)), "unknown");
  keys.clock.advance(1_000);
  assert.equal(authenticator.verified(key), undefined);
});

Deno.test("a guess that shows a believed key to be revoked ends the belief", async () => {
  using keys = watchedStore();
  const { key, id } = await keys.add();
  const authenticator = keys.authenticator();
  await authenticator.verify(key);
  await keys.store.revoke(id);
  assert(authenticator.verified(key));
  await authenticator.verify(`mcp_${id}_${"x".repeat(43)}`);
  assert.equal(authenticator.verified(key), undefined);
});

Deno.test("that a key is unknown is not remembered: it works as soon as it is added", async () => {
  using keys = watchedStore();
  const authenticator = keys.authenticator();
  const { key, record } = issue();
  assert.equal(outcome(await authenticator.verify(key)), "unknown");
  await keys.store.add(record);
  assert.equal(outcome(await authenticator.verify(key)), "alice");
  await keys.store.revoke(record.id);
  keys.clock.advance(5_000);
  assert.equal(outcome(await authenticator.verify(key)), "unknown");
});

Deno.test("ten thousand keys are remembered at most; guesses take nobody's place", async () => {
  const clock = manualClock();
  const issued = Array.from({ length: 10_001 }, () => issue());
  const records = new Map(issued.map(({ record }) => [record.id, record]));
  await using authenticator = createTokenAuthenticator({
    store: { find: (id) => Promise.resolve(records.get(id)) },
    file: undefined,
    clock,
  });
  for (const { key } of issued.slice(0, 10_000)) await authenticator.verify(key);
  const [first, second] = issued;
  const last = issued.at(-1);
  assert(first && second && last);
  for (let i = 0; i < 100; i++) {
    await authenticator.verify(issue().key);
    await authenticator.verify(`mcp_${last.id}_${"x".repeat(43)}`);
  }
  assert(authenticator.verified(first.key));
  await authenticator.verify(last.key);
  assert.equal(authenticator.verified(first.key), undefined);
  assert(authenticator.verified(second.key) && authenticator.verified(last.key));
});

Deno.test("a key of the file works without the store, and is looked for there first", async () => {
  using keys = watchedStore();
  const fromFile = issue({ name: "carol", expiresAtMs: keys.clock.now() + 1000 });
  const authenticator = keys.authenticator([fromFile.record]);
  keys.away(true);
  assert.equal(authenticator.verified(fromFile.key)?.principal.name, "carol");
  const identity = identityIn(await authenticator.verify(fromFile.key));
  assert.match(identity.reference, /^file:/);
  assert.equal(authenticator.holds(identity), true);
  assert.deepEqual(keys.asked, []);
  keys.clock.advance(1000);
  assert.equal(authenticator.verified(fromFile.key), undefined);
  assert.equal(outcome(await authenticator.verify(fromFile.key)), "expired");
  assert.equal(authenticator.holds(identity), false);
});

Deno.test("the store's key with the id of one of the file works too", async () => {
  using keys = watchedStore();
  const { key, record } = await keys.add();
  const authenticator = keys.authenticator([{ ...issue({ name: "carol" }).record, id: record.id }]);
  assert.equal(outcome(await authenticator.verify(key)), "alice");
  assert.match(identityIn(await authenticator.verify(key)).reference, /^store:/);
});

Deno.test("while the store is away a key is unavailable unless it is believed, and no error escapes", async () => {
  using keys = watchedStore();
  const [known, unknown] = [await keys.add(), await keys.add({ name: "bob" })];
  const authenticator = keys.authenticator();
  await authenticator.verify(known.key);
  keys.away(true);
  assert.equal(outcome(await authenticator.verify(known.key)), "alice");
  const verdict = await authenticator.verify(unknown.key);
  assert(verdict.kind === "unavailable");
  assert.match(String(verdict.cause), /Away/);
  assert(!verdict.description.includes(unknown.key));
  keys.clock.advance(5_000);
  assert.equal(outcome(await authenticator.verify(known.key)), "unavailable");
  const broken = createTokenAuthenticator({
    store: {
      find() {
        throw new TypeError("Broken");
      },
    },
    file: undefined,
    clock: keys.clock,
  });
  assert.equal(outcome(await broken.verify(known.key)), "unavailable");
  keys.away(false);
  assert.equal(outcome(await authenticator.verify(known.key)), "alice");
});
