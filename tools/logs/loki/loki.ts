import { Buffer } from "node:buffer";
import { parseBaseUrl } from "../../base_url.ts";
import { withDeadline } from "../../deadline.ts";
import { ToolError } from "../../error.ts";
import { readBody } from "../../k8s/body.ts";
import { type LokiStream, parseStreams, refusalOf } from "./reply.ts";

export interface LokiRequest {
  /** LogQL of lines. */
  readonly query: string;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  /** Milliseconds since the epoch. */
  readonly endMs: number;
  /** Lines at most, the newest. */
  readonly limit: number;
}

/** `cut`: the answer was larger than what is read. */
export type LokiAnswer =
  | { readonly kind: "read"; readonly streams: readonly LokiStream[] }
  | { readonly kind: "cut" };

/**
 * A Loki, or what speaks its HTTP API.
 *
 * Every call throws a ToolError that names Loki: `tool_failed` for what it refuses, `unavailable` when it is away, too
 * slow, refuses the credentials or is no Loki, `rate_limited`, and `cancelled`.
 */
export interface Loki {
  /** The newest lines of a time, newest first. */
  queryRange(request: LokiRequest, signal: AbortSignal): Promise<LokiAnswer>;
}

export interface LokiOptions {
  /** Sent as X-Scope-OrgID, where Loki has several tenants. */
  readonly tenant?: string | undefined;
  /** Milliseconds that an answer may take; 20,000 where left out. */
  readonly timeoutMs?: number;
  /** Bytes of an answer; 16 MiB where left out. */
  readonly bytesMax?: number;
}

/**
 * Opens a Loki by its base URL: `http://loki:3100`, with a path where it has a prefix, and with `user:password@` where
 * it wants basic authentication. Nothing is connected before the first query.
 *
 * @throws {TypeError} when the URL is none that can be asked; the message does not repeat it, for it may hold a password.
 */
export function openLoki(baseUrl: string, options: LokiOptions = {}): Loki {
  const { tenant, timeoutMs = 20_000, bytesMax = 16_777_216 } = options;
  const { url: base, authorization } = parseBaseUrl(baseUrl, "Loki");
  const address = base.href.replace(/\/$/, "");
  const headers = {
    accept: "application/json",
    ...(authorization && { authorization }),
    ...(tenant !== undefined && { "x-scope-orgid": tenant }),
  };

  async function ask(url: URL, signal: AbortSignal) {
    try {
      // A redirect would carry the query, and on the same host the credentials, to a place nobody configured.
      const response = await fetch(url, { headers, redirect: "manual", signal });
      return { status: response.status, ...await readBody(response, bytesMax) };
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(address, error);
    }
  }

  return {
    async queryRange({ query, startMs, endMs, limit }, signal) {
      const url = new URL("loki/api/v1/query_range", base);
      url.search = new URLSearchParams({
        query,
        start: `${startMs}000000`,
        end: `${endMs}000000`,
        limit: String(limit),
        direction: "backward",
      }).toString();
      const { status, body, cut } = await withDeadline(signal, timeoutMs, (deadline) => ask(url, deadline))
        .catch((error) => {
          if (!(error instanceof ToolError && error.kind === "timeout")) throw error;
          throw new ToolError("unavailable", `Loki at ${address} did not answer within ${timeoutMs} ms`, {
            hint: "Ask for less: a shorter since_seconds, one pod",
            cause: error,
          });
        });
      const text = Buffer.from(body).toString();
      if (status !== 200) throw refusalOf(status, text, address);
      return cut ? { kind: "cut" } : { kind: "read", streams: parseStreams(text, address) };
    },
  };
}

function unreachable(address: string, error: unknown): ToolError {
  // Deno wraps the reason, and repeats the URL in it.
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const words = reason instanceof Error ? reason.message.replace(/^error sending request for url \(\S*\): /, "") : "";
  return new ToolError("unavailable", `Cannot reach Loki at ${address}: ${words}`, {
    hint: "Try again in a moment; if it stays away, ask the operator to check Loki and LOKI_URL",
    cause: error,
  });
}
