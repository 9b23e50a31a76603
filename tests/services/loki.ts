/** What a test stores: lines of one set of labels. */
export interface StoredStream {
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, and the line. */
  readonly lines: readonly (readonly [ms: number, line: string])[];
}

/** A query as the server understood it. */
export interface SeenQuery {
  readonly logql: string;
  readonly matchers: readonly Matcher[];
  /** Of a line filter, as an RE2 expression. */
  readonly filter: string | undefined;
  readonly limit: number;
  readonly headers: Headers;
}

export interface Matcher {
  readonly label: string;
  readonly operator: "=" | "=~";
  readonly value: string;
}

/**
 * An HTTP server that answers `query_range` of lines in the form that Loki documents. It reads the LogQL that the tools
 * write, strictly: a selector of quoted matchers and at most one line filter. It is no Loki: what it shows is what is
 * asked, and that the documented answers are read.
 */
export interface LokiServer extends AsyncDisposable {
  readonly url: string;
  readonly queries: readonly SeenQuery[];
  /** Answers otherwise from now on; without an argument as usual. */
  interfere(answer?: (query: SeenQuery) => Response | Promise<Response> | undefined): void;
}

export interface LokiServerOptions {
  readonly streams: readonly StoredStream[];
  /** `user:password` that must be shown. */
  readonly credentials?: string;
  readonly tenant?: string;
  /** As `max_entries_limit_per_query`. */
  readonly entriesMax?: number;
}

/** Starts it on a free port of this machine. */
export function startLoki({ streams, credentials, tenant, entriesMax = 5000 }: LokiServerOptions): LokiServer {
  const queries: SeenQuery[] = [];
  let answerOf: ((query: SeenQuery) => Response | Promise<Response> | undefined) | undefined;

  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const { headers } = request;
    if (pathname !== "/loki/api/v1/query_range") return new Response("404 page not found\n", { status: 404 });
    if (credentials !== undefined && headers.get("authorization") !== `Basic ${btoa(credentials)}`) {
      return new Response("unauthorized\n", { status: 401 });
    }
    if (tenant !== undefined && headers.get("x-scope-orgid") !== tenant) {
      return new Response("no org id\n", { status: 401 });
    }
    const logql = searchParams.get("query") ?? "";
    const limit = Number(searchParams.get("limit"));
    const [start, end] = ["start", "end"].map((name) => BigInt(searchParams.get(name) ?? "-1"));
    let parsed: Pick<SeenQuery, "matchers" | "filter">;
    try {
      parsed = parseLogQl(logql);
      if (searchParams.get("direction") !== "backward") throw new Error("expected direction=backward");
      if (start === undefined || end === undefined || start < 0n || end <= start) throw new Error("bad time");
    } catch (error) {
      return new Response(`parse error at line 1, col 1: ${error instanceof Error ? error.message : error}\n`, {
        status: 400,
      });
    }
    const query = { logql, ...parsed, limit, headers };
    queries.push(query);
    const other = answerOf && await Promise.race([answerOf(query), gone(request.signal)]);
    if (other) return other;
    if (limit > entriesMax) {
      const words =
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${entriesMax})`;
      return new Response(`${words}\n`, { status: 400 });
    }
    const line = query.filter === undefined ? undefined : expressionOf(query.filter);
    const found = streams
      .filter(({ labels }) => query.matchers.every((matcher) => matches(matcher, labels)))
      .flatMap((stream, index) => stream.lines.map(([ms, text]) => ({ stream, index, ms, text })))
      .filter(({ ms, text }) =>
        BigInt(ms) * 1_000_000n >= start && BigInt(ms) * 1_000_000n < end && (line?.test(text) ?? true)
      )
      .sort((a, b) => b.ms - a.ms)
      .slice(0, limit);
    const result = Array.from(Map.groupBy(found, ({ index }) => index).values(), (lines) => ({
      stream: lines[0]?.stream.labels,
      values: lines.map(({ ms, text }) => [`${ms}000000`, text]),
    }));
    return Response.json({ status: "success", data: { resultType: "streams", result, stats: {} } });
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    queries,
    interfere: (given) => answerOf = given,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Ends the wait for an answer that never comes once its caller has gone away. */
function gone(signal: AbortSignal): Promise<Response> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(new Response(null, { status: 499 })), { once: true });
  });
}

function matches({ label, operator, value }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const own = labels[label] ?? "";
  return operator === "=" ? own === value : new RegExp(`^(?:${value})$`, "s").test(own);
}

/** RE2's flags in front, which the language here takes apart. */
function expressionOf(filter: string): RegExp {
  return filter.startsWith("(?i)") ? new RegExp(filter.slice(4), "i") : new RegExp(filter);
}

/** A string literal of Go's, of those escapes that may stand in one. */
const LITERAL = /"(?:[^"\\\n]|\\(?:[abfnrtv\\"]|x[0-9a-fA-F]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*"/y;

/** Reads `{label="value", …} |~ "expression"` and nothing else. @throws for what is no such query */
export function parseLogQl(logql: string): Pick<SeenQuery, "matchers" | "filter"> {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = at;
    const [found] = sticky.exec(logql) ?? [];
    at += found?.length ?? 0;
    return found;
  };
  const need = (pattern: RegExp, what: string): string => {
    const found = take(pattern);
    if (found === undefined) throw new Error(`syntax error: unexpected ${logql.slice(at, at + 9)}, expecting ${what}`);
    return found;
  };
  // Of Go's escapes JSON lacks \a, \v, \x and \U: the tools write none of them.
  const literal = () => JSON.parse(need(LITERAL, "STRING")) as string;
  const matchers: Matcher[] = [];
  need(/\{/, "{");
  do {
    const label = need(/[a-zA-Z_]\w*/, "IDENTIFIER");
    const operator = need(/=~?/, "= or =~") as Matcher["operator"];
    matchers.push({ label, operator, value: literal() });
  } while (take(/, /));
  need(/\}/, "}");
  const filter = take(/ \|~ /) === undefined ? undefined : literal();
  if (at < logql.length) throw new Error(`syntax error: unexpected ${logql.slice(at, at + 9)}`);
  return { matchers, filter };
}
