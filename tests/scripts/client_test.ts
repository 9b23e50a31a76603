import assert from "node:assert/strict";
import { readArguments } from "../../scripts/client/arguments.ts";
import { createChecks, runCheck } from "../../scripts/client/checks.ts";
import { testBeside } from "../services/beside.ts";
import { ConnectionError } from "../../scripts/client/connection.ts";
import { UsageError } from "../../scripts/client/usage_error.ts";
import { startGuarded } from "../dashboard/guarded.ts";
import { freePort } from "../services/process.ts";
import { bareEnvironment, ROOT, type ServerService, startServer } from "../services/server.ts";

let server: ServerService;

Deno.test.beforeAll(async () => {
  server = await startServer();
});

Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Runs the client as its task does. */
async function client(args: string[], url = server.socketUrl, environment: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net", "--allow-env", "--allow-read", "scripts/client.ts", ...args],
    cwd: ROOT,
    env: { ...bareEnvironment(), MCP_URL: url, ...environment },
    clearEnv: true,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

testBeside("the first test prints what the guide prints", async () => {
  const { code, stdout } = await client(["--test", "tools"]);
  const lines = stdout.split("\n");
  assert.deepEqual(lines.slice(0, 6), [
    "🔌 Connecting to MCP Server...",
    `✓ Connected to ${server.socketUrl}`,
    "",
    "📋 Test 1: List All Tools",
    'Request: {"jsonrpc": "2.0", "id": 1, "method": "mcp.tools.list"}',
    "Response:",
  ]);
  assert.deepEqual(lines.slice(-4), ["✓ Test 1 PASSED", "", "All tests completed successfully! ✅", ""]);
  assert.equal(code, 0);
});

testBeside("without a cluster and Prometheus the guide's run fails, says what to set, and goes on", async () => {
  const { code, stdout } = await client([]);
  assert.equal(code, 1);
  assert.match(stdout, /✓ Test 1 PASSED/);
  assert.match(stdout, /✗ Test 2 FAILED: .*KUBECONFIG/);
  assert.match(stdout, /✗ Test 3 FAILED: .*PROMETHEUS_URL/);
  assert.match(stdout, /Some tests failed/);
});

testBeside("context is set and read, by the test and by calls", async () => {
  assert.equal((await client(["--test", "ctx"])).code, 0);
  const set = await client(["call", "ctx.set", "key=shift", 'value={"on":["alice"],"until":17}']);
  assert.deepEqual(JSON.parse(set.stdout), { success: true, key: "shift", value: { on: ["alice"], until: 17 } });
  const get = await client(["call", "ctx.get", "--json", '{"key":"shift"}']);
  assert.deepEqual(JSON.parse(get.stdout).value, { on: ["alice"], until: 17 });
  assert.equal(JSON.parse((await client(["list"])).stdout).tools.length, 7);
});

testBeside("a refused call says kind, code, message and hint on standard error", async () => {
  const { code, stdout, stderr } = await client(["call", "ctx.gett", "key=a"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^unknown_tool \(-32602\): .*ctx\.gett.*\nHint: .*ctx\.get/);
});

testBeside("a server that is not there is named, with what to do", async () => {
  const url = `ws://127.0.0.1:${await freePort()}/mcp`;
  const { code, stderr } = await client(["list"], url);
  assert.equal(code, 1);
  assert(stderr.includes(`Cannot reach ${url}`) && stderr.includes("deno task dev"), stderr);
});

testBeside("a path without a server says so, and does not ask whether it runs", async () => {
  const { code, stderr } = await client(["list"], `${server.socketUrl}x`);
  assert.equal(code, 1);
  assert.match(stderr, /Something answers there/);
});

testBeside("a server that asks who calls is told by a token, from an option, the environment or a file", async () => {
  await using guarded = await startGuarded();
  const { olga } = guarded.keys;
  const url = guarded.url.replace("http", "ws") + "/mcp";
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, `${olga}\n`);
    const given: readonly (readonly [string[], Record<string, string>])[] = [
      [["--token", olga], {}],
      [["--token", olga], { MCP_TOKEN: "another" }],
      [[], { MCP_TOKEN: olga }],
      [[], { MCP_TOKEN_FILE: file }],
    ];
    for (const [args, environment] of given) {
      const { code, stdout, stderr } = await client(["list", ...args], url, environment);
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).tools.length, 7);
    }
  } finally {
    await Deno.remove(file);
  }
  const refusals: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{}, /401\. The server asks who calls: give an API key .* in MCP_TOKEN,/],
    [{ MCP_TOKEN: `${olga.slice(0, -5)}AAAAA` }, /401\. The server refuses this token: /],
  ];
  for (const [environment, words] of refusals) {
    const { code, stderr } = await client(["list"], url, environment);
    assert.equal(code, 1);
    assert.match(stderr, words);
    assert(!stderr.includes(olga.slice(-40, -5)));
  }
});

Deno.test("a token that cannot be sent is wrong usage, and is not repeated", () => {
  const noFile = (path: string): string => {
    throw new Error(`No such file ${path}`);
  };
  const read = (environment: Record<string, string>, args: string[] = [], readFile = noFile) =>
    readArguments(["list", ...args], environment, readFile);
  assert.equal(read({ MCP_TOKEN: "" }).token, undefined);
  assert.equal(read({ MCP_TOKEN_FILE: "/a" }, [], () => " abc\n").token, "abc");
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => read({ MCP_TOKEN: "sesame", MCP_TOKEN_FILE: "/a" }), /^Expected one of MCP_TOKEN and MCP_TOKEN_FILE/],
    [() => read({ MCP_TOKEN: "open sesame" }), /^Expected MCP_TOKEN to be an API key/],
    [() => read({}, ["--token", "sésame"]), /^Expected --token to be an API key/],
    [() => read({}, ["--token", ""]), /^Expected --token to be an API key/],
    [() => read({ MCP_TOKEN_FILE: "/a" }), /^Cannot read MCP_TOKEN_FILE "\/a": No such file/],
    [() => read({ MCP_TOKEN_FILE: "/a" }, [], () => "sesame\nopen"), /^Expected MCP_TOKEN_FILE to be an API key/],
  ];
  for (const [work, words] of wrong) {
    assert.throws(work, (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /s[eé]same/);
      return true;
    });
  }
  assert.equal(read({ MCP_TOKEN: "open sesame" }, ["--help"]).kind, "help");
});

testBeside("wrong usage is said in words and ends with 2", async () => {
  const { code, stderr } = await client(["--test", "nope"]);
  assert.equal(code, 2);
  assert.match(stderr, /Expected --test to be one of tools, k8s, prom, ctx, but got "nope"/);
  assert.equal((await client(["--help"])).code, 0);
});

Deno.test("the command line is read, and what makes no sense is refused", () => {
  const common = { url: "ws://localhost:9000/mcp", timeoutMs: 35_000, token: undefined };
  const read = (args: string[], environment = {}) => readArguments(args, environment, Deno.readTextFileSync);
  assert.deepEqual(read([]), { ...common, kind: "check", names: ["tools", "k8s", "prom"] });
  assert.deepEqual(read(["call", "t", "a=1", "b=x=y", "c=", "d=null", "e=01"]), {
    ...common,
    kind: "call",
    tool: "t",
    args: { a: 1, b: "x=y", c: "", d: null, e: "01" },
  });
  assert.equal(read(["list", "--url", "wss://h/mcp"], { MCP_URL: "ws://other" }).url, "wss://h/mcp");
  for (
    const wrong of [
      ["--url", "http://localhost"],
      ["--url", "nowhere"],
      ["--timeout", "0"],
      ["--timeout", "many"],
      ["--nope"],
      ["call"],
      ["call", "t", "novalue"],
      ["call", "t", "=1"],
      ["call", "t", "--json", "[1]"],
      ["call", "t", "--json", "{"],
      ["call", "t", "a=1", "--json", "{}"],
      ["list", "--json", "{}"],
      ["--json", "{}"],
      ["list", "more"],
      ["list", "--test", "k8s"],
      ["frobnicate"],
    ]
  ) assert.throws(() => read(wrong), UsageError, wrong.join(" "));
});

testBeside("a check fails on an error, on an empty list and on a wrong value", async () => {
  const replies = [
    { error: { code: -32004, message: "No cluster", data: { hint: "Set KUBECONFIG" } } },
    { result: { pods: [] } },
    { result: {} },
    { result: null },
    new ConnectionError("No reply in time"),
  ];
  for (const reply of replies) {
    const lines: string[] = [];
    const check = createChecks("")["k8s"] ?? assert.fail();
    const request = () =>
      reply instanceof Error ? Promise.reject(reply) : Promise.resolve({ jsonrpc: "2.0" as const, id: 2, ...reply });
    assert.equal(await runCheck(check, { request }, (line) => lines.push(line)), false);
    assert.match(lines.at(-1) ?? "", /^✗ Test 2 FAILED: /);
  }
});
