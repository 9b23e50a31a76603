import assert from "node:assert/strict";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioTransportV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import deno from "../../deno.json" with { type: "json" };
import { startHeldPrometheus } from "../services/held_prometheus.ts";
import { bareEnvironment, ROOT } from "../services/server.ts";

/** The task's own command, without the shell of `deno task`: so that a signal reaches the server itself. */
const [, ...ARGS] = deno.tasks.stdio.command.split(" ");
const INFO = { name: "tests", version: "2.1.0" };

async function inFolder(run: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "mcp-data-" });
  try {
    await run({ ...bareEnvironment(), DATA_DIR: dataDir });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Runs the server with an input that ends. */
async function pipe(env: Record<string, string>, input: string) {
  const options = { args: [...ARGS], cwd: ROOT, env, clearEnv: true };
  const child = new Deno.Command(Deno.execPath(), { ...options, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const lines = new TextDecoder().decode(stdout).split("\n");
  assert.equal(lines.pop(), "", "every line is ended");
  return { code, replies: lines.map((line) => JSON.parse(line)), log: new TextDecoder().decode(stderr) };
}

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: INFO },
};
const call = (id: number, name: string, args: unknown) => ({
  ...{ jsonrpc: "2.0", id, method: "tools/call" },
  params: { name, arguments: args },
});

Deno.test("deno task stdio offers the clusters that KUBE_CONTEXTS names", async () => {
  await inFolder(async (env) => {
    const path = `${env["DATA_DIR"]}/config`;
    const contexts = ["lab", "prod"].map((name) => ({ name, context: { cluster: "c", user: "u" } }));
    await Deno.writeTextFile(path, JSON.stringify({ "current-context": "prod", contexts }));
    const input = [initialize, { jsonrpc: "2.0", method: "notifications/initialized" }, {
      ...{ jsonrpc: "2.0", id: 1, method: "tools/list" },
    }].map((message) => JSON.stringify(message)).join("\n");
    const { replies, log } = await pipe({ ...env, KUBECONFIG: path, KUBE_CONTEXTS: "all" }, input);
    const { tools } = replies.find(({ id }) => id === 1)?.result ?? assert.fail(log);
    const pods = tools.find(({ name }: { readonly name: string }) => name === "k8s_list_pods");
    assert.deepEqual([pods.inputSchema.properties.cluster.enum, pods.inputSchema.properties.cluster.default], [
      ["lab", "prod"],
      "prod",
    ]);
  });
});

Deno.test("deno task stdio answers all that was asked before its input ended, and ends in order", async () => {
  await inFolder(async (env) => {
    const messages = [
      initialize,
      { jsonrpc: "2.0", method: "notifications/initialized" },
      call(1, "ctx_set", { key: "stdio", value: "1" }),
      call(2, "prom_query_simple", { query: "up" }),
    ];
    const input = messages.map((message) => JSON.stringify(message)).join("\r\n");
    const { code, replies, log } = await pipe(env, input);
    assert.equal(code, 0, log);
    assert.deepEqual(new Set(replies.map(({ id }) => id)), new Set([0, 1, 2]));
    const [set, query] = [1, 2].map((wanted) => replies.find(({ id }) => id === wanted).result);
    assert.deepEqual(set.structuredContent, { success: true, key: "stdio", value: "1" });
    assert.equal(query._meta["mcp-ops/error"].kind, "unavailable");
    assert.match(log, /Serving 7 tools over standard input and output[^]*Stopped/);
  });
});

Deno.test("deno task stdio refuses lines that are no message, and goes on", async () => {
  await inFolder(async (env) => {
    const long = JSON.stringify(call(5, "ctx_set", { key: "k", value: "x".repeat(3000) }));
    const input = ["{", "[]", "", long, JSON.stringify({ jsonrpc: "2.0", id: 9, method: "ping" })].join("\n");
    const { code, replies } = await pipe({ ...env, MESSAGE_BYTES_MAX: "2048", LOG_LEVEL: "debug" }, input);
    assert.equal(code, 0);
    // What is no message of any size is refused before the protocol is loaded.
    const answers = replies.map(({ id, error }) => `${id} ${error?.code}`);
    assert.deepEqual(answers.sort(), ["9 undefined", "undefined -32600", "undefined -32600", "undefined -32700"]);
  });
});

Deno.test("deno task stdio says on standard error why it cannot start", async (t) => {
  for (const settings of [{ PORT: "many" }, { AUTH_MODE: "token" }, { KUBE_CONTEXTS: "all" }]) {
    await t.step(JSON.stringify(settings), async () => {
      await inFolder(async (env) => {
        const { code, replies, log } = await pipe({ ...env, ...settings }, "");
        assert.deepEqual([code, replies], [2, []]);
        assert.match(log, new RegExp(`ERROR: Cannot start: .*${Object.keys(settings)[0]}`));
      });
    });
  }
});

/** The SDKs' transports leave timers behind, with which they wait for the server's end: they are not counted. */
function testWithSdk(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

testWithSdk("SDK v2 works with deno task stdio in both eras, and cancels", async (t) => {
  for (const era of ["legacy", "auto"] as const) {
    await t.step(era, async () => {
      await inFolder(async (env) => {
        await using prometheus = startHeldPrometheus();
        const client = new Client(INFO, era === "auto" ? { versionNegotiation: { mode: "auto" } } : {});
        await client.connect(
          new StdioClientTransport({
            command: Deno.execPath(),
            args: [...ARGS],
            env: { ...env, PROMETHEUS_URL: prometheus.url },
            cwd: ROOT,
            stderr: "ignore",
          }),
        );
        assert.deepEqual((await client.listTools()).tools.map(({ name }) => name)[0], "ctx_get");
        const stop = new AbortController();
        const calling = client.callTool({ name: "prom_query_simple", arguments: { query: "up" } }, {
          signal: stop.signal,
        });
        const query = await prometheus.next();
        stop.abort();
        await assert.rejects(calling);
        await query.dropped;
        await client.close();
      });
    });
  }
});

testWithSdk("SDK v1 works with deno task stdio, whose calls are on record as such", async () => {
  await inFolder(async (env) => {
    const client = new ClientV1(INFO);
    const transport = new StdioTransportV1({
      command: Deno.execPath(),
      args: [...ARGS],
      env,
      cwd: ROOT,
      stderr: "ignore",
    });
    // The SDK's own transports do not fit its own interface under exactOptionalPropertyTypes.
    await client.connect(transport as unknown as Parameters<typeof client.connect>[0]);
    const { structuredContent } = await client.callTool({
      name: "ctx_set",
      arguments: { key: "stdio", value: "v1" },
    });
    assert.deepEqual(structuredContent, { success: true, key: "stdio", value: "v1" });
    await client.close();
    const { DatabaseSync } = await import("node:sqlite");
    using database = new DatabaseSync(`${env["DATA_DIR"]}/mcp.db`, { readOnly: true });
    const row = database.prepare(
      "SELECT method, tool_name, dialect, transport, client_name, principal FROM audit_logs",
    ).get();
    assert.deepEqual({ ...row }, {
      method: "tools/call",
      tool_name: "ctx.set",
      dialect: "mcp-2025-11-25",
      transport: "stdio",
      client_name: "tests",
      principal: "default",
    });
  });
});
