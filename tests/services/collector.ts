/** A span as OTLP in JSON tells it. */
export interface ToldSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/** A receiver of OTLP/HTTP in JSON that keeps what it is told. */
export interface Collector extends AsyncDisposable {
  /** For the server that is to tell it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly spans: readonly ToldSpan[];
  /** All it was told so far, as it came. */
  text(): string;
  /** The first span that matches, once it is told. @throws after 20 s, with the names of what was told */
  told(matches: (span: ToldSpan) => boolean): Promise<ToldSpan>;
}

const TOLD_MS_MAX = 20_000;

export function startCollector(): Collector {
  const spans: ToldSpan[] = [];
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const text = await request.text();
    texts.push(text);
    for (const { scopeSpans } of JSON.parse(text).resourceSpans ?? []) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    for (const look of waiting) look();
    return Response.json({});
  });
  return {
    spans,
    settings: {
      OTEL_DENO: "true",
      OTEL_TRACES_SAMPLER: "parentbased_always_on",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BLRP_SCHEDULE_DELAY: "100",
    },
    text: () => texts.join("\n"),
    told(matches) {
      const { promise, resolve, reject } = Promise.withResolvers<ToldSpan>();
      const look = () => {
        const found = spans.find(matches);
        if (found) resolve(found);
      };
      const timer = setTimeout(
        () => reject(new Error(`No such span; told were ${JSON.stringify(spans.map(({ name }) => name))}`)),
        TOLD_MS_MAX,
      );
      waiting.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A span's attributes by name. */
export function attributesOf({ attributes }: ToldSpan): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
