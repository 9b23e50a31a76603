import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type Span as ApiSpan,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { TraceParent } from "../../tools/call_context.ts";

export type SpanAttributes = Readonly<Attributes>;

/** What a piece of work is timed as. */
export interface SpanDescription {
  readonly name: string;
  /** `server`: it answers a caller; `client`: it asks another system; `internal`: neither. */
  readonly kind: "server" | "client" | "internal";
  readonly attributes: SpanAttributes;
  /** The caller's span, where a message named one; the one under way where left out, `null` = it begins a trace. */
  readonly parent?: TraceParent | null | undefined;
}

/** A span under way. */
export interface Span {
  readonly traceId: string;
}

/** Makes spans. */
export interface Spans {
  /** Times a piece of work, which spans within it become children of; what it throws is its `error.type`, no more. */
  within<T>(description: SpanDescription, work: (span: Span) => Promise<T>): Promise<T>;
}

/** Spans that Deno exports (`OTEL_DENO=true`); `undefined` where it does not, so that nothing is wrapped or paid. */
export function openSpans(): Spans | undefined {
  const tracer = trace.getTracer("mcp-server");
  // Only an exporter's spans record. This one never ends, and so is never told.
  if (!tracer.startSpan("probe").isRecording()) return undefined;
  const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
  const parentOf = (parent: TraceParent | null | undefined) => {
    if (parent === undefined) return context.active();
    if (parent === null) return ROOT_CONTEXT;
    const { traceId, spanId, flags: traceFlags } = parent;
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
  };
  const fail = (span: ApiSpan, error: unknown) => {
    span.setAttribute("error.type", errorType(error));
    // Without a message: an error's text may quote an argument.
    span.setStatus({ code: SpanStatusCode.ERROR });
  };
  return {
    async within({ name, kind, attributes, parent }, work) {
      const around = parentOf(parent);
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes: { ...attributes } }, around);
      try {
        return await context.with(trace.setSpan(around, span), () => work({ traceId: span.spanContext().traceId }));
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

/** A kind of ours, or the error's class: few words, none of them a caller's. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return "_OTHER";
  return "kind" in error && typeof error.kind === "string" ? error.kind : error.name;
}
