import { type HouseCall, houseMethods } from "../rpc/house.ts";
import { RpcError } from "../rpc/error.ts";
import { createRouter, JsonText, type Refusal as RouterRefusal, type Router } from "../rpc/router.ts";
import type { Ids } from "../storage/clock.ts";
import type { AccessedTool, Authorizer } from "../tools/authorizer.ts";
import type { CallContext } from "../tools/call_context.ts";
import { traceOf } from "./trace/traceparent.ts";
import { ToolError } from "../tools/error.ts";
import { nearest } from "../tools/nearest.ts";
import type { EdgeCall } from "./edge_call.ts";
import { HOUSE_CODES, toRpcError } from "./house_errors.ts";
import type { Log } from "./log.ts";
import { checkOf, type Peer } from "./peer.ts";

export interface HouseLimits {
  /** Messages in a batch. */
  readonly batchMax: number;
  /** Bytes that the results in the reply to a batch may have together. */
  readonly batchBytesMax: number;
  /** Levels of arrays and objects that a message may nest. */
  readonly jsonDepthMax: number;
}

export interface HouseOptions {
  readonly call: EdgeCall;
  readonly tools: readonly AccessedTool[];
  /** Says which tools a hint may name to whom. */
  readonly authorizer: Pick<Authorizer, "mayList">;
  readonly ids: Ids;
  readonly log: Log;
  readonly limits: HouseLimits;
  /** Told of what is turned away before a tool call is known. */
  readonly onRefusal: (reason: RouterRefusal) => void;
}

/** The house dialect has no notices from server to client. */
const noNotice = () => {};

/** The house dialect: text of a message in, text of its reply out. */
export function createHouse(options: HouseOptions): Router<Peer> {
  const { tools, authorizer, ids, log, limits, onRefusal } = options;

  async function call(
    { method, id, tool, args, idempotencyKey, traceparent }: HouseCall,
    peer: Peer,
  ): Promise<JsonText> {
    const { principal, transport, client, session, signal } = peer;
    const context: CallContext = {
      ...{ principal, transport, client, session, signal },
      ...checkOf(peer),
      dialect: "house",
      requestId: id ?? null,
      ...traceOf(traceparent, peer.traceParent, ids),
      notify: noNotice,
    };
    try {
      const { text } = await options.call(
        { method, tool, args, ...(idempotencyKey !== undefined && { idempotencyKey }) },
        context,
        peer,
      );
      return new JsonText(text);
    } catch (error) {
      throw error instanceof ToolError ? toRpcError(error) : error;
    }
  }

  const methods = houseMethods<Peer>(tools.map(({ name }) => name), call);
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
    unknownMethodHint: (method, { principal }) => {
      const listed = tools.filter((tool) => authorizer.mayList(principal, tool)).map(({ name }) => name);
      const near = nearest(method, ["mcp.tools.call", ...listed]);
      return near.length > 0
        ? `Did you mean ${near.join(" or ")}?`
        : "Use mcp.tools.list, mcp.tools.call or a tool's name";
    },
    onFault: (error, { method, id: request_id }) =>
      log.error("A method failed", { method: method.slice(0, 128), request_id, error }),
  });
}
