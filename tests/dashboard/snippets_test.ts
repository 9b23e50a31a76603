import assert from "node:assert/strict";
import { toCurl, toPython, toTypeScript } from "../../dashboard/client/try/snippets.ts";
import { startServer } from "../services/server.ts";
import { startGuarded } from "./guarded.ts";

/** What has a meaning to a shell, to Python or to JavaScript, and what none of them may change. */
const VALUE = `it's "quoted" $HOME \`id\` \${1} \\n %s é \u{1f600} \u2028 </script> !! #`;

const COPIES = [
  { name: "curl", print: toCurl, run: ["sh", "-c"] },
  { name: "Python", print: toPython, run: ["python3", "-c"] },
  { name: "TypeScript", print: toTypeScript, run: ["deno", "eval"] },
] as const;

async function runIt([command, ...args]: readonly [string, string], text: string, token: string): Promise<unknown> {
  const { stdout, stderr, success } = await new Deno.Command(command, {
    args: [...args, text],
    env: { MCP_TOKEN: token, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

Deno.test("a request copied as curl, Python or TypeScript does as it says", async (t) => {
  await using server = await startServer();
  for (const { name, print, run } of COPIES) {
    await t.step(name, async () => {
      const message = { jsonrpc: "2.0", id: name, method: "ctx.set", params: { key: "copied", value: VALUE } };
      const options = { request: JSON.stringify(message, null, 2), url: `${server.url}/mcp`, asks: false };
      assert.deepEqual(await runIt(run, print(options), ""), {
        jsonrpc: "2.0",
        id: name,
        result: { success: true, key: "copied", value: VALUE },
      });
    });
  }
});

Deno.test("where the server asks who calls, a copy takes the credential from MCP_TOKEN", async (t) => {
  await using server = await startGuarded();
  const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" });
  for (const { name, print, run } of COPIES) {
    await t.step(name, async () => {
      const text = print({ request, url: `${server.url}/mcp`, asks: true });
      const reply = await runIt(run, text, server.keys.olga) as { readonly result: { readonly tools: unknown[] } };
      assert.equal(reply.result.tools.length, 7);
    });
  }
});
