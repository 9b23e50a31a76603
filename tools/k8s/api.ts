import { withDeadline } from "../deadline.ts";
import { ToolError } from "../error.ts";
import type { AccessRight, Verdict } from "./access_review.ts";
import type { ClusterCall } from "./cluster.ts";
import { ClusterAccess } from "./cluster_access.ts";
import type { ClusterSource } from "./cluster_source.ts";
import { type ApiAnswer, type HttpRequest, open, send } from "./http.ts";
import {
  checkImpersonation,
  type ClusterIdentity,
  identityHeaders,
  impersonate,
  type Impersonation,
  SERVER_ACCOUNT,
} from "./identity.ts";
import { configurationHint } from "./kube_config.ts";
import { refusal } from "./refusal.ts";
import { ReviewedRights } from "./reviewed_rights.ts";

/** A GET request to the API. */
export interface ApiRequest extends Omit<HttpRequest, "method" | "body"> {
  /** What it needs, reviewed before its first use; left out where a refusal is as good as an answer. */
  readonly right?: AccessRight;
}

/** A PATCH request to the API, with what it needs, which is reviewed before its first use. */
export interface PatchRequest extends Omit<HttpRequest, "method"> {
  readonly body: string;
  readonly contentType: string;
  readonly right: AccessRight;
}

export interface KubernetesApiOptions {
  /** Milliseconds that one request may take. */
  readonly timeoutMs: number;
  /** Asks as the caller; as the server's own account where `undefined`. */
  readonly impersonate: Impersonation | undefined;
  /** A clock in milliseconds that only goes forward. */
  readonly elapsed: () => number;
}

/** One cluster's API over HTTPS: identities, rights, credentials, deadlines and kept connections. */
export class KubernetesApi implements Disposable {
  readonly #access: ClusterAccess;
  readonly #rights: ReviewedRights;
  readonly #timeoutMs: number;
  readonly #impersonate: Impersonation | undefined;
  readonly #credentialsHint: string;

  /** @throws {Error} for an impersonation that could never work. */
  constructor(source: ClusterSource, { timeoutMs, impersonate, elapsed }: KubernetesApiOptions) {
    if (impersonate) checkImpersonation(impersonate);
    this.#access = new ClusterAccess(source);
    this.#rights = new ReviewedRights({ ask: this.#ask.bind(this), elapsed, timeoutMs });
    this.#timeoutMs = timeoutMs;
    this.#impersonate = impersonate;
    this.#credentialsHint = configurationHint(source);
  }

  /** Loads what the first request needs. @throws {ToolError} `unavailable` when the configuration cannot be used. */
  async warm(): Promise<void> {
    await this.#access.open();
  }

  /**
   * Asks as whom the call is for; credentials that the API refuses are loaded anew once.
   *
   * @throws {ToolError} `unavailable` when no answer came in time, or none at all; `forbidden` where a review denies the
   * right, and for a caller that cannot be impersonated.
   */
  async get({ right, ...request }: ApiRequest, call: ClusterCall): Promise<ApiAnswer> {
    const identity = this.identityOf(call);
    const verdict = right && await this.#rights.require(right, identity, call);
    const answer = await this.#ask(request, identity, call, this.#timeoutMs);
    if (right && verdict === "allowed" && answer.status === 403) this.#rights.forget(right, identity);
    return answer;
  }

  /**
   * Asks for a change as whom the call is for, once: only where the API refuses the credentials, which changes nothing,
   * is it asked again with others.
   *
   * @throws {ToolError} as `get`; whether a change that got no answer was done is not known.
   */
  async patch({ right, ...request }: PatchRequest, call: ClusterCall): Promise<ApiAnswer> {
    const identity = this.identityOf(call);
    const verdict = await this.#rights.require(right, identity, call);
    const answer = await this.#ask({ method: "PATCH", ...request }, identity, call, this.#timeoutMs);
    if (verdict === "allowed" && answer.status === 403) this.#rights.forget(right, identity);
    return answer;
  }

  /**
   * Opens an answer that goes on until it ends or the signal aborts, as the server's own account.
   *
   * @throws {ToolError} `unavailable` when none began in time; or the signal's reason.
   */
  async watch(request: Pick<HttpRequest, "path" | "query" | "accept">, signal: AbortSignal): Promise<Response> {
    if (this.#impersonate) throw new Error("Where callers are impersonated nothing is watched for all of them");
    const late = new AbortController();
    const unavailable = new ToolError("unavailable", `The Kubernetes API began no answer within ${this.#timeoutMs} ms`);
    const timer = setTimeout(() => late.abort(unavailable), this.#timeoutMs);
    const either = AbortSignal.any([signal, late.signal]);
    try {
      const attempt = async () => {
        const access = await this.#access.open();
        const headers = identityHeaders(SERVER_ACCOUNT, access.headers, "");
        return { access, response: await open({ ...access, headers }, request, either) };
      };
      const { access, response } = await attempt();
      if (response.status !== 401 || !this.#access.renew(access)) return response;
      await response.body?.cancel();
      return (await attempt()).response;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether the cluster allows something, as `get` finds out. @throws {ToolError} as `get` */
  async require(right: AccessRight, call: ClusterCall): Promise<"allowed" | "unknown"> {
    return await this.#rights.require(right, this.identityOf(call), call);
  }

  /**
   * Asks the cluster now whether whoever asks may do something, and who that is.
   *
   * @throws {ToolError} as `get`
   */
  async review(right: AccessRight, call: ClusterCall): Promise<{ verdict: Verdict; user: string | undefined }> {
    const identity = this.identityOf(call);
    const [verdict, user] = await Promise.all([
      this.#rights.ask(right, identity, call),
      this.#rights.nameOf(identity, call),
    ]);
    return { verdict, user };
  }

  /** Whom the cluster is asked as. @throws {ToolError} `forbidden` for a caller that cannot be impersonated. */
  identityOf({ principal }: ClusterCall): ClusterIdentity {
    return this.#impersonate ? impersonate(principal, this.#impersonate) : SERVER_ACCOUNT;
  }

  /** The words for an answer that is no success. @param action completes "Cannot …" */
  refusal(answer: ApiAnswer, action: string, call: ClusterCall): ToolError {
    return refusal(answer, action, { credentialsHint: this.#credentialsHint, identity: this.identityOf(call) });
  }

  [Symbol.dispose](): void {
    this.#rights[Symbol.dispose]();
    this.#access[Symbol.dispose]();
  }

  /** The one place where a request gets its headers: nothing asks the cluster as anybody else. */
  async #ask(
    request: HttpRequest,
    identity: ClusterIdentity,
    { recordId, signal }: ClusterCall,
    timeoutMs: number,
  ): Promise<ApiAnswer> {
    try {
      return await withDeadline(signal, timeoutMs, async (signal) => {
        const attempt = async () => {
          const access = await this.#access.open();
          const headers = identityHeaders(identity, access.headers, recordId);
          return { access, answer: await send({ ...access, headers }, request, signal) };
        };
        const { access, answer } = await attempt();
        if (answer.status !== 401 || !this.#access.renew(access)) return answer;
        return (await attempt()).answer;
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ToolError && error.kind === "timeout")) throw error;
      throw new ToolError("unavailable", `The Kubernetes API did not answer within ${timeoutMs} ms`, {
        hint: "Try again; if it persists, ask the operator whether the cluster is overloaded or cut off",
        cause: error,
      });
    }
  }
}
