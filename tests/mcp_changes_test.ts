import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import {
  type ResourceUpdatedNotification,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type RedisService, startRedis } from "./services/redis.ts";
import { testWithClient } from "./server/mcp/with_client.ts";
import { type ServerService, startServer } from "./services/server.ts";

let redis: RedisService;
let replicas: readonly [ServerService, ServerService];

Deno.test.beforeAll(async () => {
  redis = await startRedis();
  const start = () => startServer({ REDIS_URL: redis.url, SESSION_KEY: "a key that the replicas of this test share" });
  replicas = await Promise.all([start(), start()]);
});

Deno.test.afterAll(async () => {
  for (const replica of replicas) await replica[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** Somebody who hears of changes from the first replica. */
interface Listener {
  subscribe(uri: string): Promise<unknown>;
  unsubscribe(uri: string): Promise<unknown>;
  close(): Promise<void>;
}

type Listen = (onUpdated: (uri: string) => void) => Promise<Listener>;

const INFO = { name: "tests", version: "1" };

function listenOverHttp(mode: "legacy" | "auto"): Listen {
  return async (onUpdated) => {
    const client = new Client(INFO, mode === "auto" ? { versionNegotiation: { mode } } : {});
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => onUpdated(params.uri));
    await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", replicas[0].url)));
    if (mode === "legacy") {
      return {
        subscribe: (uri) => client.subscribeResource({ uri }),
        unsubscribe: (uri) => client.unsubscribeResource({ uri }),
        close: () => client.close(),
      };
    }
    const open = new Map<string, { close(): Promise<void> }>();
    return {
      async subscribe(uri) {
        open.set(uri, await client.listen({ resourceSubscriptions: [uri] }));
      },
      unsubscribe: async (uri) => await open.get(uri)?.close(),
      async close() {
        for (const listening of open.values()) await listening.close();
        await client.close();
      },
    };
  };
}

const listenOverWebSocket: Listen = async (onUpdated) => {
  const client = new ClientV1(INFO);
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, (notice: ResourceUpdatedNotification) => {
    onUpdated(notice.params.uri);
  });
  const transport: unknown = new WebSocketClientTransport(new URL(replicas[0].socketUrl));
  // The SDK's own transports do not fit its own interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    subscribe: (uri) => client.subscribeResource({ uri }),
    unsubscribe: (uri) => client.unsubscribeResource({ uri }),
    close: () => client.close(),
  };
};

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The SDK's clients of the latest era have no WebSocket: the frames are ours. */
const listenOverLatestWebSocket: Listen = async (onUpdated) => {
  const socket = new WebSocket(replicas[0].socketUrl, "mcp");
  await new Promise((resolve) => socket.onopen = resolve);
  const acknowledged = new Map<number, () => void>();
  const ids = new Map<string, number>();
  socket.onmessage = ({ data }) => {
    const { method, params } = JSON.parse(data);
    if (method === "notifications/resources/updated") return onUpdated(params.uri);
    acknowledged.get(params._meta["io.modelcontextprotocol/subscriptionId"])?.();
  };
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  return {
    async subscribe(uri) {
      const id = ids.size + 1;
      ids.set(uri, id);
      const { promise, resolve } = Promise.withResolvers<void>();
      acknowledged.set(id, resolve);
      const params = { _meta: META, notifications: { resourceSubscriptions: [uri] } };
      send({ jsonrpc: "2.0", id, method: "subscriptions/listen", params });
      await promise;
    },
    unsubscribe(uri) {
      send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { _meta: META, requestId: ids.get(uri) } });
      return Promise.resolve();
    },
    async close() {
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
    },
  };
};

/** Sets a value on the second replica. */
async function set(key: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.set", params: { key, value: 1 } });
  const headers = { "content-type": "application/json" };
  const reply = await (await fetch(`${replicas[1].url}/mcp`, { method: "POST", headers, body })).json();
  assert.equal(reply.result?.success, true, JSON.stringify(reply));
}

const LISTENERS: readonly (readonly [name: string, listen: Listen])[] = [
  ["HTTP with a session", listenOverHttp("legacy")],
  ["HTTP in the latest era", listenOverHttp("auto")],
  ["WebSocket", listenOverWebSocket],
  ["WebSocket in the latest era", listenOverLatestWebSocket],
];

for (const [name, listen] of LISTENERS) {
  testWithClient(`a ctx.set on one replica is heard by a listener on another: ${name}`, async () => {
    const heard: string[] = [];
    let wake = () => {};
    const listener = await listen((uri) => {
      heard.push(uri);
      wake();
    });
    /** Waits for so many notices, 5 s at most. */
    const reached = async (count: number) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      wake = () => heard.length >= count && resolve();
      wake();
      const timer = setTimeout(() => reject(new Error(`Heard ${heard.join(", ")}`)), 5000);
      await promise.finally(() => clearTimeout(timer));
    };
    await listener.subscribe("ctx://a%2Fb");
    await listener.subscribe("ctx://last");
    await set("other");
    await set("a/b");
    await set("last");
    await reached(2);
    assert.deepEqual(heard, ["ctx://a%2Fb", "ctx://last"]);
    await listener.unsubscribe("ctx://a%2Fb");
    await set("a/b");
    await set("last");
    await reached(3);
    assert.deepEqual(heard.slice(2), ["ctx://last"]);
    await listener.close();
  });
}
