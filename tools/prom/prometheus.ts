import { Buffer } from "node:buffer";
import { withDeadline } from "../deadline.ts";
import { ToolError } from "../error.ts";
import { readBounded } from "./bounded_body.ts";
import { refusalOf } from "./refusal.ts";
import { parseReply } from "./reply.ts";
import type { QueryResult } from "./result.ts";

/** A Prometheus, or what speaks its HTTP API. */
export interface Prometheus {
  /**
   * Evaluates an instant query, now.
   *
   * @throws {ToolError} `invalid_params` for a query that it refuses, `tool_failed` for one that it cannot evaluate or
   * whose answer is too large, `timeout`, `cancelled`, and `unavailable` when it is away or is no Prometheus.
   */
  query(promql: string, signal: AbortSignal): Promise<QueryResult>;
}

export interface PrometheusOptions {
  /** Milliseconds that Prometheus may take to evaluate a query; 20,000 where left out. */
  readonly timeoutMs?: number;
  /** Bytes of an answer, uncompressed; 8 MiB where left out. */
  readonly bytesMax?: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What the network may take on top of the evaluation, so that Prometheus' own words on a timeout arrive. */
const NETWORK_MS = 1_000;

/**
 * Opens a Prometheus by its base URL: `http://prometheus:9090`, with a path where it has a prefix, and with
 * `user:password@` where it wants basic authentication. Nothing is connected before the first query.
 *
 * @throws {TypeError} when the URL is none that can be asked; the message does not repeat it, for it may hold a password.
 */
export function openPrometheus(
  baseUrl: string,
  { timeoutMs = 20_000, bytesMax = 8_388_608 }: PrometheusOptions = {},
): Prometheus {
  const { url, authorization } = parseBaseUrl(baseUrl);
  // The base without its credentials: safe to print.
  const address = url.href.replace(/\/$/, "");
  const request = {
    method: "POST",
    headers: { accept: "application/json", ...(authorization && { authorization }) },
    // A redirect would carry the query, and on the same host the credentials, to a place nobody configured.
    redirect: "manual",
  } as const;

  const post = async (promql: string, signal: AbortSignal): Promise<Answer> => {
    const body = new URLSearchParams({ query: promql, timeout: `${timeoutMs}ms` });
    try {
      const response = await fetch(new URL("api/v1/query", url), { ...request, body, signal });
      return { status: response.status, text: await readBounded(response, bytesMax) };
    } catch (error) {
      if (error instanceof ToolError) throw error;
      throw unreachable(address, error);
    }
  };

  const postInTime = async (promql: string, signal: AbortSignal): Promise<Answer> => {
    try {
      return await withDeadline(signal, timeoutMs + NETWORK_MS, (deadline) => post(promql, deadline));
    } catch (error) {
      if (!(error instanceof ToolError) || error.kind !== "timeout") throw error;
      throw new ToolError("timeout", `Prometheus at ${address} did not answer within ${timeoutMs} ms`, {
        hint: "Try again later, or ask for less: a shorter range, fewer series",
        data: { timeoutMs },
        cause: error,
      });
    }
  };

  return {
    async query(promql, signal) {
      const { status, text } = await postInTime(promql, signal);
      if (status !== 200) throw refusalOf(status, text, address);
      return parseReply(text, address);
    },
  };
}

/** Stands in where no Prometheus is configured: every query says which setting is missing. */
export function prometheusNotConfigured(): Prometheus {
  return {
    query: () =>
      Promise.reject(
        new ToolError("unavailable", "Cannot query Prometheus: PROMETHEUS_URL is not set", {
          hint: "Ask the operator to start the server with PROMETHEUS_URL, such as http://prometheus:9090",
        }),
      ),
  };
}

function parseBaseUrl(text: string): { readonly url: URL; readonly authorization: string | undefined } {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError("Invalid Prometheus URL: expected http:// or https://, a host, and a path if it has a prefix");
  }
  const credentials = [url.username, url.password].map(decode).join(":");
  url.username =
    url.password =
    url.search =
    url.hash =
      "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return {
    url,
    authorization: credentials === ":" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("Invalid Prometheus URL: its user or password is not percent-encoded (write % as %25)");
  }
}

function unreachable(address: string, error: unknown): ToolError {
  // Deno wraps the reason, and repeats the URL in it.
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const words = reason instanceof Error ? reason.message.replace(/^error sending request for url \(\S*\): /, "") : "";
  return new ToolError("unavailable", `Cannot reach Prometheus at ${address}: ${words}`, {
    hint: "Try again in a moment; if it stays away, ask the operator to check Prometheus and PROMETHEUS_URL",
    cause: error,
  });
}
