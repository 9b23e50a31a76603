import { z } from "zod";
import { createOfficialHttp } from "../../../server/mcp/http.ts";
import { createListeners } from "../../../server/mcp/listeners.ts";
import type { OfficialPart } from "../../../server/mcp/part.ts";
import { createParamHeaderCheck } from "../../../server/mcp/param_headers.ts";
import type { ResourceChanges } from "../../../server/mcp/resources/changes.ts";
import { createRequestStates } from "../../../server/mcp/request_state.ts";
import { createOfficialServers } from "../../../server/mcp/server.ts";
import { createSessionHub } from "../../../server/mcp/session/hub.ts";
import { createSessionSeal } from "../../../server/mcp/session/seal.ts";
import { createSessionHttp } from "../../../server/mcp/session/session_http.ts";
import { createOfficialSockets } from "../../../server/mcp/socket.ts";
import { createToolNames } from "../../../server/mcp/tool_names.ts";
import { createToolsPart } from "../../../server/mcp/tools_part.ts";
import { type Peer, Slots } from "../../../server/peer.ts";
import { createLocalEventBus } from "../../../storage/embedded/event_bus.ts";
import { createMemoryMcpSessionStore } from "../../../storage/embedded/mcp_session_store.ts";
import { ask } from "../../../tools/ask.ts";
import { openAuthorizer } from "../../../tools/authorizer.ts";
import { ToolError } from "../../../tools/error.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { testCallPath, testTool } from "../../tools/call_path.ts";

/** Called by their names only. */
const UNLISTED = ["test.wait", "test.confirm", "test.fault", "test.leak"];
/** What no client may read. */
export const SECRET = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

/** Tools that show what a client sees of progress, of failures, of questions and of a caller that cancels. */
export function officialTools() {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const tools = [
    testTool((args, { notify }) => {
      for (const progress of [1, 1, 2]) notify({ progress, total: 2, message: `${progress} of 2` });
      return Promise.resolve({ echo: args });
    }, { name: "test.echo", output: z.object({ echo: z.any() }) }),
    testTool(() => {
      throw new ToolError("not_found", "Cannot find it", { hint: "Look elsewhere", data: { near: ["it"] } });
    }, { name: "test.fail", effect: "own" }),
    testTool(async (_, { signal }) => {
      started.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted.resolve();
      signal.throwIfAborted();
    }, { name: "test.wait" }),
    testTool(() => Promise.resolve({ tools: [] }), { name: "mcp.tools.list" }),
    testTool(() => {
      throw new Error(`A fault that knows ${SECRET}`);
    }, { name: "test.fault" }),
    testTool(() => {
      throw new ToolError("tool_failed", `It was told ${SECRET}`);
    }, { name: "test.leak" }),
    testTool(({ text }, call) => {
      const form = z.object({ sure: z.boolean() });
      for (const [name, message] of [["sure", `Delete ${text}?`], ["really", "Really?"]] as const) {
        const answer = ask(call, { name, message, form });
        if (answer.action !== "accept" || !answer.content.sure) return Promise.resolve({ done: "nothing" });
      }
      return Promise.resolve({ done: text });
    }, { name: "test.confirm", output: z.object({ done: z.string() }) }),
  ];
  return { tools, started: started.promise, aborted: aborted.promise };
}

/** What a client must be told for it to listen, and to hear of the log. */
const LISTENING: OfficialPart = { capabilities: { resources: { subscribe: true } }, register() {} };
const LOGGING: OfficialPart = { capabilities: { logging: {} }, register() {} };

export interface TestedOfficial {
  /** Whose changes clients may listen to; nothing changes where left out. */
  readonly changes?: ResourceChanges;
  /** Of streams to listen on; the product's where left out. */
  readonly bounds?: { readonly max?: number; readonly principalMax?: number };
  readonly authMethod?: Peer["principal"]["authMethod"];
}

/** The official protocol over HTTP and WebSocket on a port of its own, above a call path of the tests. */
export function startOfficial({ changes, bounds = {}, authMethod = "none" }: TestedOfficial = {}) {
  const { tools, ...moments } = officialTools();
  const { call, records } = testCallPath(tools);
  const faults: unknown[] = [];
  const refusals: string[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const servers = createOfficialServers({
    parts: [
      LOGGING,
      ...(changes ? [LISTENING] : []),
      createToolsPart({
        tools,
        authorizer: { ...openAuthorizer, mayList: (_, { name }) => !UNLISTED.includes(name) },
        call: (request, context) => call(request, context),
        ids: { uuid: () => crypto.randomUUID() },
      }),
    ],
    requestStates: createRequestStates(new Uint8Array(32)),
    onFault,
  });
  const onWay = () => {};
  const hub = createSessionHub(createLocalEventBus(), "replica-1");
  const ids = { uuid: () => crypto.randomUUID() };
  const listeners = createListeners({ ...bounds, onRefusal: (reason) => void refusals.push(reason) });
  const sessions = createSessionHttp({
    ...{ servers, hub, listeners, changes, ids, onFault, onWay },
    sessions: createMemoryMcpSessionStore(manualClock()),
    seal: createSessionSeal(new Uint8Array(32)),
  });
  const checkParamHeaders = createParamHeaderCheck(tools, createToolNames(tools));
  const http = createOfficialHttp({ servers, sessions, checkParamHeaders, listeners, changes, onFault, onWay });
  const open = createOfficialSockets({
    servers,
    jsonDepthMax: 8,
    onRefusal: (reason) => void refusals.push(reason),
    onFault,
    onWay,
  });

  function peer(transport: Peer["transport"], signal: AbortSignal): Peer {
    return {
      principal: { name: "default", authMethod, roles: [] },
      ...{ transport, signal, client: { name: "agent", address: "127.0.0.1" }, session: undefined },
      slots: new Slots(8),
    };
  }

  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.headers.get("upgrade") !== "websocket") {
      const body = request.method === "POST" ? await request.json() : undefined;
      const answer = await http.answer(request, body, peer("http", request.signal));
      return answer instanceof Response ? answer : new Response(answer.text, { headers: answer.headers });
    }
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "mcp" });
    const gone = new AbortController();
    const dialogue = open(peer("websocket", gone.signal), (text) => socket.send(text));
    socket.onmessage = ({ data }) => void dialogue.receive(data);
    socket.onclose = () => {
      gone.abort();
      dialogue.close();
    };
    return response;
  });
  const { port } = listener.addr;
  return {
    ...moments,
    records,
    faults,
    refusals,
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    socketUrl: new URL(`ws://127.0.0.1:${port}/mcp`),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
      await listener.shutdown();
    },
  };
}
