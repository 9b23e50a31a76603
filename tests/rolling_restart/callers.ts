import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { openSocket } from "../services/socket.ts";

/** One connection of a client; a client whose connection has ended opens another one. */
export interface Caller {
  /** Gets a context value. @throws when it is answered by anything but its value, or not at all */
  get(key: string): Promise<void>;
  /** Resolves when the other side has closed it. With which code tells the proxy, which is nearer to the server. */
  readonly closed: Promise<unknown>;
  close(): Promise<void>;
}

export type OpenCaller = (url: string) => Promise<Caller>;

const INFO = { name: "rolling-restart", version: "1" };
const never = new Promise<never>(() => {});

/** The house dialect over WebSocket. */
export const openHouse: OpenCaller = async (url) => {
  const socket = await openSocket(`${url.replace("http", "ws")}/mcp`);
  return {
    async get(key) {
      const { result, error } = await socket.call("ctx.get", { key });
      assert.deepEqual([result, error], [{ key, value: null }, undefined]);
    },
    closed: socket.closed,
    close: async () => await socket[Symbol.asyncDispose](),
  };
};

/** The official dialect over WebSocket, message by message. */
export const openOfficial: OpenCaller = async (url) => {
  const socket = await openSocket(`${url.replace("http", "ws")}/mcp`, ["mcp"]);
  await socket.call("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: INFO });
  socket.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  return {
    async get(key) {
      const { result } = await socket.call("tools/call", { name: "ctx_get", arguments: { key } });
      assert.deepEqual(result.structuredContent, { key, value: null });
    },
    closed: socket.closed,
    close: async () => await socket[Symbol.asyncDispose](),
  };
};

/** The official SDK's client over WebSocket. */
export const openSdkSocket: OpenCaller = async (url) => {
  const client = new ClientV1(INFO);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  client.onclose = resolve;
  const transport: unknown = new WebSocketClientTransport(new URL(`${url.replace("http", "ws")}/mcp`));
  // The SDK's own transports do not fit its own interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    async get(key) {
      const { structuredContent } = await client.callTool({ name: "ctx_get", arguments: { key } });
      assert.deepEqual(structuredContent, { key, value: null });
    },
    closed,
    close: () => client.close(),
  };
};

/** The house dialect by POST: there is no connection that could end. */
export const openPost: OpenCaller = (url) => {
  const client = Deno.createHttpClient({});
  return Promise.resolve({
    async get(key) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.get", params: { key } });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/mcp`, { method: "POST", headers, body, client });
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.deepEqual(JSON.parse(text).result, { key, value: null });
    },
    closed: never,
    close() {
      client.close();
      return Promise.resolve();
    },
  });
};

/** The official SDK's client by HTTP, whose session outlives the replica that opened it. */
export const openSdkHttp: OpenCaller = async (url) => {
  const client = new Client(INFO);
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  return {
    async get(key) {
      const { structuredContent } = await client.callTool({ name: "ctx_get", arguments: { key } });
      assert.deepEqual(structuredContent, { key, value: null });
    },
    closed: never,
    close: () => client.close(),
  };
};
