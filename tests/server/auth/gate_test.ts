import assert from "node:assert/strict";
import { StorageError } from "../../../storage/errors.ts";
import { connectRaw, handshake, head } from "../raw_client.ts";
import { ALICE, METADATA_URL, startGuardedEdge } from "./guard.ts";

const JSON_TYPE = { "content-type": "application/json" };
const CALL = '{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":"hello"}}';
const SCOPE = 'scope="mcp:read mcp:write"';
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

/** What a credential is answered with, by its status and its challenge to the letter. */
const ANSWERS: readonly (readonly [
  name: string,
  headers: Record<string, string>,
  status: number,
  challenge: string | null,
  reason: string | undefined,
])[] = [
  ["none", {}, 401, `Bearer resource_metadata="${METADATA_URL}", ${SCOPE}`, "no_credential"],
  [
    "another method",
    { authorization: "Basic YWxpY2U6c2VjcmV0" },
    401,
    `Bearer resource_metadata="${METADATA_URL}", ${SCOPE}`,
    "no_credential",
  ],
  ...["Bearer", "Bearer ", "bearer a b", "Bearer a,b", 'Bearer "right"', "Bearer right, Bearer right"].map((
    authorization,
  ) =>
    [
      authorization,
      { authorization },
      400,
      `Bearer error="invalid_request", error_description="${
        authorization.includes(", Bearer")
          ? "Send one Authorization header, not several"
          : "Expected the Authorization header to be Bearer, one space and the credential"
      }", resource_metadata="${METADATA_URL}", ${SCOPE}`,
      "credential_form",
    ] as const
  ),
  [
    "unknown",
    bearer("wrong"),
    401,
    `Bearer error="invalid_token", error_description="Nobody knows it", resource_metadata="${METADATA_URL}", ${SCOPE}`,
    "credential_unknown",
  ],
  [
    "expired, in words that need quoting",
    bearer("expired"),
    401,
    `Bearer error="invalid_token", error_description="Ended at 'noon'", resource_metadata="${METADATA_URL}", ${SCOPE}`,
    "credential_expired",
  ],
  [
    "without a scope",
    bearer("narrow"),
    403,
    'Bearer error="insufficient_scope", error_description="The access token lacks the scope mcp:write", ' +
    `resource_metadata="${METADATA_URL}", ${SCOPE}`,
    "insufficient_scope",
  ],
  ["that cannot be looked at now", bearer("away"), 503, null, "auth_unavailable"],
  ["right", bearer("right"), 200, null, undefined],
  ["right, the scheme in small letters", { authorization: "bearer  right" }, 200, null, undefined],
];

Deno.test("a credential is answered by what it is, on /mcp in JSON-RPC and elsewhere in a word", async (t) => {
  for (const [name, headers, status, challenge, reason] of ANSWERS) {
    await t.step(name, async () => {
      await using edge = await startGuardedEdge({ settings: { AUTH_FAILURES_MAX: "100" } });
      const mcp = await edge.ask("/mcp", { ...JSON_TYPE, ...headers }, "POST", CALL);
      assert.deepEqual([mcp.status, mcp.challenge], [status, challenge]);
      const metrics = await edge.ask("/metrics", headers);
      assert.deepEqual([metrics.status, metrics.challenge], [status, challenge]);
      if (status === 200) {
        assert.deepEqual(JSON.parse(mcp.text).result, { text: "hello" });
        return;
      }
      const { id, error } = JSON.parse(mcp.text);
      const code = status === 403 ? -32003 : status === 503 ? -32004 : -32001;
      assert.deepEqual([id, error.code], [null, code]);
      assert.equal(error.data.kind, { 403: "forbidden", 503: "unavailable" }[status] ?? "unauthenticated");
      assert(error.data.hint);
      assert.equal(JSON.parse(metrics.text).error, error.message);
      assert.equal(mcp.headers.get("cache-control"), "no-store");
      assert.equal(mcp.headers.get("retry-after"), status === 503 ? "5" : null);
      assert.equal(await edge.refusals(reason ?? ""), 2);
      assert.deepEqual(edge.path.records, []);
      // It is logged by what it was, without what it was.
      assert.equal(edge.lines.length, 2);
      assert.match(edge.lines[0] ?? "", new RegExp(`^(WARN|DEBUG): A request was refused reason="${reason}" `));
      assert.match(edge.lines[0] ?? "", / address="127.0.0.1" method="POST" path="\/mcp"/);
      assert(!/wrong|YWxpY2U6c2VjcmV0|narrow|away"/.test(edge.lines.join()));
    });
  }
});

Deno.test("in token mode, without metadata, the challenge names a realm: RFC 6750 wants a parameter", async () => {
  await using edge = await startGuardedEdge({ challenge: {} });
  assert.equal((await edge.ask("/metrics")).challenge, 'Bearer realm="mcp"');
  const wrong = await edge.ask("/metrics", bearer("wrong"));
  assert.equal(wrong.challenge, 'Bearer realm="mcp", error="invalid_token", error_description="Nobody knows it"');
});

Deno.test("a credential in the URL is refused as such, also where a right one is in its place", async () => {
  await using edge = await startGuardedEdge();
  for (const name of ["access_token", "token", "ACCESS_TOKEN", "api_key", "id_token", "jwt", "authorization"]) {
    for (const headers of [{}, bearer("right")]) {
      const { status, challenge, text } = await edge.ask(`/metrics?a=1&${name}=right`, headers);
      assert.equal(status, 400, name);
      assert.match(challenge ?? "", /^Bearer error="invalid_request", error_description="Send no credential as /);
      assert(!text.includes("right"), text);
    }
  }
  assert.equal((await edge.ask("/metrics?ticket=x", bearer("right"))).status, 400);
  assert.equal((await edge.ask("/metrics?a=token", bearer("right"))).status, 200);
  assert.deepEqual(edge.asked, ["right"]);
  assert(!edge.lines.join().includes("right"));
});

Deno.test("two Authorization headers are none that counts, in whichever order", async () => {
  await using edge = await startGuardedEdge();
  const pairs = [["Bearer right", "Bearer right"], ["Basic YTpi", "Bearer right"], ["Bearer right", "Basic YTpi"]];
  for (const [first, second] of pairs) {
    const peer = await connectRaw(edge.port);
    const [start = "", rest] = head("GET /metrics", { host: "localhost", authorization: first ?? "" }).split(
      "\r\n\r\n",
    );
    await peer.send(`${start}\r\nauthorization: ${second}\r\n\r\n${rest}`);
    assert.match(
      await peer.readUntil("\r\n\r\n"),
      /^HTTP\/1.1 400 [\s\S]*error="invalid_request"/i,
      `${first}, ${second}`,
    );
    await peer[Symbol.asyncDispose]();
  }
  assert.deepEqual(edge.asked, []);
});

Deno.test("a door is for who has the right to it; a call is for everyone who is known", async () => {
  await using edge = await startGuardedEdge();
  for (const path of ["/metrics", "/test/rate-limit"]) {
    const refused = await edge.ask(path, bearer("bob"));
    assert.deepEqual([refused.status, refused.challenge], [403, null], path);
    const { error, rule } = JSON.parse(refused.text);
    assert.match(error, /^bob has no right to the door "\w+": no role$/);
    assert.equal(rule, "no role");
  }
  assert.equal(await edge.refusals("door"), 2);
  assert.equal((await edge.ask("/mcp", { ...JSON_TYPE, ...bearer("bob") }, "POST", CALL)).status, 200);
  assert.deepEqual(edge.path.records.map(({ principal }) => principal), ["bob"]);
});

Deno.test("METRICS_ACCESS=open opens the metrics and nothing else", async () => {
  await using edge = await startGuardedEdge({ settings: { METRICS_ACCESS: "open" } });
  assert.equal((await edge.ask("/metrics")).status, 200);
  assert.equal((await edge.ask("/test/rate-limit")).status, 401);
});

Deno.test("what is open stays so: probes, the page, and health without its inside", async () => {
  await using edge = await startGuardedEdge();
  assert.deepEqual((await edge.ask("/live")).text, "live\n");
  assert.deepEqual((await edge.ask("/ready")).text, "ready\n");
  assert.equal((await edge.ask("/dashboard")).status, 200);
  // A credential that is wrong is not even looked at there.
  assert.equal((await edge.ask("/live?access_token=x", bearer("wrong"))).status, 200);
  assert.deepEqual(JSON.parse((await edge.ask("/health")).text), { status: "healthy" });
  const known = JSON.parse((await edge.ask("/health", bearer("bob"))).text);
  assert.deepEqual(known.components, { redis: "connected", postgres: "connected", websocket: "ready" });
  assert.equal((await edge.ask("/health", bearer("wrong"))).status, 401);
  edge.path.audit.state = "away";
  const away = await edge.ask("/health");
  assert.deepEqual([away.status, JSON.parse(away.text)], [503, { status: "unhealthy" }]);
});

Deno.test("what there is not is not asked for: 404 tells nobody anything; the ways of /mcp are asked for", async () => {
  await using edge = await startGuardedEdge();
  assert.equal((await edge.ask("/nowhere")).status, 404);
  assert.equal((await edge.ask("/.well-known/oauth-authorization-server")).status, 404);
  for (const [method, status] of [["DELETE", 405], ["PUT", 405], ["GET", 426], ["OPTIONS", 405]] as const) {
    assert.equal((await edge.ask("/mcp", {}, method)).status, 401, method);
    assert.equal((await edge.ask("/mcp", bearer("right"), method)).status, status, method);
  }
});

Deno.test("calls are made as who shows the credential, from the address that a trusted proxy tells", async () => {
  await using edge = await startGuardedEdge({ settings: { TRUSTED_PROXIES: "127.0.0.0/8" } });
  const headers = { ...JSON_TYPE, ...bearer("right"), "x-forwarded-for": "6.6.6.6, 203.0.113.7" };
  await edge.ask("/mcp", headers, "POST", CALL);
  const [record] = edge.path.records;
  assert.deepEqual(
    [record?.principal, record?.authMethod, record?.clientAddress],
    ["alice", "oidc", "203.0.113.7"],
  );
  assert.deepEqual(edge.path.taken, []);
});

Deno.test("the dashboard's session is a credential where it is taken, and needs its token to change something", async () => {
  const session = { identity: ALICE, csrf: "csrf-of-alice" };
  await using edge = await startGuardedEdge({ sessions: { right: session } });
  const cookie = { cookie: "session=right" };
  const own = { ...cookie, origin: edge.url };
  assert.equal((await edge.ask("/ws-ticket", { ...own, "x-csrf-token": session.csrf }, "POST")).status, 200);
  for (
    const headers of [
      own,
      { ...own, "x-csrf-token": "csrf-of-alicf" },
      { ...own, "x-csrf-token": "" },
      { ...cookie, "x-csrf-token": session.csrf, "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" },
    ]
  ) {
    const refused = await edge.ask("/ws-ticket", headers, "POST");
    assert.deepEqual([refused.status, refused.challenge], [403, null]);
  }
  assert.equal(await edge.refusals("csrf"), 4);
  assert(JSON.parse((await edge.ask("/health", cookie)).text).components);
  // Another cookie is no credential; and on the other routes there is none in a cookie.
  assert.equal((await edge.ask("/ws-ticket", { cookie: "session=wrong" }, "POST")).status, 401);
  assert.deepEqual(JSON.parse((await edge.ask("/health", { cookie: "session=wrong" })).text), { status: "healthy" });
  for (const path of ["/metrics", "/mcp", "/test/rate-limit"]) {
    assert.equal((await edge.ask(path, cookie)).status, 401, path);
  }
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port, own));
  assert.match(await peer.readUntil("\r\n\r\n"), /^HTTP\/1.1 401 /);
  await peer[Symbol.asyncDispose]();
});

Deno.test("a store that is away is 503 and no guess", async () => {
  const away = () => Promise.reject(new StorageError("Cannot ask Redis"));
  await using edge = await startGuardedEdge({
    tickets: { put: away, get: away, take: away, async [Symbol.asyncDispose]() {} },
    settings: { AUTH_FAILURES_MAX: "1" },
  });
  const peer = await connectRaw(edge.port);
  await peer.send(handshake(edge.port).replace("GET /mcp", `GET /mcp?ticket=${"a".repeat(43)}`));
  const answer = await peer.readUntil('"error"');
  assert.match(answer, /^HTTP\/1.1 503 [\s\S]*retry-after: 5[\s\S]*/i);
  await peer[Symbol.asyncDispose]();
  const issued = await edge.ask("/ws-ticket", bearer("right"), "POST");
  assert.deepEqual([issued.status, issued.headers.get("retry-after")], [503, "1"]);
  assert.equal((await edge.ask("/mcp", bearer("wrong"), "POST")).status, 401);
});
