import assert from "node:assert/strict";
import { IMAGE, type ServerContainer, startServerContainer, startStores } from "./image/containers.ts";
import { buildImage, docker, inspect, runToEnd } from "./services/engine.ts";
import { startHeldPrometheus } from "./services/held_prometheus.ts";
import { startKubernetesApi } from "./services/kubernetes.ts";
import { freePort } from "./services/process.ts";
import { ROOT } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

Deno.test.beforeAll(async () => {
  await buildImage(ROOT, IMAGE, ["--build-arg", "REVISION=1234abc"]);
});

Deno.test.afterAll(async () => {
  // Forced, one that was never built is no error that would hide why.
  await docker("rmi", "--force", IMAGE);
});

async function post(server: ServerContainer, message: unknown) {
  const response = await fetch(`${server.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify(message),
  });
  return await response.text();
}

Deno.test("the image holds what runs, readable to everyone and writable to nobody, and no secret", async (t) => {
  const { Config } = await inspect(IMAGE);
  await t.step("its account is a number, and not root's", () => assert.match(Config.User, /^[1-9]\d*:/));
  await t.step("its labels say what it is", () => {
    const label = (name: string) => Config.Labels[`org.opencontainers.image.${name}`];
    assert.deepEqual([label("title"), label("version"), label("revision")], ["mcp-server", "1.0.0", "1234abc"]);
  });
  await t.step("nothing else is in it", async () => {
    const { output } = await runToEnd(IMAGE, { options: ["--entrypoint", "ls"], command: ["-A", "/app"] });
    assert.deepEqual(output.split("\n"), [
      ...["dashboard", "deno.json", "deno.lock", "main.ts", "rpc", "runbooks", "scripts", "server", "start"],
      ...["storage", "tools"],
    ]);
    // Each package's folder is below that of its registry, a scope's below the scope's.
    const find = ["/deno-dir/npm", "-mindepth", "2", "-maxdepth", "3", "-type", "d", "-printf", "%P\\n"];
    const { output: folders } = await runToEnd(IMAGE, { options: ["--entrypoint", "find"], command: find });
    const packages = folders.split("\n").map((path) => path.slice(path.indexOf("/") + 1));
    assert(packages.includes("hono"), folders);
    for (const left of ["playwright-core", "fast-check", "oidc-provider", "wscat"]) {
      assert(!packages.includes(left), left);
    }
  });
  await t.step("it adds less than 80 MB to its base", async () => {
    const options = ["--entrypoint", "du"];
    const { output } = await runToEnd(IMAGE, { options, command: ["-cms", "/app", "/deno-dir"] });
    const megabytes = Number(/(\d+)\s+total/.exec(output)?.[1]);
    assert(megabytes < 80, output);
  });
  await t.step("nothing of it is writable", async () => {
    const find = ["/app", "/deno-dir", "-type", "f", "-writable"];
    const { output } = await runToEnd(IMAGE, {
      options: ["--entrypoint", "find", "--user", "4242"],
      command: [...find, "-o", "!", "-readable"],
    });
    assert.doesNotMatch(output, /^\//m);
  });
  await t.step("its rights are narrow", async () => {
    const options = { options: ["--entrypoint", "cat"], command: ["/app/start"] };
    const { output } = await runToEnd(IMAGE, options);
    const flags = /exec deno run ([^]*)\/app\/main\.ts/.exec(output)?.[1]?.match(/--\S+/g) ?? [];
    assert.deepEqual(flags.map((flag) => flag.split("=")[0]), [
      ...["--cached-only", "--frozen", "--no-prompt", "--allow-net", "--allow-env", "--ignore-env", "--allow-read"],
      ...["--allow-write", "--allow-sys"],
    ]);
    for (const right of ["env", "read", "write", "sys"]) assert(flags.some((f) => f.startsWith(`--allow-${right}=`)));
  });
  await t.step("its history tells no secret", async () => {
    const history = await docker("history", "--no-trunc", "--format={{.CreatedBy}}", IMAGE);
    assert.doesNotMatch(`${history} ${Config.Env}`, /(PASSWORD|SECRET|TOKEN|_KEY|DATABASE_URL|REDIS_URL)=/i);
  });
});

Deno.test("beside Redis and Postgres it is healthy, and serves what only some calls load", async (t) => {
  await using stores = await startStores();
  await using kubernetes = await startKubernetesApi();
  const folder = await Deno.makeTempDir({ prefix: "mcp-secrets-" });
  await Deno.chmod(folder, 0o755);
  await Deno.writeTextFile(`${folder}/database-url`, stores.env.DATABASE_URL);
  await using server = await startServerContainer({
    env: {
      REDIS_URL: stores.env.REDIS_URL,
      DATABASE_URL_FILE: "/run/secrets/database-url",
      KUBE_API_URL: kubernetes.url,
      KUBE_TOKEN: kubernetes.token,
      KUBE_CA: kubernetes.certificates.authority,
      PROMETHEUS_URL: "http://127.0.0.1:1",
    },
    options: ["--user", "1993", "--volume", `${folder}:/run/secrets:ro`],
  });
  await t.step("health", async () => {
    const { status, components } = await server.health("connected");
    assert.deepEqual([status, components], [
      "healthy",
      { redis: "connected", postgres: "connected", websocket: "ready" },
    ]);
  });
  await t.step("the root is read-only, and the account 1993", async () => {
    assert.notEqual((await server.exec(["touch", "/app/file"])).code, 0);
    assert.equal((await server.exec(["id", "-u"])).output, "1993");
  });
  await t.step("calls of the house over WebSocket", async () => {
    await using socket = await openSocket(server.socketUrl);
    const set = await socket.call("ctx.set", { key: "version", value: "1.0.0" });
    assert.deepEqual(set.result ?? set.error, { success: true, key: "version", value: "1.0.0" });
    const { result: { pods } } = await socket.call("k8s.list_pods", { namespace: "mcp-lab" });
    assert(pods.length > 0);
    const logs = await socket.call("logs.search", { namespace: "mcp-lab", query: "/[a-z]/" });
    assert(logs.result.logs.length > 0);
    const runbook = await socket.call("runbook.preview", { runbook_id: "redis-unavailable" });
    assert(runbook.result.steps.length > 0);
    assert.equal((await socket.call("prom.query_simple", { query: "up{" })).error.code, -32602);
    assert.equal((await socket.call("prom.query_simple", { query: "up" })).error.code, -32004);
  });
  await t.step("the official protocol over HTTP", async () => {
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    assert.match(await post(server, { jsonrpc: "2.0", id: 1, method: "initialize", params }), /"protocolVersion"/);
  });
  await t.step("the page, the metrics, a migrated audit log", async () => {
    for (const path of ["/dashboard", "/metrics"]) assert.equal((await server.get(path)).status, 200, path);
    assert.doesNotMatch(await server.output(), /ERROR|NotCapable/);
  });
  await t.step("the programs beside the server", async () => {
    const created = await server.exec([
      "deno",
      "task",
      "--quiet",
      "token",
      "create",
      "--name",
      "alice",
      "--role",
      "viewer",
    ]);
    assert.match(created.output, /^mcp_\S+$/m);
    assert.match((await server.exec(["deno", "task", "audit", "verify"])).output, /chain/i);
  });
  await t.step("the health check of the image", async () => {
    assert.equal((await server.exec(await healthcheck())).code, 0);
  });
  await Deno.remove(folder, { recursive: true });
});

/** The command of the image's HEALTHCHECK. */
async function healthcheck(): Promise<readonly string[]> {
  const [kind, ...command] = (await inspect(IMAGE)).Config.Healthcheck.Test;
  assert.equal(kind, "CMD");
  return command;
}

Deno.test("the health check fails where health does, and where nothing answers", async (t) => {
  const [entrypoint = "", ...command] = await healthcheck();
  let status = 200;
  const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  await using listener = Deno.serve(listen, () => new Response("{}\n", { status }));
  const cases = [[listener.addr.port, 200, 0], [listener.addr.port, 503, 1], [listener.addr.port, 500, 1], [
    await freePort(),
    0,
    1,
  ]] as const;
  for (const [port, answered, code] of cases) {
    await t.step(`${answered}`, async () => {
      status = answered;
      const options = ["--read-only", "--entrypoint", entrypoint];
      const ended = await runToEnd(IMAGE, { env: { PORT: `${port}` }, options, command });
      assert.equal(ended.code, code, ended.output);
    });
  }
});

Deno.test("an account that the image does not know runs it, with embedded stores in /data and its compiled code", async () => {
  await using server = await startServerContainer({ env: { DENO_LOG: "debug" }, options: ["--user", "4242"] });
  assert.deepEqual((await server.health("embedded")).components.postgres, "embedded");
  assert.equal((await server.exec(["id", "-u"])).output, "4242");
  const hits = (await server.output()).match(/V8 code cache hit for ES module/g) ?? [];
  assert(hits.length > 100, `${hits.length} modules were compiled in the image`);
});

Deno.test("a file of no use to the server cannot be read", async () => {
  const { code, output } = await runToEnd(IMAGE, {
    env: { POLICY_FILE: "/etc/passwd" },
    options: ["--read-only"],
    command: ["--check-config"],
  });
  assert.equal(code, 2);
  assert.match(output, /read access to "\/etc\/passwd"/);
});

Deno.test("docker stop in the middle of a call: it is answered, and the exit code is 0", async () => {
  await using prometheus = startHeldPrometheus();
  await using server = await startServerContainer({ env: { PROMETHEUS_URL: prometheus.url } });
  await server.health("embedded");
  const socket = await openSocket(server.socketUrl);
  const call = socket.call("prom.query_simple", { query: "up" });
  const query = await prometheus.next();
  const stopped = server.stop();
  await server.printed("Stopping: 1 calls in flight");
  query.answer();
  assert.deepEqual((await call).result, { metric: "up", values: [{ labels: {}, value: 1 }] });
  assert.equal((await socket.closed).code, 1001);
  assert.equal(await stopped, 0);
});
