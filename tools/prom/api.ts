import { parseBaseUrl } from "../base_url.ts";
import { withDeadline } from "../deadline.ts";
import { ToolError } from "../error.ts";
import { readBounded } from "./bounded_body.ts";
import { refusalOf } from "./refusal.ts";

export interface PrometheusOptions {
  /** Milliseconds that Prometheus may take to evaluate a query; 20,000 where left out. */
  readonly timeoutMs?: number;
  /** Bytes of an answer, uncompressed; 8 MiB where left out. */
  readonly bytesMax?: number;
}

/** A request to the API; a parameter may come more than once. */
export interface ApiRequest {
  /** Below `api/v1/`, its parts encoded. */
  readonly path: string;
  readonly parameters?: readonly (readonly [name: string, value: string])[];
  /** Whether the path takes its parameters in a body, which queries of any length need. */
  readonly post?: boolean;
}

/** What the network may take on top of the evaluation, so that Prometheus' own words on a timeout arrive. */
const NETWORK_MS = 1_000;

/** Prometheus' HTTP API by its base URL: credentials, deadlines, bounds, and words for what goes wrong. */
export class PrometheusApi {
  /** The base without its credentials: safe to print. */
  readonly address: string;
  /** As a query's parameter. */
  readonly timeout: string;
  readonly #url: URL;
  readonly #authorization: string | undefined;
  readonly #timeoutMs: number;
  readonly #bytesMax: number;

  /** @throws {TypeError} when the URL is none that can be asked; the message does not repeat it. */
  constructor(baseUrl: string, { timeoutMs = 20_000, bytesMax = 8_388_608 }: PrometheusOptions = {}) {
    const { url, authorization } = parseBaseUrl(baseUrl, "Prometheus");
    this.#url = url;
    this.#authorization = authorization;
    this.#timeoutMs = timeoutMs;
    this.#bytesMax = bytesMax;
    this.address = url.href.replace(/\/$/, "");
    this.timeout = `${timeoutMs}ms`;
  }

  /**
   * The text of a successful answer.
   *
   * @throws {ToolError} as `Prometheus` says
   */
  async ask(request: ApiRequest, signal: AbortSignal): Promise<string> {
    const { status, text } = await this.#askInTime(request, signal);
    if (status !== 200) throw refusalOf(status, text, this.address);
    return text;
  }

  async #askInTime(request: ApiRequest, signal: AbortSignal) {
    const timeoutMs = this.#timeoutMs;
    try {
      return await withDeadline(signal, timeoutMs + NETWORK_MS, (deadline) => this.#send(request, deadline));
    } catch (error) {
      if (!(error instanceof ToolError) || error.kind !== "timeout") throw error;
      throw new ToolError("timeout", `Prometheus at ${this.address} did not answer within ${timeoutMs} ms`, {
        hint: "Try again later, or ask for less: a shorter range, fewer series",
        data: { timeoutMs },
        cause: error,
      });
    }
  }

  async #send({ path, parameters = [], post = false }: ApiRequest, signal: AbortSignal) {
    const words = new URLSearchParams(parameters.map(([name, value]) => [name, value]));
    const url = new URL(`api/v1/${path}`, this.#url);
    if (!post) url.search = words.toString();
    try {
      const response = await fetch(url, {
        method: post ? "POST" : "GET",
        ...(post && { body: words }),
        headers: { accept: "application/json", ...(this.#authorization && { authorization: this.#authorization }) },
        // A redirect would carry the query, and on the same host the credentials, to a place nobody configured.
        redirect: "manual",
        signal,
      });
      return { status: response.status, text: await readBounded(response, this.#bytesMax) };
    } catch (error) {
      if (error instanceof ToolError) throw error;
      throw unreachable(this.address, error);
    }
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
