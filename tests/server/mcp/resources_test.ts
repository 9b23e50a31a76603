import assert from "node:assert/strict";
import { Client, ProtocolError, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type ServerService, startServer } from "../../services/server.ts";
import { testWithClient } from "./with_client.ts";

const RUNBOOK = "# Fix it\n\nSomething is wrong.\n\n1. Look\n";

let server: ServerService;
let folder: string;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "mcp-runbooks-" });
  await Deno.writeTextFile(`${folder}/fix-it.md`, RUNBOOK);
  await Deno.writeTextFile(`${folder}/other.md`, RUNBOOK);
  server = await startServer({ RUNBOOK_DIR: folder, PUBLIC_URL: "https://mcp.example.com", ALLOW_ANONYMOUS: "true" });
});

Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

/** A client of either era. */
async function connect(mode: "legacy" | "auto") {
  const client = new Client({ name: "tests", version: "1" }, mode === "auto" ? { versionNegotiation: { mode } } : {});
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", server.url)));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

async function read(client: Client, uri: string) {
  const [content] = (await client.readResource({ uri })).contents;
  assert(content && "text" in content);
  return content;
}

for (const mode of ["legacy", "auto"] as const) {
  testWithClient(`resources are listed and read through the tools behind them (${mode})`, async () => {
    await using client = await connect(mode);
    const { resources } = await client.listResources();
    assert.deepEqual(resources.map(({ uri }) => uri), ["runbook://fix-it", "runbook://other", "audit://recent"]);
    const { resourceTemplates } = await client.listResourceTemplates();
    assert.deepEqual(
      resourceTemplates.map(({ uriTemplate }) => uriTemplate),
      ["ctx://{key}", "runbook://{id}", "k8s://{namespace}/pods"],
    );

    assert.deepEqual(await read(client, "runbook://fix-it"), {
      uri: "runbook://fix-it",
      mimeType: "text/markdown",
      text: RUNBOOK,
    });
    await client.callTool({ name: "ctx_set", arguments: { key: "a/b_c%", value: { n: [1] } } });
    for (const uri of ["ctx://a/b_c%25", "ctx://a%2Fb_c%25"]) {
      assert.deepEqual(await read(client, uri), { uri, mimeType: "application/json", text: '{"n":[1]}' });
    }
    await client.callTool({ name: "ctx_set", arguments: { key: "nothing", value: null } });
    assert.equal((await read(client, "ctx://nothing")).text, "null");

    const { records } = JSON.parse((await read(client, "audit://recent")).text);
    assert.deepEqual(
      [records[0].method, records[0].tool, records[0].outcome, records[0].client],
      ["resources/read", "ctx.get", "ok", "tests"],
    );
    const again = JSON.parse((await read(client, "audit://recent")).text).records;
    assert.deepEqual([again[0].method, again[0].tool], ["resources/read", "audit.recent"]);
  });

  testWithClient(`a resource that is missing is answered -32602 with its URI (${mode})`, async () => {
    await using client = await connect(mode);
    const missing = [
      "ctx://gone",
      "runbook://gone",
      "runbook://../etc",
      "ctx://%zz",
      "ctx://",
      "other://x",
      "audit://all",
    ];
    for (const uri of [...missing, "k8s://NOT a name/pods", "ctx://with space"]) {
      await assert.rejects(client.readResource({ uri }), (error) => {
        assert(error instanceof ProtocolError, `${uri}: ${error}`);
        assert.deepEqual([error.code, error.data], [-32602, { uri }], uri);
        return true;
      });
    }
  });

  testWithClient(`what a tool cannot do says so when its resource is read (${mode})`, async () => {
    await using client = await connect(mode);
    await assert.rejects(client.readResource({ uri: "k8s://default/pods" }), (error) => {
      assert(error instanceof ProtocolError, `${error}`);
      assert.equal(error.code, -32004);
      assert.equal((error.data as { readonly kind?: unknown }).kind, "unavailable");
      return true;
    });
  });
}

testWithClient("the tools behind resources are in no list and cannot be called", async () => {
  await using client = await connect("auto");
  assert.equal((await client.listTools()).tools.length, 6);
  for (const name of ["audit.recent", "audit_recent", "ctx.keys", "ctx_keys"]) {
    await assert.rejects(client.callTool({ name, arguments: {} }), /Unknown tool/);
  }
  const health = await (await fetch(`${server.url}/health`)).json();
  assert.equal(health.registered_tools, 7);
});

testWithClient("the server shows its icon, which is there", async () => {
  await using client = await connect("legacy");
  const icons = client.getServerVersion()?.icons ?? [];
  assert.deepEqual(icons.map(({ src }) => src), ["https://mcp.example.com/dashboard/icon.svg"]);
  const icon = await fetch(`${server.url}/dashboard/icon.svg`);
  assert.match(await icon.text(), /^<svg/);
  assert.equal(icon.headers.get("content-type"), "image/svg+xml");
});
