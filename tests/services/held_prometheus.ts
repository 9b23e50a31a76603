/** A query that waits for its answer. */
export interface HeldQuery {
  readonly query: string;
  /** Answers it with one sample, of value 1. */
  answer(): void;
  /** The asker went away before it was answered. */
  readonly dropped: Promise<void>;
}

/** An HTTP API in Prometheus' form that answers a query when the test says so: a call that is under way for so long. */
export interface HeldPrometheus extends AsyncDisposable {
  readonly url: string;
  /** The next query that has come. @throws after 20 s */
  next(): Promise<HeldQuery>;
  /** From now on every query is answered at once. */
  answerAll(): void;
}

const ANSWER = { status: "success", data: { resultType: "vector", result: [{ metric: {}, value: [1, "1"] }] } };
const TIMEOUT_MS = 20_000;

export function startHeldPrometheus(): HeldPrometheus {
  const arrived: HeldQuery[] = [];
  const waiting: ((query: HeldQuery) => void)[] = [];
  const open = new Set<() => void>();
  let holds = true;
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const url = new URL(request.url);
    const form = request.method === "POST" ? new URLSearchParams(await request.text()) : url.searchParams;
    if (!holds) return Response.json(ANSWER);
    const answered = Promise.withResolvers<void>();
    const dropped = Promise.withResolvers<void>();
    request.signal.addEventListener("abort", () => dropped.resolve());
    open.add(answered.resolve);
    const held = { query: form.get("query") ?? "", answer: answered.resolve, dropped: dropped.promise };
    const take = waiting.shift();
    if (take) take(held);
    else arrived.push(held);
    await Promise.race([answered.promise, dropped.promise]);
    open.delete(answered.resolve);
    return Response.json(ANSWER);
  });
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    async next() {
      const held = arrived.shift();
      if (held) return held;
      const { promise, resolve, reject } = Promise.withResolvers<HeldQuery>();
      const timer = setTimeout(() => reject(new Error(`No query came in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
      waiting.push(resolve);
      return await promise.finally(() => clearTimeout(timer));
    },
    answerAll: () => void (holds = false),
    async [Symbol.asyncDispose]() {
      for (const answer of open) answer();
      await listener.shutdown();
    },
  };
}
