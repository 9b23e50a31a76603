import type { CallReply, CallRequest, CallTool, OnRate } from "../tools/call.ts";
import type { CallContext } from "../tools/call_context.ts";
import { ToolError } from "../tools/error.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Slots } from "./peer.ts";

/** A call of any dialect, where the edge has room for it. @throws {ToolError} and nothing else. */
export type EdgeCall = (
  request: CallRequest,
  context: CallContext,
  peer: { readonly slots: Slots; readonly onRate?: OnRate },
) => Promise<CallReply>;

/** Puts the edge's own bounds before the call path: a server that stops, a connection with too many calls running. */
export function createEdgeCall({ callTool, lifecycle, onRefusal }: {
  readonly callTool: CallTool;
  readonly lifecycle: Lifecycle;
  readonly onRefusal: (reason: "in_flight" | "draining") => void;
}): EdgeCall {
  // Made once: to make an error takes longer than the rest of a refusal, and these are many when there is least time.
  const stopping = new ToolError("overloaded", "The server is stopping", {
    hint: "Reconnect: another replica answers",
  });
  const tooMany = new Map<number, ToolError>();

  function tooManyOf({ max }: Slots): ToolError {
    const known = tooMany.get(max) ??
      new ToolError("overloaded", `More than ${max} calls in flight on this connection`, {
        hint: "Wait for a reply before the next call",
      });
    tooMany.set(max, known);
    return known;
  }

  return async (request, context, { slots, onRate }) => {
    if (lifecycle.phase === "draining") {
      onRefusal("draining");
      throw stopping;
    }
    if (!slots.take()) {
      onRefusal("in_flight");
      throw tooManyOf(slots);
    }
    lifecycle.enter();
    try {
      return await callTool(request, context, onRate);
    } finally {
      lifecycle.exit();
      slots.release();
    }
  };
}
