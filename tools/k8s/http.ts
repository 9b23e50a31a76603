import { ToolError } from "../error.ts";
import { readBody } from "./body.ts";
import { messageOf } from "./kube_config.ts";
import { isConnectFailure, unreachable } from "./unreachable.ts";

/** A request: a POST is a review, and changes nothing; a PATCH is sent once. */
export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PATCH";
  /** Begins with a slash; its parts are encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** JSON. */
  readonly body?: string;
  /** The body's form; `application/json` where left out. */
  readonly contentType?: string;
  readonly accept: string;
  /** Bytes of the answer's body that are read. */
  readonly bytesMax: number;
}

/** What the API answered, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** Whether the body went on after `bytesMax`. */
  readonly cut: boolean;
}

/** Where a request goes, and what it is made with. */
export interface Connection {
  /** URL that paths are appended to. */
  readonly server: string;
  readonly client: Deno.HttpClient;
  /** Credentials and identity; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Sends a request and reads its answer.
 *
 * @throws {ToolError} `unavailable` when there is none; or the signal's reason.
 */
export async function send(connection: Connection, request: HttpRequest, signal: AbortSignal): Promise<ApiAnswer> {
  const response = await open(connection, request, signal);
  try {
    const { body, cut } = await readBody(response, request.bytesMax);
    return { status: response.status, headers: response.headers, body, cut };
  } catch (cause) {
    signal.throwIfAborted();
    throw new ToolError("unavailable", `The Kubernetes API's answer broke off: ${messageOf(cause)}`, {
      hint: "Try again",
      cause,
    });
  }
}

/**
 * Sends a request; the answer's body is the caller's to read or to cancel.
 *
 * A kept connection may have died unseen: what fails on one is asked again, where that changes nothing. Whether a change
 * had arrived before its connection broke nobody knows: it is not sent again.
 *
 * @throws {ToolError} `unavailable` when there is no answer; or the signal's reason.
 */
export async function open(
  { server, client, headers }: Connection,
  { method = "GET", path, query = {}, body, contentType = "application/json", accept }: Omit<HttpRequest, "bytesMax">,
  signal: AbortSignal,
): Promise<Response> {
  const words = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
  const attempt = () =>
    fetch(`${server}${path}${words && `?${words}`}`, {
      client,
      method,
      headers: [
        ...headers.map(([name, value]): [string, string] => [name, value]),
        ["Accept", accept],
        ...(body === undefined ? [] : [["Content-Type", contentType] satisfies [string, string]]),
      ],
      ...(body !== undefined && { body }),
      redirect: "manual", // A redirect would carry the credentials elsewhere.
      signal,
    });
  try {
    return await attempt().catch((error) => {
      if (signal.aborted || method === "PATCH" || isConnectFailure(error)) throw error;
      return attempt();
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(server, cause);
  }
}
