import { type HouseCall, houseMethods } from "../rpc/house.ts";
import { RpcError } from "../rpc/error.ts";
import { createRouter, JsonText, type Refusal as RouterRefusal, type Router } from "../rpc/router.ts";
import type { Ids } from "../storage/clock.ts";
import type { CallTool } from "../tools/call.ts";
import type { CallContext } from "../tools/call_context.ts";
import { ToolError } from "../tools/error.ts";
import { nearest } from "../tools/nearest.ts";
import { HOUSE_CODES, toRpcError } from "./house_errors.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import type { Peer } from "./peer.ts";

export interface HouseLimits {
  /** Messages in a batch. */
  readonly batchMax: number;
  /** Bytes that the results in the reply to a batch may have together. */
  readonly batchBytesMax: number;
  /** Levels of arrays and objects that a message may nest. */
  readonly jsonDepthMax: number;
}

export interface HouseOptions {
  readonly callTool: CallTool;
  readonly toolNames: readonly string[];
  readonly lifecycle: Lifecycle;
  readonly ids: Ids;
  readonly log: Log;
  readonly limits: HouseLimits;
  /** Told of what is turned away before a tool call is known. */
  readonly onRefusal: (reason: RouterRefusal | "in_flight" | "draining") => void;
}

/** The house dialect: text of a message in, text of its reply out. */
export function createHouse(options: HouseOptions): Router<Peer> {
  const { callTool, toolNames, lifecycle, ids, log, limits, onRefusal } = options;

  async function call({ method, id, tool, args }: HouseCall, peer: Peer): Promise<JsonText> {
    const { slots, onRate, principal, transport, client, session, signal, standing } = peer;
    if (lifecycle.phase === "draining") {
      onRefusal("draining");
      throw new ToolError("overloaded", "The server is stopping", { hint: "Reconnect: another replica answers" });
    }
    if (!slots.take()) {
      onRefusal("in_flight");
      throw new ToolError("overloaded", `More than ${slots.max} calls in flight on this connection`, {
        hint: "Wait for a reply before the next call",
      });
    }
    const traceId = ids.uuid().replaceAll("-", "");
    const context: CallContext = {
      ...{ principal, transport, client, session, signal, traceId },
      dialect: "house",
      requestId: id ?? null,
      ...(standing && { checkCredential: () => standing.check() }),
      // The house dialect has no notices from server to client.
      notify: () => {},
    };
    try {
      const { text } = await lifecycle.track(() => callTool({ method, tool, args }, context, onRate));
      return new JsonText(text);
    } finally {
      slots.release();
    }
  }

  const methods = houseMethods<Peer>(toolNames, async (request, peer) => {
    try {
      return await call(request, peer);
    } catch (error) {
      throw error instanceof ToolError ? toRpcError(error) : error;
    }
  });
  return createRouter(methods, {
    idRequired: true,
    batchMax: limits.batchMax,
    batchBytesMax: limits.batchBytesMax,
    batchBytesError: () =>
      new RpcError(HOUSE_CODES.overloaded, `The batch has more than ${limits.batchBytesMax} bytes of results`, {
        kind: "overloaded",
        hint: "The tool has run: check its effect; send calls with large results one by one",
        executed: true,
      }),
    depthMax: limits.jsonDepthMax,
    onRefusal,
    unknownMethodHint: (method) => {
      const near = nearest(method, Object.keys(methods));
      return near.length > 0
        ? `Did you mean ${near.join(" or ")}?`
        : "Use mcp.tools.list, mcp.tools.call or a tool's name";
    },
    onFault: (error, { method }) => log.error("A method failed", { method: method.slice(0, 128), error }),
  });
}
