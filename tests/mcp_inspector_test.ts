import assert from "node:assert/strict";
import { type Fleet, startFleet } from "./mcp_sessions/fleet.ts";
import { testBeside } from "./services/beside.ts";
import { type Ended, runDeno } from "./services/deno_run.ts";

/*
 * The Inspector's command line against three replicas behind a proxy that sticks to none, in both eras.
 *
 * It runs one method and ends: it lists, calls and reads. It has no way to subscribe, complete, ping, or resume a
 * stream; what it says of that is tested below, so that a version which learns it is noticed. What it can do of
 * cancelling is to be stopped: in the latest era its call is cancelled then.
 */

let fleet: Fleet;
let home: string;

Deno.test.beforeAll(async () => {
  home = await Deno.makeTempDir({ prefix: "mcp-inspector-" });
  fleet = await startFleet();
});

Deno.test.afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await Deno.remove(home, { recursive: true });
});

/** As README's `npx` would start it; Deno runs it too, and keeps it in its cache. */
const INSPECTOR = ["run", "--no-config", "--no-lock", "-A", "--quiet", "npm:@modelcontextprotocol/inspector@2.12.0"];

const ERAS = [["legacy", "2025-11-25"], ["modern", "2026-07-28"]] as const;
type Era = typeof ERAS[number][0];

function run(era: Era, args: readonly string[], signal?: AbortSignal): Promise<Ended> {
  const line = [...INSPECTOR, "--cli", `${fleet.proxy.url}/mcp`, "--protocol-era", era, "--method", ...args];
  return runDeno(line, home, "", signal);
}

/** What it prints of a method that it supports. */
async function ask(era: Era, ...args: string[]) {
  const { code, stdout, stderr } = await run(era, args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const namesIn = (entries: readonly { readonly name: string }[]) => entries.map(({ name }) => name);

for (const [era, version] of ERAS) {
  testBeside(`the Inspector's command line lists, calls and reads in the era of ${version}`, async (t) => {
    await t.step("initialize", async () => {
      const { protocolVersion, serverInfo } = await ask(era, "initialize");
      assert.deepEqual([protocolVersion, serverInfo.title], [version, "MCP operations server"]);
    });
    await t.step("tools/list, where no schema is an obstacle to any model", async () => {
      const { tools } = await ask(era, "tools/list", "--strict");
      assert.deepEqual(
        namesIn(tools),
        ["ctx_get", "ctx_set", "k8s_list_pods", "prom_query_simple", "logs_search", "runbook_preview"],
      );
    });
    await t.step("tools/call", async () => {
      const value = `inspector in ${era}`;
      await ask(era, "tools/call", "--tool-name", "ctx_set", "--tool-arg", `key=inspector:${era}`, `value=${value}`);
      const get = ["tools/call", "--tool-name", "ctx_get", "--tool-args-json", `{"key":"inspector:${era}"}`];
      const { structuredContent } = await ask(era, ...get);
      assert.deepEqual(structuredContent, { key: `inspector:${era}`, value });
    });
    await t.step("tools/call of a tool that fails", async () => {
      const args = ["tools/call", "--tool-name", "k8s_list_pods", "--tool-arg", "namespace=shop"];
      const { code, stdout, stderr } = await run(era, args);
      assert.deepEqual([code, JSON.parse(stdout).isError], [5, true]);
      assert.match(stdout, /KUBECONFIG/);
      assert.match(stderr, /tool_is_error/);
    });
    await t.step("resources/list and resources/templates/list", async () => {
      const { resources } = await ask(era, "resources/list");
      assert(resources.some(({ uri }: { readonly uri: string }) => uri === "runbook://pod-crash-looping"));
      const { resourceTemplates } = await ask(era, "resources/templates/list");
      assert.deepEqual(namesIn(resourceTemplates), ["context", "runbook", "pods"]);
    });
    await t.step("resources/read", async () => {
      const { contents: [content] } = await ask(era, "resources/read", "--uri", "runbook://pod-crash-looping");
      assert.match(content.text, /CrashLoopBackOff/);
      const { code, stderr } = await run(era, ["resources/read", "--uri", "ctx://none"]);
      assert.equal(code, 1);
      assert.match(stderr, /Cannot find context/);
    });
    await t.step("prompts/list and prompts/get", async () => {
      const { prompts } = await ask(era, "prompts/list");
      assert(namesIn(prompts).includes("summarize-namespace"));
      const get = ["prompts/get", "--prompt-name", "summarize-namespace", "--prompt-args", "namespace=shop"];
      const { messages: [message] } = await ask(era, ...get);
      assert.match(message.content.text, /"shop"/);
    });
  });
}

testBeside("what the Inspector's command line says of the methods that it has no way to", async () => {
  for (const method of ["resources/subscribe", "subscriptions/listen", "completion/complete", "ping"]) {
    const { code, stderr } = await run("modern", [method]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`Unsupported method: ${method}`));
  }
});

testBeside("the Inspector's command line sets the level of the log, in the era that has it", async () => {
  assert.deepEqual(await ask("legacy", "logging/setLevel", "--log-level", "warning"), {});
  const { code, stderr } = await run("modern", ["logging/setLevel", "--log-level", "warning"]);
  assert.equal(code, 1);
  assert.match(stderr, /not supported by the negotiated protocol version/);
});

testBeside("the Inspector's command line that is stopped in the latest era cancels its call", async () => {
  const stop = new AbortController();
  const call = ["tools/call", "--tool-name", "prom_query_simple", "--tool-arg", "query=inspector_stopped"];
  const running = run("modern", call, stop.signal);
  const query = await fleet.prometheus.next();
  stop.abort();
  await query.dropped;
  await running;
});
