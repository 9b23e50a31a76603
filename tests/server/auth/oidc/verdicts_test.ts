import assert from "node:assert/strict";
import { ATTACKER_KEYS_PATH, FORGERIES } from "../../../services/oidc_issuer.ts";
import { generateTestKey, type TestAlgorithm } from "../../../services/oidc_keys.ts";
import { AUDIENCE, METADATA_URL, startBench } from "./setup.ts";

Deno.test("a right access token is accepted as its subject, with roles and groups, until its end", async () => {
  await using bench = await startBench();
  const { issuer, authenticator, clock } = bench;
  const token = await issuer.token({ roles: ["operator"], groups: ["sre", "on-call"] });
  const verdict = await authenticator.verify(token);
  assert(verdict.kind === "accepted", JSON.stringify(verdict));
  const { reference, ...identity } = verdict.identity;
  assert.deepEqual(identity, {
    principal: { name: "alice", authMethod: "oidc", roles: ["operator"], groups: ["sre", "on-call"] },
    expiresAtMs: (Number(issuer.claims()["exp"]) + 30) * 1000,
  });
  assert.match(reference, /^[\w-]{43}$/);
  assert.deepEqual(JSON.parse(JSON.stringify(verdict.identity)), verdict.identity);

  assert.equal(await authenticator.holds(verdict.identity), true);
  clock.advance(329_999);
  assert.equal(await authenticator.holds(verdict.identity), true);
  clock.advance(1);
  assert.equal(await authenticator.holds(verdict.identity), false);
});

Deno.test("each forged token is refused, by what is wrong with it, with the issuer's right keys at hand", async (t) => {
  await using bench = await startBench();
  const { issuer, authenticator } = bench;
  for (const [fault, forgeries] of Object.entries(FORGERIES)) {
    for (const { name, make } of forgeries) {
      await t.step(`${fault}: ${name}`, async () => {
        const token = await make(issuer);
        const verdict = await authenticator.verify(token);
        assert(verdict.kind === "refused", JSON.stringify(verdict));
        assert.equal(verdict.fault, fault, verdict.description);
        assert.match(verdict.description, /^[A-Z][^"\\]+[^.]$/);
        assert(!verdict.description.includes(token.slice(0, 20)));
        assert.equal(authenticator.verified(token), undefined);
      });
    }
  }
  assert.equal((await authenticator.verify(await issuer.token())).kind, "accepted");
  assert(!issuer.asked.includes(ATTACKER_KEYS_PATH), "asked for the attacker's keys");
});

Deno.test("tokens that carry more than is needed are accepted", async (t) => {
  await using bench = await startBench();
  const { issuer, authenticator } = bench;
  const mallory = await generateTestKey("mallory");
  const rows: readonly (readonly [name: string, claims: object, header: object])[] = [
    ["a list of audiences", { aud: ["account", AUDIENCE] }, {}],
    ["typ JWT", {}, { typ: "JWT" }],
    ["typ application/at+jwt", {}, { typ: "application/at+jwt" }],
    ["no typ, as Dex has it", {}, { typ: undefined }],
    ["no kid, where the issuer has one key", {}, { kid: undefined }],
    ["keys in its header that nobody looks at", {}, { jwk: mallory.publicJwk, jku: "https://evil.example/keys" }],
    ["nbf of this moment", { nbf: issuer.claims()["iat"] }, {}],
    ["an nbf that the other clock has reached", { nbf: Number(issuer.claims()["iat"]) + 30 }, {}],
    ["an exp that this clock has passed, and the other may not", { exp: Number(issuer.claims()["iat"]) - 29 }, {}],
  ];
  for (const [name, claims, header] of rows) {
    await t.step(name, async () => {
      const verdict = await authenticator.verify(await issuer.token({ ...claims }, { ...header }));
      assert.equal(verdict.kind, "accepted", JSON.stringify(verdict));
    });
  }
});

Deno.test("the clock skew is counted to the second", async (t) => {
  const rows: readonly (readonly [claim: string, offset: number, skew: number, verdict: string])[] = [
    ["exp", 1, 0, "accepted"],
    ["exp", 0, 0, "expired"],
    ["exp", -29, 30, "accepted"],
    ["exp", -30, 30, "expired"],
    ["nbf", 0, 0, "accepted"],
    ["nbf", 1, 0, "not_yet_valid"],
    ["nbf", 30, 30, "accepted"],
    ["nbf", 31, 30, "not_yet_valid"],
  ];
  for (const [claim, offset, clockSkewSeconds, expected] of rows) {
    await t.step(`${claim} ${offset} s from now with ${clockSkewSeconds} s is ${expected}`, async () => {
      await using bench = await startBench({ clockSkewSeconds });
      const { issuer, authenticator } = bench;
      const verdict = await authenticator.verify(
        await issuer.token({ [claim]: Number(issuer.claims()["iat"]) + offset }),
      );
      assert.equal(verdict.kind === "refused" ? verdict.fault : verdict.kind, expected);
    });
  }
});

Deno.test("each asymmetric algorithm is accepted, and its token with one bit changed is not", async (t) => {
  const algorithms: readonly TestAlgorithm[] = [
    ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const,
    ...["ES256", "ES384", "ES512", "EdDSA"] as const,
  ];
  await using bench = await startBench();
  const { issuer, authenticator } = bench;
  const keys = await Promise.all(algorithms.map((alg) => generateTestKey(alg, alg)));
  issuer.publish(...keys);
  for (const { kid, alg, sign } of keys) {
    await t.step(alg, async () => {
      const token = await issuer.token({}, { alg, kid }, sign);
      assert.equal((await authenticator.verify(token)).kind, "accepted");
      const verdict = await authenticator.verify(token.replace(/\..(?=[^.]*$)/, (two) => two === ".A" ? ".B" : ".A"));
      assert.equal(verdict.kind === "refused" && verdict.fault, "signature");
    });
  }
});

Deno.test("two keys of one id are no key: the token is refused, whichever signed it", async () => {
  await using bench = await startBench();
  const { issuer, authenticator } = bench;
  const twin = await generateTestKey(issuer.key.kid);
  issuer.publish(issuer.key, twin);
  for (const sign of [issuer.key.sign, twin.sign]) {
    const verdict = await authenticator.verify(await issuer.token({}, {}, sign));
    assert.equal(verdict.kind === "refused" && verdict.fault, "signature");
  }
});

Deno.test("scopes come as text or list, as scope or scp; a token that lacks one is told which", async (t) => {
  await using bench = await startBench({ scopes: ["mcp:read", "mcp:call"] });
  const { issuer, authenticator } = bench;
  assert.deepEqual(authenticator.challenge, { resourceMetadata: METADATA_URL, scope: "mcp:read mcp:call" });
  const rows: readonly (readonly [claims: object, lacking: string | undefined])[] = [
    [{ scope: "mcp:call openid mcp:read" }, undefined],
    [{ scope: ["mcp:call", "mcp:read"] }, undefined],
    [{ scp: ["mcp:call", "mcp:read"] }, undefined],
    [{ scp: "mcp:call mcp:read" }, undefined],
    [{ scope: "mcp:call" }, "mcp:read"],
    [{ scope: "mcp:reads MCP:read mcp", scp: "mcp:read mcp:call" }, "mcp:read mcp:call"],
    [{ scope: "" }, "mcp:read mcp:call"],
    [{}, "mcp:read mcp:call"],
  ];
  for (const [claims, lacking] of rows) {
    await t.step(JSON.stringify(claims), async () => {
      const verdict = await authenticator.verify(await issuer.token({ ...claims }));
      if (lacking === undefined) return assert.equal(verdict.kind, "accepted");
      const description = `The access token lacks the scope ${lacking}`;
      assert.deepEqual(verdict, { kind: "insufficient_scope", description });
    });
  }
});

Deno.test("without scopes none is asked for, and the challenge names none", async () => {
  await using bench = await startBench();
  assert.deepEqual(bench.authenticator.challenge, { resourceMetadata: METADATA_URL });
  assert.equal((await bench.authenticator.verify(await bench.issuer.token())).kind, "accepted");
});

Deno.test("a token with wrong claims or too few scopes is told so only when it is its issuer's own", async () => {
  await using bench = await startBench({ scopes: ["mcp:call"] });
  const { sign } = await generateTestKey("mallory");
  const verdict = await bench.authenticator.verify(
    await bench.issuer.token({ exp: undefined, aud: "other" }, {}, sign),
  );
  assert.equal(verdict.kind === "refused" && verdict.fault, "signature");
});
