import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { loadedModules } from "./services/inspector.ts";
import { startPostgres } from "./services/postgres.ts";
import { startService } from "./services/process.ts";
import { startRedis } from "./services/redis.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS, startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

/** Starts main.ts with nothing in its environment but what is given. */
function start(args: readonly string[], env: Record<string, string>, flags: readonly string[] = ["--quiet"]) {
  return startService(Deno.execPath(), {
    args: ["run", ...flags, ...SERVER_FLAGS, `${ROOT}main.ts`, ...args],
    env: { ...bareEnvironment(), ...env },
    clearEnv: true,
    cwd: ROOT,
  });
}

/** Runs main.ts to its end. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  await using process = start(args, env);
  const { code } = await process.status;
  await process[Symbol.asyncDispose]();
  return { code, output: process.output() };
}

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "mcp-data-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** A Prometheus that answers when it is told to. */
function slowPrometheus() {
  let queries = 0;
  const waiting = new Map<number, () => void>();
  const gate = Promise.withResolvers<void>();
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    await request.text();
    waiting.get(++queries)?.();
    await gate.promise;
    return Response.json({ status: "success", data: { resultType: "vector", result: [] } });
  });
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    /** Resolves when so many queries have come. */
    async asked(count: number): Promise<void> {
      if (queries < count) await new Promise<void>((resolve) => waiting.set(count, resolve));
    },
    release: gate.resolve,
    async [Symbol.asyncDispose]() {
      gate.resolve();
      await listener.shutdown();
    },
  };
}

Deno.test("what is asked for on the command line is printed, with its exit code", async (t) => {
  const cases: [string[], Record<string, string>, number, RegExp][] = [
    [["--version"], {}, 0, /^1\.0\.0\n$/],
    [["--check-config"], { PORT: "8080" }, 0, /^The settings are valid\n$/],
    [["--check-config"], { PORT: "http" }, 2, /^ERROR: .*Invalid setting PORT="http": expected a whole number/],
    [["--prot"], {}, 2, /--prot.*Usage: /s],
  ];
  for (const [args, env, code, output] of cases) {
    await t.step([...args, ...Object.keys(env)].join(" "), async () => {
      const ended = await run(args, env);
      assert.equal(ended.code, code, ended.output);
      assert.match(ended.output, output);
    });
  }
});

Deno.test("a start that cannot be is refused in words that name what to change", async (t) => {
  await using folder = await temporary();
  const file = `${folder.path}/file`;
  await Deno.writeTextFile(file, "");
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cases: [string, Record<string, string>, RegExp][] = [
    [
      "bad settings, all at once",
      { PORT: "99999", DATABASE_URL: "mysql://u:hunter2@h/d" },
      /Invalid setting PORT="99999": .*\nInvalid setting DATABASE_URL: expected a URL/,
    ],
    ["a folder that cannot be made", { DATA_DIR: `${file}/data` }, new RegExp(`DATA_DIR.*"${file}/data"`)],
    [
      "a port in use",
      { DATA_DIR: folder.path, HOST: "127.0.0.1", PORT: `${taken.addr.port}` },
      new RegExp(`127\\.0\\.0\\.1:${taken.addr.port}: .*PORT`),
    ],
  ];
  for (const [name, env, words] of cases) {
    await t.step(name, async () => {
      const { code, output } = await run([], env);
      assert.equal(code, 2, output);
      assert.match(output, /^ERROR: Cannot start: /m);
      assert.match(output, words);
      assert(!output.includes("hunter2"), output);
      assert(!/ at .*\.ts:\d/.test(output), `no stack: ${output}`);
    });
  }
  taken.close();
});

Deno.test("--dev binds this machine alone, unless HOST says otherwise; without it every address is bound", async (t) => {
  await using folder = await temporary();
  const cases: [string[], Record<string, string>, string][] = [
    [["--dev"], {}, "127.0.0.1"],
    [["--dev"], { HOST: "" }, "127.0.0.1"],
    [["--dev"], { HOST: "::1" }, "[::1]"],
    [[], {}, "0.0.0.0"],
  ];
  for (const [args, env, address] of cases) {
    await t.step(`${args} ${JSON.stringify(env)}`, async () => {
      await using server = start(args, { DATA_DIR: folder.path, PORT: "0", ...env });
      await server.printed(/Listening on .*\n/);
      const [, printed] = /Listening on (\S+):\d+\n/.exec(server.output()) ?? [];
      assert.equal(printed, address);
    });
  }
});

Deno.test("a start prints the guide's lines in the guide's order", async () => {
  await using redis = await startRedis({ appendonly: true });
  await using postgres = await startPostgres();
  await using server = await startServer({ REDIS_URL: redis.url, DATABASE_URL: postgres.url });
  assert.deepEqual(server.output().trimEnd().split("\n"), [
    "INFO: MCP Server starting...",
    `INFO: Connected to Redis: 127.0.0.1:${redis.port}`,
    `INFO: Connected to Postgres: 127.0.0.1:${postgres.port}/mcpaudit`,
    "INFO: Registered 7 tools",
    "INFO: WebSocket endpoint ready: /mcp",
    "INFO: Dashboard available: /dashboard",
    `INFO: Listening on 127.0.0.1:${server.port}`,
  ]);
  const health = await (await fetch(`${server.url}/health`)).json();
  assert.deepEqual([health.status, health.components], [
    "healthy",
    { redis: "connected", postgres: "connected", websocket: "ready" },
  ]);
});

Deno.test("log lines may be JSON", async () => {
  await using server = await startServer({ LOG_FORMAT: "json" });
  const lines = server.output().trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ level, message }) => [level, message]).at(0), ["info", "MCP Server starting..."]);
  for (const { time } of lines) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} in the middle of calls: both are answered, the socket closes with 1001, exit code 0`, async () => {
    await using prometheus = slowPrometheus();
    await using server = await startServer({ PROMETHEUS_URL: prometheus.url });
    const socket = await openSocket(server.socketUrl);
    const call = socket.call("prom.query_simple", { query: "up" });
    const posted = fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"jsonrpc":"2.0","id":1,"method":"prom.query_simple","params":{"query":"up == 1"}}',
    });
    await prometheus.asked(2);
    server.signal(signal);
    await server.printed("Stopping: 2 calls in flight, 1 connections");
    // A second signal changes nothing.
    server.signal(signal);
    prometheus.release();
    assert.deepEqual((await call).result, { metric: "up", values: [] });
    assert.deepEqual((await (await posted).json()).result, { metric: "up == 1", values: [] });
    assert.equal((await socket.closed).code, 1001);
    assert.equal((await server.status).code, 0, server.output());
    assert.match(server.output(), /INFO: Stopped\n$/);
  });
}

Deno.test("a call that does not end holds a stop up to DRAIN_MS, and the exit code says so", async () => {
  await using prometheus = slowPrometheus();
  await using server = await startServer({ PROMETHEUS_URL: prometheus.url, DRAIN_MS: "3000" });
  const socket = await openSocket(server.socketUrl);
  const lost = assert.rejects(socket.call("prom.query_simple", { query: "up" }), /The socket closed with 1001/);
  await prometheus.asked(1);
  server.signal("SIGTERM");
  assert.equal((await server.status).code, 1);
  await lost;
  // What it printed may still be on its way when it has ended.
  await server.printed(/ERROR: 1 calls did not end within 2000 ms and are left behind\n/);
});

Deno.test("context and audit log outlive a restart in DATA_DIR", async () => {
  await using folder = await temporary();
  for (const round of [1, 2]) {
    await using server = await startServer({ DATA_DIR: folder.path });
    await using socket = await openSocket(server.socketUrl);
    const { result } = await socket.call("ctx.get", { key: "round" });
    assert.deepEqual(result, { key: "round", value: round === 1 ? null : 1 });
    await socket.call("ctx.set", { key: "round", value: round });
    await socket[Symbol.asyncDispose]();
    server.signal("SIGTERM");
    assert.equal((await server.status).code, 0, server.output());
  }
  using database = new DatabaseSync(`${folder.path}/mcp.db`, { readOnly: true });
  const records = database.prepare("SELECT id, method FROM audit_logs ORDER BY id").all();
  assert.deepEqual(records.map(({ id, method }) => [id, method]), [
    [1, "ctx.get"],
    [2, "ctx.set"],
    [3, "ctx.get"],
    [4, "ctx.set"],
  ]);
});

Deno.test("what Redis, Postgres, Kubernetes, traces, credentials and policies need is loaded only where it is configured", async (t) => {
  await using folder = await temporary();
  const libraries = ["ioredis", "postgres", "@kubernetes/client-node"];
  const own = [
    "server/auth/guarded_gate.ts",
    "server/trace/deno_spans.ts",
    "server/auth/token/",
    "server/auth/oidc/",
    "tools/policy/",
  ];
  const guarded = ["server/auth/guarded_gate.ts", "tools/policy/"];
  const oidc = { AUTH_MODE: "oidc", OIDC_ISSUER: "https://127.0.0.1:1", PUBLIC_URL: "https://mcp.example" };
  const cases: [Record<string, string>, string[]][] = [
    [{}, []],
    [{ AUTH_MODE: "token" }, [...guarded, "server/auth/token/"]],
    [oidc, [...guarded, "server/auth/oidc/"]],
    // Nothing listens there: what is asked is only whether the library is loaded.
    [{ REDIS_URL: "redis://127.0.0.1:1" }, ["ioredis"]],
    [{ DATABASE_URL: "postgres://u:p@127.0.0.1:1/d" }, ["postgres"]],
    [{ KUBE_API_URL: "https://127.0.0.1:1", KUBE_TOKEN: "t" }, ["@kubernetes/client-node"]],
    [{ OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }, ["server/trace/deno_spans.ts"]],
  ];
  for (const [env, expected] of cases) {
    await t.step(Object.values(env)[0] ?? "nothing", async () => {
      const settings = { HOST: "127.0.0.1", PORT: "0", DATA_DIR: folder.path, ...env };
      await using server = start([], settings, ["--inspect=127.0.0.1:0"]);
      await server.printed(/Listening on .*\n/);
      const loaded = async () => {
        const modules = await loadedModules(server.output());
        assert(modules.some((url) => url.endsWith("/main.ts")), "the inspector tells of modules");
        return [
          ...libraries.filter((library) => modules.some((url) => new RegExp(`/npm/[^/]+/${library}/`).test(url))),
          ...own.filter((path) => modules.some((url) => url.includes(`/${path}`))),
        ];
      };
      // The Kubernetes library is warmed up in the background.
      const deadline = performance.now() + 20_000;
      while ((await loaded()).length < expected.length && performance.now() < deadline);
      assert.deepEqual((await loaded()).sort(), expected.toSorted());
    });
  }
});
