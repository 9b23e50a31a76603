import { context, ROOT_CONTEXT, type Span as ApiSpan, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { TraceParent } from "../../tools/call_context.ts";
import type { Spans } from "./spans.ts";

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
const NOT_SAMPLED = 0;

/** Deno's exporter behind our seam, and whether its sampler lets work be hushed. */
export function createDenoSpans(): { readonly spans: Spans; readonly hushes: boolean } {
  const tracer = trace.getTracer("mcp-server");
  const spans: Spans = {
    async within({ name, kind, attributes, parent, hushed = false }, work) {
      const around = parentOf(parent);
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, around);
      const { traceId, spanId } = span.spanContext();
      const within = hushed
        ? trace.setSpanContext(around, { traceId, spanId, traceFlags: NOT_SAMPLED })
        : trace.setSpan(around, span);
      try {
        return await context.with(within, () => work({ traceId }));
      } catch (error) {
        span.setAttribute("error.type", errorType(error));
        // Without a message: an error's text may quote an argument.
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
  };
  return { spans, hushes: !isSampled(tracer.startSpan("probe", {}, unsampled())) };
}

function parentOf(parent: TraceParent | null | undefined) {
  if (parent === undefined) return context.active();
  if (parent === null) return ROOT_CONTEXT;
  const { traceId, spanId, flags: traceFlags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** A caller's span that is not kept. What is begun under it to probe the sampler never ends, and so is never told. */
function unsampled() {
  return parentOf({ traceId: "1".repeat(32), spanId: "1".repeat(16), flags: NOT_SAMPLED });
}

function isSampled(span: ApiSpan): boolean {
  return span.spanContext().traceFlags !== NOT_SAMPLED;
}

/** A kind of ours, or the error's class: few words, none of them a caller's. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return "_OTHER";
  return "kind" in error && typeof error.kind === "string" ? error.kind : error.name;
}
