import type { CallTool } from "../tools/call.ts";
import { ToolError } from "../tools/error.ts";
import type { Log } from "./log.ts";

const METHOD_CHARS_MAX = 128;

/** A call path that logs each call's end, without arguments and results: those are in its record, found by the ids. */
export function logCalls(callTool: CallTool, log: Pick<Log, "debug">, clock: { elapsed(): number }): CallTool {
  return async (request, context, onRate) => {
    const startedMs = clock.elapsed();
    const told = (outcome: string) =>
      log.debug("A tool call ended", {
        method: request.method.slice(0, METHOD_CHARS_MAX),
        outcome,
        duration_ms: Math.round(clock.elapsed() - startedMs),
        trace_id: context.traceId,
        request_id: context.requestId,
      });
    try {
      const reply = await callTool(request, context, onRate);
      told("ok");
      return reply;
    } catch (error) {
      told(error instanceof ToolError ? error.kind : "internal");
      throw error;
    }
  };
}
