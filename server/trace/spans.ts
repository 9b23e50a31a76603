import type { TraceParent } from "../../tools/call_context.ts";
import type { Log } from "../log.ts";

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** What a piece of work is timed as. */
export interface SpanDescription {
  readonly name: string;
  /** `server`: it answers a caller; `client`: it asks another system; `internal`: neither. */
  readonly kind: "server" | "client" | "internal";
  readonly attributes: SpanAttributes;
  /** The caller's span, where a message named one; the one under way where left out, `null` = it begins a trace. */
  readonly parent?: TraceParent | null | undefined;
  /** Whether Deno's own spans of the requests within it are left out: their URLs say what was asked for. */
  readonly hushed?: boolean;
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

/** Where Deno exports, it registers here what the API's library then finds: to look, it need not be loaded. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/** Spans that Deno exports (`OTEL_DENO=true`); `undefined` where it does not, so that nothing is loaded or wrapped. */
export async function openSpans(log: Pick<Log, "warn">): Promise<Spans | undefined> {
  const registered: unknown = Reflect.get(globalThis, REGISTERED);
  if (typeof registered !== "object" || registered === null || !("trace" in registered)) return undefined;
  const { createDenoSpans } = await import("./deno_spans.ts");
  const { spans, hushes } = createDenoSpans();
  if (!hushes) {
    log.warn(
      "Deno's own spans of requests to Kubernetes, Prometheus and the like will tell their URLs, with names and " +
        "selectors that callers gave: set OTEL_TRACES_SAMPLER=parentbased_always_on",
    );
  }
  return spans;
}
