import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpTransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { startOfficial } from "./official.ts";

/** What the tests ask of any of the SDKs' clients. */
interface AnyClient {
  readonly dialect: string;
  listTools(): Promise<readonly { name: string }[]>;
  call(name: string, args: Record<string, unknown>, onProgress?: (progress: number) => void): Promise<AnyResult>;
  /** Calls, and cancels when told. */
  cancelled(name: string, when: Promise<void>): Promise<unknown>;
  close(): Promise<void>;
}

interface AnyResult {
  readonly isError?: boolean;
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: unknown;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

const INFO = { name: "tests", version: "2.1.0" };

type Official = ReturnType<typeof startOfficial>;

async function v2(official: Official, mode: "legacy" | "auto"): Promise<AnyClient> {
  const client = new Client(INFO, mode === "auto" ? { versionNegotiation: { mode } } : {});
  await client.connect(new StreamableHTTPClientTransport(official.url));
  return {
    dialect: mode === "auto" ? "mcp-2026-07-28" : "mcp-2025-11-25",
    listTools: async () => (await client.listTools()).tools,
    call: async (name, args, onProgress) =>
      await client.callTool(
        { name, arguments: args },
        onProgress && { onprogress: ({ progress }) => onProgress(progress) },
      ) as AnyResult,
    async cancelled(name, when) {
      const stop = new AbortController();
      const call = client.callTool({ name, arguments: {} }, { signal: stop.signal });
      when.then(() => stop.abort());
      return await call.catch((error) => error);
    },
    close: () => client.close(),
  };
}

async function v1(official: Official, over: "http" | "websocket"): Promise<AnyClient> {
  const client = new ClientV1(INFO);
  // The SDK's own transports do not fit its own interface under exactOptionalPropertyTypes.
  const transport: unknown = over === "http"
    ? new HttpTransportV1(official.url)
    : new WebSocketClientTransport(official.socketUrl);
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    dialect: "mcp-2025-11-25",
    listTools: async () => (await client.listTools()).tools,
    call: async (name, args, onProgress) =>
      await client.callTool(
        { name, arguments: args },
        undefined,
        onProgress && { onprogress: ({ progress }: { progress: number }) => onProgress(progress) },
      ) as AnyResult,
    async cancelled(name, when) {
      const stop = new AbortController();
      const call = client.callTool({ name, arguments: {} }, undefined, { signal: stop.signal });
      when.then(() => stop.abort());
      return await call.catch((error: unknown) => error);
    },
    close: () => client.close(),
  };
}

const CLIENTS: readonly (readonly [name: string, connect: (official: Official) => Promise<AnyClient>])[] = [
  ["SDK v2 in its default era over HTTP", (official) => v2(official, "legacy")],
  ["SDK v2 in the latest era over HTTP", (official) => v2(official, "auto")],
  ["SDK v1 over HTTP", (official) => v1(official, "http")],
  ["SDK v1 over WebSocket", (official) => v1(official, "websocket")],
];

for (const [name, connect] of CLIENTS) {
  Deno.test(`${name} lists and calls tools, sees progress and failures, and is on record`, async () => {
    await using official = startOfficial();
    const client = await connect(official);
    assert.deepEqual((await client.listTools()).map((tool) => tool.name), ["test_echo", "test_fail"]);

    const told: number[] = [];
    const result = await client.call("test_echo", { text: "hello" }, (progress) => told.push(progress));
    assert.deepEqual(result.structuredContent, { echo: { text: "hello" } });
    assert.deepEqual(result.content, [{ type: "text", text: '{"echo":{"text":"hello"}}' }]);
    assert.deepEqual(told, [1, 2], "what does not grow is not told");

    const failed = await client.call("test_fail", {});
    assert.equal(failed.isError, true);
    assert.equal(failed.content[0]?.text, "Cannot find it\nLook elsewhere");
    assert.deepEqual(failed._meta?.["mcp-ops/error"], { kind: "not_found", hint: "Look elsewhere", near: ["it"] });
    const invalid = await client.call("test_echo", { text: 5 });
    assert.equal(invalid.isError, true);
    assert.match(invalid.content[0]?.text ?? "", /text: expected string, but got 5/);
    await assert.rejects(client.call("test_eco", {}), (error) => {
      assert(error instanceof Error);
      assert.equal((error as { readonly code?: unknown }).code, -32602);
      assert.match(error.message, /Unknown tool "test_eco"/);
      return true;
    });
    assert.deepEqual((await client.call("test.echo", { text: "dotted" })).structuredContent, {
      echo: { text: "dotted" },
    });

    await client.close();
    assert.deepEqual(
      official.records.map((record) => [record.toolName, record.outcome]),
      [["test.echo", "ok"], ["test.fail", "tool_error"], ["test.echo", "invalid"], ["test_eco", "invalid"], [
        "test.echo",
        "ok",
      ]],
    );
    for (const record of official.records) {
      assert.equal(record.method, "tools/call");
      assert.deepEqual(
        [record.dialect, record.clientName, record.clientVersion],
        [client.dialect, INFO.name, INFO.version],
      );
    }
    assert.deepEqual(official.faults, []);
  });
}

for (const [name, connect] of CLIENTS) {
  Deno.test(`${name} cancels a call, which ends on the server`, async () => {
    await using official = startOfficial();
    const client = await connect(official);
    const thrown = await client.cancelled("test_wait", official.started);
    assert(thrown instanceof Error, `${thrown}`);
    await official.aborted;
    await client.close();
  });
}
