import assert from "node:assert/strict";
import type { ToolErrorKind } from "../../../tools/error.ts";
import { openPrometheus, prometheusNotConfigured, type PrometheusOptions } from "../../../tools/prom/prometheus.ts";
import { toolError } from "./expectations.ts";

const signal = new AbortController().signal;

/** A server that answers every request in the same way, in place of a Prometheus. */
function serve(answer: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    host: `127.0.0.1:${server.addr.port}`,
    async ask(promql = "up", options: PrometheusOptions = {}) {
      return await openPrometheus(`http://127.0.0.1:${server.addr.port}`, options).query(promql, signal);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const json = (value: unknown, status = 200) => Response.json(value, { status });
const success = (data: unknown, more = {}) => ({ status: "success", data, ...more });
const failure = (errorType: string, error: string) => ({ status: "error", errorType, error });
const vector = (...result: readonly unknown[]) => success({ resultType: "vector", result });

Deno.test("a query goes out as a form, with the time it may take, and credentials in their header", async () => {
  const requests: { method: string; path: string; type: string | null; authorization: string | null; body: string }[] =
    [];
  await using server = serve(async (request) => {
    const { pathname: path, search, username } = new URL(request.url);
    assert.equal(search + username, "");
    const { method, headers } = request;
    requests.push({
      method,
      path,
      type: headers.get("content-type"),
      authorization: headers.get("authorization"),
      body: await request.text(),
    });
    return json(vector());
  });
  const query = 'up{job="a&b=c%+ü"} # 1\n';
  for (
    const base of [
      `http://${server.host}`,
      `http://${server.host}/`,
      `http://${server.host}/a/b`,
      `http://u:p%3A%2F@${server.host}/a/b/`,
      `http://only@${server.host}`,
    ]
  ) {
    await openPrometheus(base, { timeoutMs: 1_500 }).query(query, signal);
  }
  assert.deepEqual(
    requests.map(({ method, path, authorization }) => [method, path, authorization && atob(authorization.slice(6))]),
    [
      ["POST", "/api/v1/query", null],
      ["POST", "/api/v1/query", null],
      ["POST", "/a/b/api/v1/query", null],
      ["POST", "/a/b/api/v1/query", "u:p:/"],
      ["POST", "/api/v1/query", "only:"],
    ],
  );
  for (const { type, body } of requests) {
    assert.equal(type, "application/x-www-form-urlencoded;charset=UTF-8");
    assert.deepEqual([...new URLSearchParams(body)], [["query", query], ["timeout", "1500ms"]]);
  }
});

Deno.test("an answer that is no success is told by its words, or by its status", async (t) => {
  const text = (status: number, headers = {}) => () => new Response("Some words of a proxy", { status, headers });
  const table: readonly (readonly [what: string, answer: () => Response, kind: ToolErrorKind, words: RegExp])[] = [
    [
      "bad_data",
      () => json(failure("bad_data", 'invalid parameter "query": 1:1: parse error: x'), 400),
      "invalid_params",
      /^Prometheus refuses the query: 1:1: parse error: x$/,
    ],
    [
      "execution",
      () => json(failure("execution", "many-to-many"), 422),
      "tool_failed",
      /^Prometheus cannot evaluate the query: many-to-many$/,
    ],
    [
      "timeout",
      () => json(failure("timeout", "timed out"), 503),
      "timeout",
      /^Prometheus cannot evaluate the query: timed out$/,
    ],
    [
      "canceled",
      () => json(failure("canceled", "going down"), 503),
      "unavailable",
      /^Prometheus cannot answer now: going down$/,
    ],
    [
      "unavailable",
      () => json(failure("unavailable", "TSDB not ready"), 503),
      "unavailable",
      /cannot answer now: TSDB not ready$/,
    ],
    ["internal", () => json(failure("internal", "panic"), 500), "unavailable", /cannot answer now: panic$/],
    [
      "a type of another product",
      () => json(failure("422", "too many series"), 422),
      "tool_failed",
      /cannot evaluate the query: too many series$/,
    ],
    ["very many words", () => json(failure("bad_data", "x".repeat(100_000)), 400), "invalid_params", /^.{1,1100}…$/],
    ["not ready yet", text(503), "unavailable", /answered with status 503$/],
    ["a proxy without it", text(502), "unavailable", /answered with status 502$/],
    ["a proxy that waited", text(504), "timeout", /answered with status 504$/],
    ["a proxy that limits", text(429), "unavailable", /answered with status 429$/],
    ["an unknown status", text(418), "tool_failed", /answered with status 418$/],
    ["a query too long for a proxy", text(413), "tool_failed", /answered with status 413$/],
    ["no such path", text(404), "unavailable", /does not look like a Prometheus: it has no \/api\/v1\/query \(404\)$/],
    ["a path that takes no POST", text(405), "unavailable", /does not look like a Prometheus: .* \(405\)$/],
    ["no credentials", text(401), "unavailable", /refuses this server's credentials with status 401$/],
    ["wrong credentials", text(403), "unavailable", /refuses this server's credentials with status 403$/],
    [
      "a success of another kind",
      () => new Response(null, { status: 204 }),
      "tool_failed",
      /answered with status 204$/,
    ],
    [
      "a page",
      () => new Response("<html>Sign in</html>"),
      "unavailable",
      /^The answer of http:\/\/127\.0\.0\.1:\d+ is not that of a Prometheus$/,
    ],
    ["nothing", () => new Response(""), "unavailable", /is not that of a Prometheus$/],
    ["another JSON", () => json({ ok: true }), "unavailable", /is not that of a Prometheus$/],
    ["an error with status 200", () => json(failure("bad_data", "x")), "unavailable", /is not that of a Prometheus$/],
    [
      "an unknown type",
      () => json(success({ resultType: "table", result: [] })),
      "unavailable",
      /is not that of a Prometheus$/,
    ],
    [
      "a sample that is no number",
      () => json(vector({ metric: {}, value: [1, "abc"] })),
      "unavailable",
      /is not that of a Prometheus$/,
    ],
    [
      "an empty sample",
      () => json(vector({ metric: {}, value: [1, ""] })),
      "unavailable",
      /is not that of a Prometheus$/,
    ],
    [
      "a sample as a number",
      () => json(vector({ metric: {}, value: [1, 2] })),
      "unavailable",
      /is not that of a Prometheus$/,
    ],
    ["a series without a sample", () => json(vector({ metric: {} })), "unavailable", /is not that of a Prometheus$/],
    [
      "labels that are no text",
      () => json(vector({ metric: { a: 1 }, value: [1, "2"] })),
      "unavailable",
      /is not that of a Prometheus$/,
    ],
  ];
  for (const [what, answer, kind, words] of table) {
    await t.step(what, async () => {
      await using server = serve(answer);
      await assert.rejects(server.ask(), toolError(kind, words));
    });
  }
});

Deno.test("a redirect is not followed, and named", async (t) => {
  for (const status of [301, 302, 307, 308]) {
    await t.step(`${status}`, async () => {
      let asked = 0;
      await using elsewhere = serve(() => (asked++, json(vector())));
      await using server = serve(() =>
        new Response(null, { status, headers: { location: `http://${elsewhere.host}/` } })
      );
      await assert.rejects(server.ask(), toolError("unavailable", /redirects elsewhere, which is not followed$/));
      assert.equal(asked, 0);
    });
  }
});

Deno.test("an answer over the bound is given up, however it comes", async (t) => {
  const large = JSON.stringify(vector({ metric: { a: "x".repeat(2_000) }, value: [1, "1"] }));
  await t.step("one byte too many", async () => {
    await using server = serve(() => new Response(large));
    assert.equal((await server.ask("up", { bytesMax: large.length })).data.type, "vector");
    const tooLarge = toolError("tool_failed", /^The answer of Prometheus is larger than the \d+ bytes that are read$/);
    await assert.rejects(server.ask("up", { bytesMax: large.length - 1 }), tooLarge);
  });
  await t.step("without an end", async () => {
    let sent = 0;
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    await using server = serve(() =>
      new Response(
        new ReadableStream({
          pull: (stream) => (sent += 65_536, stream.enqueue(new Uint8Array(65_536))),
          cancel: () => resolve(),
        }),
      )
    );
    await assert.rejects(
      server.ask("up", { bytesMax: 1_000_000 }),
      toolError("tool_failed", /larger than the 1000000 bytes/),
    );
    await cancelled;
    assert(sent < 50_000_000, `${sent}`);
  });
  await t.step("small when compressed", async () => {
    const gzip = new Blob(["x".repeat(5_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
    const body = await new Response(gzip).bytes();
    assert(body.length < 100_000);
    await using server = serve(() => new Response(body, { headers: { "content-encoding": "gzip" } }));
    await assert.rejects(
      server.ask("up", { bytesMax: 1_000_000 }),
      toolError("tool_failed", /larger than the 1000000 bytes/),
    );
  });
});

Deno.test("an answer that does not come to its end is a timeout, or unreachable when it breaks off", async (t) => {
  await t.step("it drips", async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    await using server = serve(() =>
      new Response(
        new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array([32])), cancel: () => resolve() }),
      )
    );
    await assert.rejects(server.ask("up", { timeoutMs: 50 }), toolError("timeout", /did not answer within 50 ms$/));
    await left;
  });
  await t.step("it breaks off", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answering = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4_096));
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"));
    })();
    const prometheus = openPrometheus(`http://127.0.0.1:${listener.addr.port}`);
    await assert.rejects(prometheus.query("up", signal), toolError("unavailable", /^Cannot reach Prometheus at /));
    await answering;
  });
  await t.step("its caller had left before", async () => {
    await using server = serve(() => json(vector()));
    const prometheus = openPrometheus(`http://${server.host}`);
    await assert.rejects(prometheus.query("up", AbortSignal.abort()), { kind: "cancelled" });
  });
});

Deno.test("warnings and infos are passed on, within bounds", async () => {
  const warnings = ["first", ...Array.from({ length: 30 }, () => "x".repeat(10_000))];
  await using server = serve(() =>
    json(success({ resultType: "scalar", result: [1, "2"] }, { warnings, infos: ["last"] }))
  );
  const answer = await server.ask();
  assert.equal(answer.warnings[0], "first");
  assert.equal(answer.warnings.length, 20);
  assert(answer.warnings.every((warning) => warning.length <= 501));
  await using informing = serve(() =>
    json(success({ resultType: "scalar", result: [1, "2"] }, { infos: ["not a counter"] }))
  );
  assert.deepEqual((await informing.ask()).warnings, ["not a counter"]);
});

Deno.test("a URL that cannot be asked is refused at once, and not repeated", async (t) => {
  for (
    const url of [
      "",
      "prometheus:9090",
      "ftp://u:secret@host",
      "http://u:secret@",
      "http://u:%zzsecret@host",
      "//u:secret@host",
    ]
  ) {
    await t.step(JSON.stringify(url), () => {
      assert.throws(
        () => openPrometheus(url),
        (error) =>
          error instanceof TypeError && /^Invalid Prometheus URL: /.test(error.message) &&
          !Deno.inspect(error).includes("secret"),
      );
    });
  }
});

Deno.test("without a Prometheus every query names the setting", async () => {
  await assert.rejects(
    prometheusNotConfigured().query("up", signal),
    toolError("unavailable", /PROMETHEUS_URL is not set$/),
  );
});
