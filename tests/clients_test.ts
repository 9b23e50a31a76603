import assert from "node:assert/strict";
import { testBeside } from "./services/beside.ts";
import { findBinary } from "./services/process.ts";
import { ROOT, type ServerService, startServer } from "./services/server.ts";

// Programs that nobody here wrote talk to the server. (A browser does in tests/dashboard.)

const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"mcp.tools.list"}';
const TOOLS = [
  "mcp.tools.list",
  "ctx.get",
  "ctx.set",
  "k8s.list_pods",
  "prom.query_simple",
  "logs.search",
  "runbook.preview",
];

let server: ServerService;

Deno.test.beforeAll(async () => {
  server = await startServer();
});

Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Runs a program to its end. @returns what it printed. @throws when it fails or takes over 30 s. */
async function run(command: string, args: string[]): Promise<string> {
  // wscat ends when its input does: it stays open until the program has ended.
  const options = { args, cwd: ROOT, stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(command, options).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const { success, stdout, stderr } = await child.output();
  clearTimeout(timer);
  await child.stdin.close();
  const printed = new TextDecoder().decode(stdout);
  assert(success, `${command} failed: ${printed}${new TextDecoder().decode(stderr)}`);
  return printed;
}

testBeside("the guide's Python program with websockets lists the seven tools", async () => {
  const python = findBinary("python3", ["/usr/bin/python3"]);
  const program = `
import asyncio
import websockets
import json

async def test():
    uri = '${server.socketUrl}'
    async with websockets.connect(uri) as ws:
        await ws.send(json.dumps({
            'jsonrpc': '2.0',
            'id': 1,
            'method': 'mcp.tools.list'
        }))
        response = await ws.recv()
        data = json.loads(response)
        tools = data['result']['tools']
        print(f'Registered tools: {len(tools)}')
        for tool in tools:
            print(f'  - {tool["name"]}')

asyncio.run(test())
`;
  const printed = await run(python, ["-c", program]);
  assert.equal(printed, ["Registered tools: 7", ...TOOLS.map((name) => `  - ${name}`), ""].join("\n"));
});

testBeside("wscat lists the seven tools", async () => {
  const printed = await run(Deno.execPath(), [
    "run",
    "-A",
    "npm:wscat@6.1.0",
    "-c",
    server.socketUrl,
    "-x",
    REQUEST,
    "-w",
    "1",
  ]);
  for (const name of TOOLS) assert(printed.includes(`"name":"${name}"`), printed);
});

testBeside("curl lists the seven tools", async () => {
  const curl = findBinary("curl", ["/usr/bin/curl"]);
  const printed = await run(curl, [
    "-s",
    "--data",
    REQUEST,
    "-H",
    "content-type: application/json",
    `${server.url}/mcp`,
  ]);
  assert.deepEqual(JSON.parse(printed).result.tools.map(({ name }: { name: string }) => name), TOOLS);
});
