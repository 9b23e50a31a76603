import type { Ids } from "../../storage/clock.ts";
import type { CallContext, TraceParent } from "../../tools/call_context.ts";

/** W3C Trace Context, version 00: `00-<trace id>-<span id>-<flags>`. */
const TRACEPARENT = /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})$/;

/** The caller's span; `undefined` for what is none, which is not the call's fault. */
export function readTraceparent(text: unknown): TraceParent | undefined {
  const [, traceId, spanId, flags] = (typeof text === "string" && TRACEPARENT.exec(text)) || [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, flags: parseInt(flags, 16) };
}

/** The trace that a call belongs to: what the message says, else what its HTTP request says, else one of its own. */
export function traceOf(
  message: unknown,
  request: TraceParent | undefined,
  ids: Ids,
): Pick<CallContext, "traceId" | "traceParent"> {
  const traceParent = readTraceparent(message);
  return {
    traceId: (traceParent ?? request)?.traceId ?? ids.uuid().replaceAll("-", ""),
    ...(traceParent && { traceParent }),
  };
}
