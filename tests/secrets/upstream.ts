import { createServer } from "node:http";

/** What an upstream answers with. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly body: string;
}

/** A server in Prometheus' place that says what a test wants. */
export interface Upstream extends AsyncDisposable {
  readonly port: number;
  answer: UpstreamAnswer;
}

export async function startUpstream(): Promise<Upstream> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(upstream.answer.status, { "content-type": "application/json" });
      response.end(upstream.answer.body);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, "127.0.0.1", () => listening.resolve());
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const upstream: Upstream = {
    port: address.port,
    answer: { status: 503, body: "" },
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
  return upstream;
}

/** Prometheus' answer with one series. */
export function oneSeries(labels: Readonly<Record<string, string>>, warnings: readonly string[] = []): UpstreamAnswer {
  const result = [{ metric: labels, value: [1_700_000_000, "1"] }];
  return {
    status: 200,
    body: JSON.stringify({ status: "success", data: { resultType: "vector", result }, warnings }),
  };
}

/** Prometheus' answer to a query that it refuses. */
export function refused(status: number, errorType: string, error: string): UpstreamAnswer {
  return { status, body: JSON.stringify({ status: "error", errorType, error }) };
}
