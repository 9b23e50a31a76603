import assert from "node:assert/strict";
import { parseArguments } from "../../../../tools/arguments.ts";
import { ToolError } from "../../../../tools/error.ts";
import { type LokiOptions, openLoki } from "../../../../tools/logs/loki/loki.ts";
import { lokiLogs } from "../../../../tools/logs/loki/loki_logs.ts";
import { logsPatterns } from "../../../../tools/logs/patterns.ts";
import { logsSearch } from "../../../../tools/logs/search.ts";
import { shape } from "../../../../tools/shape.ts";
import { type LokiServer, startLoki, type StoredStream } from "../../../services/loki.ts";
import { call } from "../../k8s/call.ts";
import { rejectsWith } from "../../k8s/cluster.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 20, 30);

const stream = (namespace: string, pod: string, texts: readonly string[], more = {}): StoredStream => ({
  labels: { namespace, pod, container: "app", ...more },
  lines: texts.map((text, index) => [NOW - (texts.length - index) * 1000, text]),
});

const STREAMS = [
  stream("shop", "web-0", ["GET /a 200", "GET /b 500", "panic: Out of Cheese", "after the panic"], {
    stream: "stdout",
  }),
  stream("shop", "web-1", ["\x1b[31mERROR\x1b[0m no disk", "GET /c 200"]),
  stream("shop", "db-0", ["ready"], { stream: "stderr" }),
  stream("other", "web-0", ["GET /secret-of-another-namespace panic"]),
];

Deno.test("logs.search of Loki has the shape of that of the cluster", async () => {
  await using loki = startLoki({ streams: STREAMS });
  assert.deepEqual(await search(loki, { namespace: "shop", pod: "web-*", query: "GET /" }), {
    logs: [
      { timestamp: "2026-11-22T10:20:26.000000000Z", pod: "web-0", container: "app", message: "GET /a 200" },
      { timestamp: "2026-11-22T10:20:27.000000000Z", pod: "web-0", container: "app", message: "GET /b 500" },
      { timestamp: "2026-11-22T10:20:29.000000000Z", pod: "web-1", container: "app", message: "GET /c 200" },
    ],
    matched: 3,
    returned: 3,
    truncated: false,
  });
});

Deno.test("logs.search of Loki narrows and bounds as that of the cluster", async (t) => {
  await using loki = startLoki({ streams: STREAMS });
  const messages = async (args: Record<string, unknown>, extended = false) =>
    (await search(loki, { namespace: "shop", ...args }, extended)).logs.map(({ message }) => message);
  await t.step("text in any letter case", async () => {
    assert.deepEqual(await messages({ query: "OUT OF cheese" }), ["panic: Out of Cheese"]);
  });
  await t.step("an expression", async () => {
    assert.deepEqual(await messages({ query: "/ (200|500)$/", pod: "web-0" }), ["GET /a 200", "GET /b 500"]);
  });
  await t.step("one pod, one container", async () => {
    assert.deepEqual(await messages({ pod: "db-0" }), ["ready"]);
    assert.deepEqual(await messages({ pod: "db-0", container: "other" }), []);
  });
  await t.step("the last seconds", async () => {
    assert.deepEqual(await messages({ pod: "web-0", since_seconds: 2 }), ["panic: Out of Cheese", "after the panic"]);
  });
  await t.step("no terminal sequence", async () => {
    assert.deepEqual(await messages({ query: "no disk" }), ["ERROR no disk"]);
  });
  await t.step("a limit", async () => {
    const { returned, truncated, logs } = await search(loki, { namespace: "shop", limit: 2 });
    assert.deepEqual([returned, truncated, logs.length], [2, true, 2]);
  });
  await t.step("lines around", async () => {
    assert.deepEqual(await messages({ query: "panic:", context: 1, pod: "web-0" }, true), [
      "GET /b 500",
      "panic: Out of Cheese",
      "after the panic",
    ]);
  });
  await t.step("nothing found, with what to try", async () => {
    const { warnings } = await search(loki, { namespace: "shop", query: "no such words" });
    assert.deepEqual(warnings, [
      'Loki has no such lines of namespace "shop" in the last 86400 seconds: check its name and the pod\'s, or raise ' +
      "since_seconds",
    ]);
  });
  await t.step("runs, which Loki does not tell apart", async () => {
    const { warnings } = await search(loki, { namespace: "shop", pod: "db-0", previous: true });
    assert.deepEqual(warnings, ["Loki keeps all runs of a container together: these lines are of any"]);
  });
  await t.step("an expression that cannot be used, before any request", async () => {
    const before = loki.queries.length;
    await rejectsWith(search(loki, { namespace: "shop", query: "/(?=a)/" }), "invalid_params", /\(\?=a\)/, /RE2/);
    assert.equal(loki.queries.length, before);
  });
});

Deno.test("of Loki, no argument reaches another namespace than the one that the policy has seen", async () => {
  await using loki = startLoki({ streams: STREAMS });
  const hostile = ['x"} or {namespace="other"', '"', "\\", '\\"} |~ "', "`}", 'app", namespace=~".+'];
  for (const text of hostile) {
    await search(loki, { namespace: "shop", container: text });
    await search(loki, { namespace: "shop", query: text });
  }
  for (
    const args of [{ namespace: 'shop"} or {namespace="other' }, { namespace: "shop", pod: 'web-0", namespace="other' }]
  ) {
    await assert.rejects(search(loki, args), (error) => error instanceof ToolError && error.kind === "invalid_params");
  }
  assert.equal(loki.queries.length, 2 * hostile.length);
  for (const { matchers } of loki.queries) {
    const namespaces = matchers.filter(({ label }) => label === "namespace");
    assert.deepEqual(namespaces, [{ label: "namespace", operator: "=", value: "shop" }]);
  }
});

Deno.test("lines of another namespace than was asked for are not shown, whoever gives them", async () => {
  await using loki = startLoki({ streams: STREAMS });
  const result = [{ stream: { namespace: "other", pod: "a" }, values: [["1", "x"]] }];
  loki.interfere(() => Response.json({ status: "success", data: { resultType: "streams", result } }));
  await rejectsWith(search(loki, { namespace: "shop" }), "tool_failed", /not of namespace "shop"/, /operator/);
});

Deno.test("Loki is asked with credentials and tenant, and its refusals name it and no credential", async (t) => {
  await using loki = startLoki({ streams: STREAMS, credentials: "bob:hunter2", tenant: "team-a" });
  const withUser = (user: string) => loki.url.replace("//", `//${user}@`);
  const ask = (url: string, options: LokiOptions = {}) => searchBy(openLoki(url, options), { namespace: "shop" });
  await t.step("both", async () => {
    assert.equal((await ask(withUser("bob:hunter2"), { tenant: "team-a" })).returned, 7);
  });
  await t.step("neither, or one", async () => {
    const asked = [ask(loki.url), ask(withUser("bob:hunter2")), ask(withUser("bob:other9"), { tenant: "team-a" })];
    for (const refused of asked) {
      const { message } = await rejectsWith(
        refused,
        "unavailable",
        /^Loki at http:\S+ refuses the server/,
        /LOKI_TENANT/,
      );
      assert(!/hunter2|other9/.test(message), message);
    }
  });
  await t.step("away", async () => {
    const away = ask("http://bob:hunter2@127.0.0.1:1");
    const { message } = await rejectsWith(
      away,
      "unavailable",
      /^Cannot reach Loki at http:\/\/127.0.0.1:1: /,
      /LOKI_URL/,
    );
    assert(!message.includes("hunter2"));
  });
  await t.step("a URL that is none", () => {
    assert.throws(() => openLoki("ftp://bob:hunter2@loki"), /^TypeError: Invalid Loki URL: expected http:\/\/ or/);
  });
});

Deno.test("what Loki or another server answers besides lines is said in words", async (t) => {
  await using loki = startLoki({ streams: STREAMS });
  const answers: readonly (readonly [name: string, answer: () => Response, kind: ToolError["kind"], words: RegExp])[] =
    [
      [
        "too many requests",
        () => new Response("slow down\n", { status: 429 }),
        "rate_limited",
        /asks to wait: slow down$/,
      ],
      ["a fault", () => new Response("boom\n", { status: 500 }), "unavailable", /could not answer \(500\): boom$/],
      [
        "a refusal",
        () => new Response("query too long\n", { status: 400 }),
        "tool_failed",
        /refuses the query: query too/,
      ],
      ["a redirect", () => new Response(null, { status: 302, headers: { location: "/x" } }), "unavailable", /\(302\)/],
      ["a page", () => new Response("<html>"), "unavailable", /is no Loki$/],
      [
        "other JSON",
        () => Response.json({ status: "success", data: { resultType: "matrix" } }),
        "unavailable",
        /no Loki$/,
      ],
    ];
  for (const [name, answer, kind, words] of answers) {
    await t.step(name, async () => {
      loki.interfere(answer);
      await rejectsWith(search(loki, { namespace: "shop" }), kind, words, /./);
    });
  }
  await t.step("nothing in time", async () => {
    loki.interfere(() => new Promise(() => {}));
    const late = searchBy(openLoki(loki.url, { timeoutMs: 50 }), { namespace: "shop" });
    await rejectsWith(late, "unavailable", /did not answer within 50 ms$/, /shorter since_seconds/);
  });
});

Deno.test("Loki is asked for fewer lines where it gives no more, or they are too large", async (t) => {
  const many = stream("shop", "web-0", Array.from({ length: 3_000 }, (_, index) => `line ${index} ${"x".repeat(200)}`));
  await using loki = startLoki({ streams: [many], entriesMax: 100 });
  await t.step("its own limit", async () => {
    const { returned, truncated, warnings } = await search(loki, { namespace: "shop", query: "line", limit: 1000 });
    assert.deepEqual([returned, truncated], [100, true]);
    assert.deepEqual(warnings, ["Loki was asked for the newest 100 lines: older ones are not counted"]);
  });
  await t.step("bytes", async () => {
    const { logs, truncated } = await searchBy(openLoki(loki.url, { bytesMax: 10_000 }), {
      namespace: "shop",
      limit: 90,
    });
    assert.deepEqual([logs.length, truncated], [22, true]);
    assert.match(logs.at(-1)?.message ?? "", /^line 2999 /);
  });
});

Deno.test("tools of Loki cost 2,000 tokens by default", async () => {
  const words = Array.from({ length: 4_000 }, (_, index) => `${index} ${"日本".repeat(index % 700)} "quoted" ${index}`);
  await using loki = startLoki({ streams: [stream("shop", "web-0", words)] });
  const backend = lokiLogs(openLoki(loki.url), () => NOW);
  for (const tool of [logsSearch(backend), logsPatterns(backend)]) {
    const { tokens } = shape(await tool.run(parseArguments(tool, { namespace: "shop" }), call()), 1_000_000);
    assert(tokens <= 2_000, `${tokens} tokens of ${tool.name}`);
  }
});

Deno.test("logs.patterns groups the lines of Loki", async () => {
  await using loki = startLoki({ streams: STREAMS });
  const tool = logsPatterns(lokiLogs(openLoki(loki.url), () => NOW));
  const { patterns, lines } = await tool.run(parseArguments(tool, { namespace: "shop" }), call());
  assert.equal(lines, 7);
  assert.deepEqual(patterns[0]?.level, "error");
  assert(patterns.some(({ pattern, count }) => pattern.startsWith("GET") && count >= 1));
});

Deno.test("a line of a key or of a Secret's data that Loki finds by itself is hidden", async () => {
  const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDfAAAAAAAA1234";
  const lines = [
    "-----BEGIN PRIVATE KEY-----",
    body,
    "-----END PRIVATE KEY-----",
    `klog I1122 ${body}`,
    "  custom: c3VwZXJzZWNyZXQh",
    '"other": "cGFzc3dvcmQ=",',
    "digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  ];
  await using loki = startLoki({ streams: [stream("shop", "web-0", lines)] });
  for (const query of ["MIIE", "c3Vw", "cGFz", "/[A-Za-z]/", undefined, "klog"]) {
    const text = JSON.stringify(await search(loki, { namespace: "shop", query }));
    assert(!text.includes("MIIEvQ"), text);
    if (query !== undefined) assert(!/c3VwZXJ|cGFzc3/.test(text), text);
  }
  const { logs } = await search(loki, { namespace: "shop", query: "digest" });
  assert.equal(logs[0]?.message, lines.at(-1));
});

Deno.test("a search of Loki stops when its caller goes away", async () => {
  await using loki = startLoki({ streams: STREAMS });
  const caller = new AbortController();
  loki.interfere(() => {
    caller.abort();
    return new Promise(() => {});
  });
  const tool = logsSearch(lokiLogs(openLoki(loki.url), () => NOW));
  const searching = tool.run(parseArguments(tool, { namespace: "shop" }), call(caller.signal));
  await assert.rejects(searching, (error) => error instanceof ToolError && error.kind === "cancelled");
});

function search(loki: LokiServer, args: Record<string, unknown>, extended = false) {
  return searchBy(openLoki(loki.url), args, extended);
}

async function searchBy(loki: ReturnType<typeof openLoki>, args: Record<string, unknown>, extended = false) {
  const tool = logsSearch(lokiLogs(loki, () => NOW), extended);
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
  return await tool.run(parseArguments(tool, given), call());
}
