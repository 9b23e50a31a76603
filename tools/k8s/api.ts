import { withDeadline } from "../deadline.ts";
import { ToolError } from "../error.ts";
import { readBody } from "./body.ts";
import { type Access, ClusterAccess } from "./cluster_access.ts";
import type { ClusterSource } from "./cluster_source.ts";
import { configurationHint, messageOf } from "./kube_config.ts";
import { isConnectFailure, unreachable } from "./unreachable.ts";

/** A GET request to the API. */
export interface ApiRequest {
  /** Begins with a slash; its parts are encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
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

/** One cluster's API over HTTPS: credentials, deadlines and kept connections. */
export class KubernetesApi implements Disposable {
  readonly #access: ClusterAccess;
  readonly #timeoutMs: number;
  /** What an operator checks when the API refuses the credentials. */
  readonly credentialsHint: string;

  constructor(source: ClusterSource, timeoutMs: number) {
    this.#access = new ClusterAccess(source);
    this.#timeoutMs = timeoutMs;
    this.credentialsHint = configurationHint(source);
  }

  /** Loads what the first request needs. @throws {ToolError} `unavailable` when the configuration cannot be used. */
  async warm(): Promise<void> {
    await this.#access.open();
  }

  /**
   * Asks; credentials that the API refuses are loaded anew once.
   *
   * @throws {ToolError} `unavailable` when no answer came in time, or none at all.
   */
  async get(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    try {
      return await withDeadline(signal, this.#timeoutMs, async (signal) => {
        const access = await this.#access.open();
        const answer = await ask(access, request, signal);
        if (answer.status !== 401 || !this.#access.renew(access)) return answer;
        return await ask(await this.#access.open(), request, signal);
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ToolError && error.kind === "timeout")) throw error;
      throw new ToolError("unavailable", `The Kubernetes API did not answer within ${this.#timeoutMs} ms`, {
        hint: "Try again; if it persists, ask the operator whether the cluster is overloaded or cut off",
        cause: error,
      });
    }
  }

  [Symbol.dispose](): void {
    this.#access[Symbol.dispose]();
  }
}

async function ask(access: Access, request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
  const query = Object.entries(request.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
  const url = `${access.server}${request.path}${query && `?${query}`}`;
  const response = await connect(url, access, request.accept, signal);
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

/** A kept connection may have died unseen: what fails on one is asked again, for that changes nothing. */
async function connect(url: string, access: Access, accept: string, signal: AbortSignal): Promise<Response> {
  const send = () =>
    fetch(url, {
      client: access.client,
      headers: { ...access.headers, Accept: accept },
      redirect: "manual", // A redirect would carry the credentials elsewhere.
      signal,
    });
  try {
    return await send().catch((error) => {
      if (signal.aborted || isConnectFailure(error)) throw error;
      return send();
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(access.server, cause);
  }
}
