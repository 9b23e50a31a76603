import assert from "node:assert/strict";
import { discoverKeysUrl } from "../../../../server/auth/oidc/discovery.ts";
import { IssuerError } from "../../../../server/auth/oidc/issuer_error.ts";
import { DISCOVERY_PATH, KEYS_PATH, type TestIssuer } from "../../../services/oidc_issuer.ts";
import { generateTestKey } from "../../../services/oidc_keys.ts";
import { type Bench, startBench } from "./setup.ts";

const MINUTE = 60_000;
const RFC_8414 = "/.well-known/oauth-authorization-server";

async function kindOf({ authenticator }: Bench, token: string): Promise<string> {
  const verdict = await authenticator.verify(token);
  if (verdict.kind === "unavailable") assert.equal(verdict.description, "The issuer's keys cannot be read");
  return verdict.kind === "refused" ? verdict.fault : verdict.kind;
}

const serve = (issuer: TestIssuer, path: string, document: unknown) =>
  issuer.answers.set(path, () => Response.json(document));
const metadataOf = ({ issuer }: TestIssuer) => ({ issuer, jwks_uri: `${new URL(issuer).origin}${KEYS_PATH}` });

Deno.test("keys are found by OpenID Connect's document, else by that of RFC 8414", async (t) => {
  const rows: readonly (readonly [path: string, at: string, asked: readonly string[]])[] = [
    ["", DISCOVERY_PATH, [DISCOVERY_PATH]],
    ["/", DISCOVERY_PATH, [DISCOVERY_PATH]],
    ["/realms/ops", `/realms/ops${DISCOVERY_PATH}`, [`/realms/ops${DISCOVERY_PATH}`]],
    ["", RFC_8414, [DISCOVERY_PATH, RFC_8414]],
    ["/realms/ops", `${RFC_8414}/realms/ops`, [`/realms/ops${DISCOVERY_PATH}`, `${RFC_8414}/realms/ops`]],
  ];
  for (const [path, at, asked] of rows) {
    await t.step(`issuer ${path || "without a path"}, document at ${at}`, async () => {
      await using bench = await startBench({}, path);
      const { issuer } = bench;
      issuer.answers.delete(`${path}${DISCOVERY_PATH}`);
      serve(issuer, at, metadataOf(issuer));
      assert.equal(await kindOf(bench, await issuer.token()), "accepted");
      assert.deepEqual(issuer.asked, [...asked, KEYS_PATH]);
    });
  }
});

Deno.test("keys may be anywhere behind TLS, and without it only on the machine of an issuer without it", async (t) => {
  const SECURE = "https://id.ops.example";
  const LOCAL = "http://127.0.0.1:8080";
  const rows: readonly (readonly [issuer: string, keys: string, isTaken: boolean])[] = [
    [SECURE, "https://id.ops.example/keys", true],
    [SECURE, "https://keys.other.example/keys", true],
    [SECURE, "http://id.ops.example/keys", false],
    [SECURE, "http://127.0.0.1:8080/keys", false],
    [SECURE, "/keys", false],
    [SECURE, "data:application/json,{}", false],
    [LOCAL, "http://127.0.0.1:9999/keys", true],
    [LOCAL, "http://[::1]/keys", true],
    [LOCAL, "http://localhost.evil.example/keys", false],
    [LOCAL, "http://127.0.0.1@evil.example/keys", false],
  ];
  for (const [issuer, keys, isTaken] of rows) {
    await t.step(`${keys} of ${issuer}`, async () => {
      const found = discoverKeysUrl(issuer, () => Promise.resolve({ issuer, jwks_uri: keys }));
      if (isTaken) assert.equal((await found).href, keys);
      else await assert.rejects(found, IssuerError);
    });
  }
});

Deno.test("an issuer that does not answer as it must makes no token wrong: it cannot be told", async (t) => {
  const rows: readonly (readonly [
    name: string,
    spoil: (issuer: TestIssuer) => void,
    logged: RegExp,
    fetchTimeoutMs?: number,
  ])[] = [
    ["no document", (issuer) => issuer.answers.delete(DISCOVERY_PATH), /Cannot find the metadata of the issuer/],
    [
      "a failure",
      ({ answers }) => answers.set(DISCOVERY_PATH, () => new Response("", { status: 503 })),
      /openid-configuration answered 503, expected 200/,
    ],
    [
      "another issuer's document",
      (issuer) => serve(issuer, DISCOVERY_PATH, { ...metadataOf(issuer), issuer: "https://evil.example" }),
      /is of the issuer "https:\/\/evil\.example", expected "http:/,
    ],
    [
      "a document whose issuer has a slash more",
      (issuer) => serve(issuer, DISCOVERY_PATH, { ...metadataOf(issuer), issuer: `${issuer.issuer}/` }),
      /is of the issuer "http:\S+\/", expected/,
    ],
    ["no jwks_uri", (issuer) => serve(issuer, DISCOVERY_PATH, { issuer: issuer.issuer }), /lacks issuer or jwks_uri/],
    [
      "keys over plain HTTP from elsewhere",
      (issuer) => serve(issuer, DISCOVERY_PATH, { issuer: issuer.issuer, jwks_uri: "http://10.0.0.1/keys" }),
      /has the jwks_uri "http:\/\/10\.0\.0\.1\/keys", expected an https:\/\/ URL/,
    ],
    [
      "keys from a file",
      (issuer) => serve(issuer, DISCOVERY_PATH, { issuer: issuer.issuer, jwks_uri: "file:///etc/keys" }),
      /has the jwks_uri "file:\/\/\/etc\/keys"/,
    ],
    [
      "a redirect to the document",
      (issuer) => {
        serve(issuer, "/elsewhere", metadataOf(issuer));
        issuer.answers.set(
          DISCOVERY_PATH,
          () => new Response("", { status: 302, headers: { location: "/elsewhere" } }),
        );
      },
      /answered 302, expected 200/,
    ],
    [
      "a redirect to the keys",
      ({ answers, key }) => {
        answers.set("/elsewhere", () => Response.json({ keys: [key.publicJwk] }));
        answers.set(KEYS_PATH, () => new Response("", { status: 307, headers: { location: "/elsewhere" } }));
      },
      /keys answered 307, expected 200/,
    ],
    ["a page", ({ answers }) => answers.set(KEYS_PATH, () => new Response("<html>")), /keys answered no JSON/],
    ["no set of keys", (issuer) => serve(issuer, KEYS_PATH, { keys: {} }), /keys is no JSON Web Key Set/],
    ["null", (issuer) => serve(issuer, KEYS_PATH, null), /keys is no JSON Web Key Set/],
    [
      "more than 256 KiB",
      ({ answers, key }) => {
        const padding = "x".repeat(262_144);
        answers.set(KEYS_PATH, () => Response.json({ keys: [key.publicJwk], padding }));
      },
      /keys answered more than 262144 bytes/,
    ],
    [
      "a body that does not end",
      ({ answers }) =>
        answers.set(
          KEYS_PATH,
          () => new Response(new ReadableStream({ start: (it) => it.enqueue(new Uint8Array(1)) })),
        ),
      /keys did not answer within 200 ms/,
      200,
    ],
    [
      "no answer",
      ({ answers }) =>
        answers.set(
          DISCOVERY_PATH,
          ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(new Response()))),
        ),
      /openid-configuration did not answer within 200 ms/,
      200,
    ],
  ];
  for (const [name, spoil, logged, fetchTimeoutMs = 5000] of rows) {
    await t.step(name, async () => {
      await using bench = await startBench({ fetchTimeoutMs });
      spoil(bench.issuer);
      assert.equal(await kindOf(bench, await bench.issuer.token()), "unavailable");
      assert.match(bench.lines.join("\n"), logged);
      assert(!bench.issuer.asked.includes("/elsewhere"));
    });
  }
});

Deno.test("what can be seen without the issuer is refused while it is away", async () => {
  await using bench = await startBench();
  bench.issuer.answers.clear();
  assert.equal(await kindOf(bench, "opaque"), "malformed");
  assert.equal(await kindOf(bench, await bench.issuer.token({ iss: "https://other.example" })), "issuer");
  assert.equal(await kindOf(bench, await bench.issuer.token({}, { alg: "none" })), "algorithm");
  assert.deepEqual(bench.issuer.asked, []);
  assert.equal(await kindOf(bench, await bench.issuer.token()), "unavailable");
});

Deno.test("an issuer that comes later is found", async () => {
  await using bench = await startBench();
  const { issuer, clock, lines } = bench;
  issuer.answers.delete(KEYS_PATH);
  const token = await issuer.token();
  assert.equal(await kindOf(bench, token), "unavailable");
  issuer.publish(issuer.key);
  assert.equal(await kindOf(bench, token), "unavailable");
  clock.advance(1000);
  assert.equal(await kindOf(bench, token), "accepted");
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /^The issuer's keys cannot be read; retrying/);
  assert.equal(lines[1], "The issuer's keys are read again");
});

Deno.test("keys are rotated: the new one is accepted, the old one no more once it is taken back", async () => {
  await using bench = await startBench();
  const { issuer, clock } = bench;
  const second = await generateTestKey("second");
  const bySecond = () => issuer.token({}, { kid: "second" }, second.sign);
  assert.equal(await kindOf(bench, await issuer.token()), "accepted");
  clock.advance(MINUTE);
  issuer.publish(issuer.key, second);
  assert.equal(await kindOf(bench, await bySecond()), "accepted");
  assert.equal(await kindOf(bench, await issuer.token()), "accepted");
  issuer.publish(second);
  clock.advance(10 * MINUTE);
  assert.equal(await kindOf(bench, await bySecond()), "accepted");
  assert.equal(await kindOf(bench, await issuer.token()), "signature");
});

Deno.test("an attacker who changes the issuer's documents puts no keys in the place of the known ones", async (t) => {
  const mallory = await generateTestKey("mallory");
  const rows: readonly (readonly [name: string, swap: (issuer: TestIssuer, elsewhere: string) => void])[] = [
    [
      "a document of another issuer",
      (issuer, elsewhere) => serve(issuer, DISCOVERY_PATH, { issuer: elsewhere, jwks_uri: `${elsewhere}${KEYS_PATH}` }),
    ],
    [
      "keys on another host",
      (issuer, elsewhere) =>
        serve(issuer, DISCOVERY_PATH, { issuer: issuer.issuer, jwks_uri: `${elsewhere}${KEYS_PATH}` }),
    ],
    [
      "keys by redirect",
      ({ answers }, elsewhere) =>
        answers.set(
          KEYS_PATH,
          () => new Response("", { status: 302, headers: { location: `${elsewhere}${KEYS_PATH}` } }),
        ),
    ],
  ];
  for (const [name, swap] of rows) {
    await t.step(name, async () => {
      await using bench = await startBench();
      await using evil = await startBench();
      const { issuer, clock } = bench;
      evil.issuer.publish(mallory);
      assert.equal(await kindOf(bench, await issuer.token()), "accepted");
      swap(issuer, evil.issuer.issuer);
      clock.advance(11 * MINUTE);
      const forged = await issuer.token({ sub: "admin" }, { kid: "mallory" }, mallory.sign);
      assert.equal(await kindOf(bench, forged), "unavailable");
      assert.equal(await kindOf(bench, await issuer.token()), "accepted");
      assert.deepEqual(evil.issuer.asked, []);
      assert.equal(bench.lines.length, 1);
      clock.advance(50 * MINUTE);
      assert.equal(await kindOf(bench, await issuer.token()), "unavailable");
      assert.equal(
        await kindOf(bench, await issuer.token({ sub: "admin" }, { kid: "mallory" }, mallory.sign)),
        "unavailable",
      );
    });
  }
});

Deno.test("disposing ends a fetch that is under way", async () => {
  await using bench = await startBench();
  const { issuer, authenticator } = bench;
  const asked = Promise.withResolvers<void>();
  issuer.answers.set(DISCOVERY_PATH, ({ signal }) => {
    asked.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(new Response())));
  });
  const verdict = authenticator.verify(await issuer.token());
  await asked.promise;
  await authenticator[Symbol.asyncDispose]();
  assert.equal((await verdict).kind, "unavailable");
});
