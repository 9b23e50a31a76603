import assert from "node:assert/strict";
import { z } from "zod";
import deno from "../deno.json" with { type: "json" };
import registryEntry from "../server.json" with { type: "json" };
import { readSettings } from "../server/settings.ts";
import { VERSION } from "../server/version.ts";
import { runDeno } from "./services/deno_run.ts";
import { ROOT } from "./services/server.ts";

// What the README and server.json tell clients.

const DEFAULT_URL = `http://localhost:${readSettings({}, () => "").PORT}/mcp`;

/** The part of the public registry's schema (2025-12-11) that a server with remotes alone has. */
const input = z.strictObject({
  description: z.string(),
  isRequired: z.boolean(),
  isSecret: z.boolean().optional(),
  placeholder: z.string(),
});
const registrySchema = z.strictObject({
  $schema: z.literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
  name: z.string().min(3).max(200).regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: z.string().max(255),
  remotes: z.tuple([z.strictObject({
    type: z.literal("streamable-http"),
    url: z.string().regex(/^https?:\/\/[^\s]+$/),
    variables: z.record(z.string(), input),
    headers: z.array(input.extend({ name: z.string() })),
  })]),
});

Deno.test("server.json is of the registry's form, of this version, and names a header that is secret", () => {
  const { version, remotes: [remote] } = registrySchema.parse(registryEntry);
  assert.equal(version, VERSION);
  const variables = Array.from(remote.url.matchAll(/\{(\w+)\}/g), ([, name]) => name);
  assert.deepEqual(variables, Object.keys(remote.variables));
  assert.deepEqual(remote.headers.map(({ name, isSecret }) => [name, isSecret]), [["Authorization", true]]);
});

const readme = await Deno.readTextFile(`${ROOT}README.md`);
const [, section = ""] = /\n## Connect a client\n([^]*?)\n## /.exec(readme) ?? [];

/** The fenced blocks of a client. */
function blocks(client: string, language: string): readonly string[] {
  const [, part = ""] = new RegExp(`\\n### ${client}\\n([^]*?)(?=\\n### |$)`).exec(section) ?? [];
  return Array.from(part.matchAll(/```(\w+)\n([^]*?)```/g)).filter(([, name]) => name === language)
    .map(([, , text = ""]) => text);
}

const entrySchema = z.strictObject({
  type: z.literal("http").optional(),
  url: z.literal(DEFAULT_URL).optional(),
  headers: z.strictObject({ Authorization: z.string().startsWith("Bearer ") }).optional(),
  command: z.enum(["deno", "npx"]).optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const configSchema = z.strictObject({
  inputs: z.array(z.unknown()).optional(),
  servers: z.strictObject({ operations: entrySchema }).optional(),
  mcpServers: z.strictObject({ operations: entrySchema }).optional(),
});

for (const [client, root] of [["Claude Desktop", "mcpServers"], ["VS Code", "servers"], ["Cursor", "mcpServers"]]) {
  Deno.test(`README's configuration of ${client} is JSON of its form, twice`, () => {
    const configs = blocks(client ?? "", "json").map((text) => configSchema.parse(JSON.parse(text)));
    assert.equal(configs.length, 2);
    for (const config of configs) assert.deepEqual(Object.keys(config).filter((name) => name !== "inputs"), [root]);
    const isKeyed = configs.map((config) => /Authorization/.test(JSON.stringify(config)));
    assert.deepEqual(isKeyed, [false, true]);
  });
}

for (const client of ["Claude Code", "The Inspector"]) {
  Deno.test(`README's commands of ${client} name the server, without and with a key`, () => {
    const lines = blocks(client, "bash").flatMap((text) => text.trim().split("\n"));
    assert.deepEqual(lines.map((line) => line.includes(DEFAULT_URL)), [true, true]);
    assert.deepEqual(lines.map((line) => line.includes("Authorization: Bearer $MCP_KEY")), [false, true]);
  });
}

Deno.test("README's process for Claude Desktop starts from anywhere, and prints the protocol alone", async () => {
  const [text = "{}"] = blocks("Claude Desktop", "json");
  const { args = [] } = configSchema.parse(JSON.parse(text)).mcpServers?.operations ?? {};
  assert(Object.hasOwn(deno.tasks, args.at(-1) ?? ""));
  const away = await Deno.makeTempDir({ prefix: "mcp-away-" });
  try {
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n';
    const here = args.map((arg) => arg === "/path/to/your/clone" ? ROOT : arg);
    const { code, stdout, stderr } = await runDeno(here, away, ping);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { jsonrpc: "2.0", id: 1, result: {} });
  } finally {
    await Deno.remove(away, { recursive: true });
  }
});
