import { INTERNAL_ERROR } from "../../rpc/error.ts";
import type { Ids } from "../../storage/clock.ts";
import type { Authorizer } from "../../tools/authorizer.ts";
import type { CallReply } from "../../tools/call.ts";
import type { CallContext, Client } from "../../tools/call_context.ts";
import { ToolError } from "../../tools/error.ts";
import type { Tool } from "../../tools/tool.ts";
import type { EdgeCall } from "../edge_call.ts";
import { checkOf, type Peer } from "../peer.ts";
import { traceOf } from "../trace/traceparent.ts";
import { type DirectReply, printError, replyTo } from "./direct/reply.ts";
import { type DirectRequest, readPosted } from "./direct/request.ts";
import {
  CLIENT_INFO_META_KEY,
  DISCOVER_TTL_MS,
  INSTRUCTIONS,
  LATEST_VERSION,
  PAGE_ENTRIES,
  SERVER_INFO_META_KEY,
  serverInfo,
  TOOLS_TTL_MS,
} from "./identity.ts";
import { createParamHeaderCheck } from "./param_headers.ts";
import { toFailedResult } from "./result.ts";
import { PRODUCT_FORMS, type ToolForms } from "./tool_forms.ts";
import { createToolNames } from "./tool_names.ts";

export interface DirectOptions {
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "mayList">;
  readonly call: EdgeCall;
  readonly ids: Ids;
  readonly publicUrl?: string | undefined;
  /** The product's where left out. */
  readonly forms?: ToolForms | undefined;
  /** What the server says that it can, as the parts of the protocol say it. */
  readonly capabilities: Readonly<Record<string, object>>;
  /** Told of a fault of ours, which the caller is told of in two words. */
  readonly onFault: (error: unknown) => void;
}

/** Answers requests without the SDK, and as the SDK would. What it leaves to the SDK it has done nothing of. */
export interface DirectWay {
  /** Answers a POST that names no session. @param body the JSON value that was posted @returns `undefined`: the SDK's */
  readonly post: (request: Request, body: unknown, peer: Peer) => Promise<DirectReply | undefined>;
  /** Answers a request that was read. @returns the reply's result or error with its name, as JSON text; `undefined`: the SDK's */
  readonly answer: (request: DirectRequest, peer: Peer) => Promise<string | undefined>;
}

/** How a message is answered: without the SDK, or by it. */
export type OfficialWay = "direct" | "sdk";

/** Lists that are kept as text: one for each set of tools that callers may see. */
const LISTS_MAX = 64;

/** The direct way: `tools/call` of tools that ask nothing, `tools/list`, `server/discover`, `ping`. */
export function createDirect(options: DirectOptions): DirectWay {
  const { tools, authorizer, call, ids, forms = PRODUCT_FORMS, onFault } = options;
  const resolve = createToolNames(tools);
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const checkParamHeaders = createParamHeaderCheck(tools, resolve);
  const info = { [SERVER_INFO_META_KEY]: serverInfo(options.publicUrl) };
  const discovered = JSON.stringify({
    supportedVersions: [LATEST_VERSION],
    ...{ capabilities: options.capabilities, instructions: INSTRUCTIONS },
    ...{ resultType: "complete", ttlMs: DISCOVER_TTL_MS, cacheScope: "private", _meta: info },
  });
  const modernEnd = `,"resultType":"complete","_meta":${JSON.stringify(info)}}`;
  const listed = tools.filter(({ name }) => name !== "mcp.tools.list")
    .map((tool) => ({ tool, text: JSON.stringify(forms.describe(tool)) }));
  const lists = new Map<string, string>();

  async function callTool(
    request: DirectRequest,
    tool: Tool | undefined,
    peer: Peer,
  ): Promise<string | undefined> {
    const { name, args, meta } = request;
    const asked = { method: "tools/call", tool: resolve(name), args, idempotencyKey: meta["idempotencyKey"] };
    try {
      return printResult(request, await call(asked, contextOf(request, peer, ids), peer), tool);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const { kind, message, hint, data } = error;
      // A tool that asks though it did not say so: it has changed nothing yet, and can be called once more.
      if (kind === "unanswered") return undefined;
      if (kind === "unknown_tool") return printError(-32602, message, { kind, hint, ...data });
      return `"result":${JSON.stringify(complete(request, toFailedResult(error)))}`;
    }
  }

  /** The result as the tool's own text, where nothing is to be added to it. */
  function printResult(request: DirectRequest, reply: CallReply, tool: Tool | undefined): string {
    if (forms !== PRODUCT_FORMS || tool?.print || tool?.untrusted !== undefined) {
      return `"result":${JSON.stringify(complete(request, forms.toResult(reply, tool, ids)))}`;
    }
    const { text } = reply;
    const end = request.era === "modern" ? modernEnd : "}";
    return `"result":{"content":[{"type":"text","text":${JSON.stringify(text)}}],"structuredContent":${text}${end}`;
  }

  /** A result with what every result of its era has. */
  function complete({ era }: DirectRequest, result: ReturnType<typeof toFailedResult>): object {
    return era === "legacy" ? result : { ...result, resultType: "complete", _meta: { ...result._meta, ...info } };
  }

  function printList({ era }: DirectRequest, { principal }: Peer): string {
    const mine = listed.filter(({ tool }) => authorizer.mayList(principal, tool));
    const key = `${era} ${mine.map(({ tool }) => tool.name).join(" ")}`;
    let text = lists.get(key);
    if (text === undefined) {
      const end = era === "modern" ? `,"ttlMs":${TOOLS_TTL_MS},"cacheScope":"private"${modernEnd}` : "}";
      text = `"result":{"tools":[${mine.map((one) => one.text).join(",")}]${end}`;
      if (lists.size < LISTS_MAX) lists.set(key, text);
    }
    return text;
  }

  async function outcomeOf(request: DirectRequest, peer: Peer): Promise<string | undefined> {
    switch (request.method) {
      case "ping":
        return '"result":{}';
      case "server/discover":
        return `"result":${discovered}`;
      case "tools/list":
        return listed.length > PAGE_ENTRIES ? undefined : printList(request, peer);
      case "tools/call": {
        const tool = byName.get(resolve(request.name));
        return tool?.asks ?? tool?.effect === "outside" ? undefined : await callTool(request, tool, peer);
      }
    }
  }

  /** Answers in any case: who waits on a connection or a stream has nothing else to learn of a fault by. */
  async function answer(request: DirectRequest, peer: Peer): Promise<string | undefined> {
    try {
      return await outcomeOf(request, peer);
    } catch (error) {
      onFault(error);
      return printError(INTERNAL_ERROR, "Internal error");
    }
  }

  return {
    answer,
    async post({ headers }, body, peer) {
      const request = readPosted(headers, body);
      if (!request || isRefused(request, headers)) return undefined;
      const outcome = await answer(request, peer);
      return outcome === undefined ? undefined : replyTo(request.id, outcome);
    },
  };

  /** Whether a call's arguments and headers differ, which the SDK's way has words for. */
  function isRefused({ era, method, name, args }: DirectRequest, headers: Headers): boolean {
    return era === "modern" && method === "tools/call" && checkParamHeaders(name, args, headers) !== undefined;
  }
}

/** Who wants to be told of progress goes by the SDK's way. */
const noNotice = () => {};

/** As the SDK's way has it, of a request without a token of progress. */
function contextOf({ era, id, meta }: DirectRequest, peer: Peer, ids: Ids): CallContext {
  const { principal, transport, client, session, signal } = peer;
  const info = meta[CLIENT_INFO_META_KEY];
  return {
    ...{ principal, transport, session, signal },
    ...checkOf(peer),
    // Its form was looked at when it was read.
    client: info === undefined ? client : { ...client, ...nameOf(info as Required<Pick<Client, "name" | "version">>) },
    dialect: era === "modern" ? "mcp-2026-07-28" : "mcp-2025-11-25",
    requestId: id,
    ...traceOf(meta["traceparent"], peer.traceParent, ids),
    answers: {},
    notify: noNotice,
  };
}

function nameOf({ name, version }: Required<Pick<Client, "name" | "version">>): Client {
  return { name, version };
}
