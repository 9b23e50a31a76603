import assert from "node:assert/strict";
import { systemClock } from "../../../../storage/clock.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";
import { testBeside } from "../../../services/beside.ts";
import { generateTestKey } from "../../../services/oidc_keys.ts";
import { type OidcProvider, startOidcProvider } from "../../../services/oidc_provider.ts";
import { AUDIENCE, createTestAuthenticator } from "./setup.ts";

let provider: OidcProvider;
Deno.test.beforeAll(async () => {
  provider = await startOidcProvider({ keys: [await generateTestKey("ec"), await generateTestKey("rsa", "RS256")] });
});
Deno.test.afterAll(async () => await provider[Symbol.asyncDispose]());

testBeside("a program's access token of a real provider is accepted, whatever it is signed with", async () => {
  await using authenticator = createTestAuthenticator(provider.issuer, manualClock(Date.now()), {
    scopes: ["mcp:read"],
    rolesClaim: "realm_access.roles",
  });
  for (const alg of ["ES256", "RS256"]) {
    const claims = { realm_access: { roles: ["operator"] }, groups: ["sre"] };
    const verdict = await authenticator.verify(
      await provider.clientToken({ audience: AUDIENCE, scope: "mcp:read mcp:call", claims, alg }),
    );
    assert(verdict.kind === "accepted", JSON.stringify(verdict));
    const { name, roles, groups } = verdict.identity.principal;
    assert.deepEqual([name, roles, groups], ["ops-client", ["operator"], ["sre"]]);
  }
});

testBeside("someone who signs in has an access token that is accepted, and an ID token that is not", async () => {
  await using authenticator = createTestAuthenticator(provider.issuer, manualClock(Date.now()));
  const { accessToken, idToken } = await provider.userTokens("alice", { audience: AUDIENCE, scope: "mcp:call" });
  const verdict = await authenticator.verify(accessToken);
  assert.equal(verdict.kind === "accepted" && verdict.identity.principal.name, "alice");
  const refusal = await authenticator.verify(idToken);
  assert.equal(refusal.kind === "refused" && refusal.fault, "audience");
});

testBeside("a real provider's token for another resource, with too few scopes or past its end is refused", async () => {
  const clock = manualClock(Date.now());
  await using authenticator = createTestAuthenticator(provider.issuer, clock, { scopes: ["mcp:call"] });
  const verdictOf = async (token: string) => {
    const verdict = await authenticator.verify(token);
    return verdict.kind === "refused" ? verdict.fault : verdict.kind;
  };
  const other = await provider.clientToken({ audience: "https://other.ops.example/mcp", scope: "mcp:call" });
  assert.equal(await verdictOf(other), "audience");
  assert.equal(
    await verdictOf(await provider.clientToken({ audience: AUDIENCE, scope: "mcp:read" })),
    "insufficient_scope",
  );
  const brief = await provider.clientToken({ audience: AUDIENCE, scope: "mcp:call", lifetimeSeconds: 60 });
  assert.equal(await verdictOf(brief), "accepted");
  clock.advance(91_000);
  assert.equal(await verdictOf(brief), "expired");
});

testBeside("while a real provider is away, known keys go on, others cannot be told; it is found again", async () => {
  const keys = [await generateTestKey("ec")];
  const clock = manualClock(Date.now());
  let port: number;
  let tokens: string[];
  let issuer: string;
  {
    await using first = await startOidcProvider({ keys });
    ({ port, issuer } = first);
    tokens = await Promise.all([1, 2, 3].map(() => first.clientToken({ audience: AUDIENCE })));
  }
  const [one = "", two = "", three = ""] = tokens;
  await using late = createTestAuthenticator(issuer, clock);
  assert.equal((await late.verify(one)).kind, "unavailable");
  {
    await using _again = await startOidcProvider({ keys, port });
    clock.advance(1000);
    assert.equal((await late.verify(one)).kind, "accepted");
  }
  assert.equal((await late.verify(two)).kind, "accepted");
  await using fresh = createTestAuthenticator(issuer, clock);
  assert.equal((await fresh.verify(three)).kind, "unavailable");
});

testBeside("a token that was verified is known again in some microseconds", async () => {
  await using authenticator = createTestAuthenticator(provider.issuer, systemClock);
  const token = await provider.clientToken({
    audience: AUDIENCE,
    claims: { roles: ["operator"], padding: "x".repeat(600) },
  });
  assert.equal((await authenticator.verify(token)).kind, "accepted");
  const rounds = 20_000;
  for (let round = 0; round < rounds; round++) authenticator.verified(token);
  const start = performance.now();
  for (let round = 0; round < rounds; round++) assert(authenticator.verified(token));
  const microseconds = (performance.now() - start) / rounds * 1000;
  // Some 5 µs; a signature takes 100 and more.
  assert(microseconds < 100, `${microseconds} µs`);
});
