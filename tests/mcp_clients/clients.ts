import { Client, type ClientOptions, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpTransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import {
  type CreateMessageRequest,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  type ResourceUpdatedNotification,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

/** What the tests ask of any of the SDKs' clients. */
export interface AnyClient {
  readonly dialect: string;
  listTools(): Promise<readonly { readonly name: string }[]>;
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<AnyResult>;
  /** The text of a resource. */
  read(uri: string): Promise<string | undefined>;
  listPrompts(): Promise<readonly { readonly name: string }[]>;
  /** @param onUpdated told when the resource has changed, until the client is closed */
  subscribe(uri: string, onUpdated: () => void): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: number) => void;
  /** Told once the client has seen something of the call's stream, from where it could take it up again. */
  readonly onResumable?: () => void;
}

export interface AnyResult {
  readonly isError?: boolean;
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: unknown;
}

export interface AnyClientKind {
  readonly name: string;
  readonly over: "http" | "websocket";
  /** Whether a lost connection ends its call: in the latest era it does, and there is none to come back to by WebSocket. */
  readonly resumes: boolean;
  /** @param url `http://host:port` @param form what the client answers when a server asks it for a form */
  connect(url: string, form?: Record<string, string>): Promise<AnyClient>;
}

const INFO = { name: "tests", version: "2.1.0" };
const LATEST = "2026-07-28";
/** With a form to answer, and a model to ask. */
const CAPABILITIES = { capabilities: { elicitation: {}, sampling: {} } };

/** What a client's model says to what it is asked. */
const sampled = (prompt: string) => ({
  role: "assistant" as const,
  content: { type: "text" as const, text: `A model's words to: ${prompt}` },
  model: "tests",
});

/** The text of the only message of a request to a model. */
function promptOf({ messages: [message] }: { readonly messages: readonly { readonly content: unknown }[] }): string {
  const [content] = [message?.content].flat();
  return typeof content === "object" && content !== null && "text" in content ? String(content.text) : "";
}

async function v2(url: string, options: ClientOptions, form: Record<string, string> = {}): Promise<AnyClient> {
  const client = new Client(INFO, { ...CAPABILITIES, ...options });
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: form }));
  client.setRequestHandler("sampling/createMessage", ({ params }) => sampled(promptOf(params)));
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url)));
  const isLatest = client.getNegotiatedProtocolVersion() === LATEST;
  const listening: { close(): Promise<void> }[] = [];
  return {
    dialect: isLatest ? "mcp-2026-07-28" : "mcp-2025-11-25",
    listTools: async () => (await client.listTools()).tools,
    call: async (name, args, options = {}) =>
      await client.callTool({ name, arguments: args }, requestOptions(options)) as AnyResult,
    read: async (uri) => textOf(await client.readResource({ uri })),
    listPrompts: async () => (await client.listPrompts()).prompts,
    async subscribe(uri, onUpdated) {
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
        if (params.uri === uri) onUpdated();
      });
      if (isLatest) listening.push(await client.listen({ resourceSubscriptions: [uri] }));
      else await client.subscribeResource({ uri });
    },
    async close() {
      for (const stream of listening) await stream.close();
      await client.close();
    },
  };
}

async function v1(url: string, over: "http" | "websocket", form: Record<string, string> = {}): Promise<AnyClient> {
  const client = new ClientV1(INFO, CAPABILITIES);
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept" as const, content: form }));
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }: CreateMessageRequest) => sampled(promptOf(params)));
  const address = new URL("/mcp", url);
  const transport: unknown = over === "http"
    ? new HttpTransportV1(address)
    : new WebSocketClientTransport(new URL(address.href.replace("http", "ws")));
  // The SDK's own transports do not fit its own interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    dialect: "mcp-2025-11-25",
    listTools: async () => (await client.listTools()).tools,
    call: async (name, args, options = {}) =>
      await client.callTool({ name, arguments: args }, undefined, requestOptions(options)) as AnyResult,
    read: async (uri) => textOf(await client.readResource({ uri })),
    listPrompts: async () => (await client.listPrompts()).prompts,
    async subscribe(uri, onUpdated) {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }: ResourceUpdatedNotification) => {
        if (params.uri === uri) onUpdated();
      });
      await client.subscribeResource({ uri });
    },
    close: () => client.close(),
  };
}

function textOf({ contents: [content] }: { readonly contents: readonly object[] }): string | undefined {
  return content && "text" in content ? String(content.text) : undefined;
}

function requestOptions({ signal, onProgress, onResumable }: CallOptions) {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onprogress: ({ progress }: { readonly progress: number }) => onProgress(progress) }),
    ...(onResumable && { onresumptiontoken: onResumable }),
  };
}

const auto = { versionNegotiation: { mode: "auto" } } as const;
const pinned = { versionNegotiation: { mode: { pin: LATEST } } } as const;

/** Clients that nobody here wrote. */
export const CLIENTS: readonly AnyClientKind[] = [
  { name: "SDK v1 over HTTP", over: "http", resumes: true, connect: (url, form) => v1(url, "http", form) },
  {
    ...{ name: "SDK v1 over WebSocket", over: "websocket", resumes: false },
    connect: (url, form) => v1(url, "websocket", form),
  },
  { name: "SDK v2 as it comes", over: "http", resumes: true, connect: (url, form) => v2(url, {}, form) },
  { name: "SDK v2, auto", over: "http", resumes: false, connect: (url, form) => v2(url, auto, form) },
  { name: `SDK v2, pinned to ${LATEST}`, over: "http", resumes: false, connect: (url, form) => v2(url, pinned, form) },
];
