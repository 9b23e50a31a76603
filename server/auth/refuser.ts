import type { Clock } from "../../storage/clock.ts";
import type { Log } from "../log.ts";
import type { Refusal } from "../refusals.ts";
import type { Authenticator, CredentialFault, Verdict } from "./authenticator.ts";
import { type BearerError, type Denial, printChallenge, printDenial } from "./challenge.ts";
import type { Visit } from "./gate.ts";
import type { Guesses } from "./guesses.ts";
import { createRefusalLog } from "./refusal_log.ts";

/** Of a path that a peer chose, in the log. */
const PATH_CHARS_MAX = 128;
/** A store or an issuer that is away is asked again about then. */
const AWAY_RETRY_MS = 5000;

/** What to send, by how callers are told apart. */
const HINTS: Readonly<Record<Authenticator["mode"], string>> = {
  token: "Send Authorization: Bearer and an API key; the operator makes one by deno task token create",
  oidc: "Send Authorization: Bearer and an access token for this server; resource_metadata says who issues them",
};
const WAIT = "Wait as long as Retry-After says";

export interface RefuserOptions {
  readonly authenticator: Pick<Authenticator, "mode" | "challenge">;
  readonly guesses: Guesses;
  readonly clock: Clock;
  readonly log: Pick<Log, "debug" | "warn">;
  readonly onRefusal: (reason: Refusal) => void;
}

/** Answers those who are not let in; each is counted, and logged without what it has shown. */
export class Refuser {
  readonly #options: RefuserOptions;
  readonly #log: Pick<Log, "debug" | "warn">;
  readonly #hint: string;

  constructor(options: RefuserOptions) {
    this.#options = options;
    this.#log = createRefusalLog(options.log, options.clock);
    this.#hint = HINTS[options.authenticator.mode];
  }

  /** Counts a request, and answers it where its address has sent too many. */
  async tooMany(visit: Visit): Promise<Response | undefined> {
    const retryAfterMs = await this.#options.guesses.request(visit.address);
    if (retryAfterMs === undefined) return undefined;
    const message = "Too many requests from your address";
    return this.deny(visit, "address_limit", { status: 429, kind: "rate_limited", message, hint: WAIT, retryAfterMs });
  }

  /** Answers an address that may try no credential now. */
  async locked(visit: Visit): Promise<Response | undefined> {
    const retryAfterMs = await this.#options.guesses.locked(visit.address);
    return retryAfterMs === undefined ? undefined : this.#lockedOut(visit, retryAfterMs);
  }

  /** A credential that is none of ours: it may be a guess. */
  async credential(visit: Visit, fault: CredentialFault | "ticket", message: string): Promise<Response> {
    const retryAfterMs = await this.#options.guesses.failed(visit.address);
    if (retryAfterMs !== undefined) return this.#lockedOut(visit, retryAfterMs);
    const challenge = this.challenge("invalid_token", message);
    return this.#unauthenticated(visit, `credential_${fault}`, 401, message, challenge);
  }

  form(visit: Visit, message: string): Response {
    const challenge = this.challenge("invalid_request", message);
    return this.#unauthenticated(visit, "credential_form", 400, message, challenge);
  }

  nobody(visit: Visit): Response {
    const message = "Expected a credential, but got none";
    return this.#unauthenticated(visit, "no_credential", 401, message, this.challenge(), "debug");
  }

  scope(visit: Visit, { description }: Extract<Verdict, { readonly kind: "insufficient_scope" }>): Response {
    return this.deny(visit, "insufficient_scope", {
      status: 403,
      kind: "forbidden",
      message: description,
      hint: "Ask the issuer for an access token with all scopes that the challenge names",
      challenge: this.challenge("insufficient_scope", description),
    });
  }

  csrf(visit: Visit): Response {
    return this.deny(visit, "csrf", {
      status: 403,
      kind: "forbidden",
      message: "Expected the session's x-csrf-token, from a page of this server",
      hint: "Read it from GET /dashboard/session",
    });
  }

  /** It cannot be found out now. */
  away(visit: Visit, message: string, error: unknown): Response {
    const denial = { status: 503, kind: "unavailable", message, hint: WAIT, retryAfterMs: AWAY_RETRY_MS } as const;
    return this.deny(visit, "auth_unavailable", denial, "warn", error);
  }

  deny(visit: Visit, reason: Refusal, denial: Denial, level: "debug" | "warn" = "warn", error?: unknown): Response {
    this.tell(visit, reason, denial.message, level, error);
    return printDenial(new URL(visit.request.url).pathname, denial);
  }

  /** Counts and logs a refusal that somebody else answers. */
  tell(visit: Visit, reason: Refusal, words: string, level: "debug" | "warn" = "warn", error?: unknown): void {
    this.#options.onRefusal(reason);
    const { request: { method, url }, address } = visit;
    // The path alone: a query may hold a credential.
    const path = new URL(url).pathname.slice(0, PATH_CHARS_MAX);
    this.#log[level]("A request was refused", { reason, words, address, method, path, error });
  }

  /** Value of `www-authenticate`; without an error, where no credential came. */
  challenge(error?: BearerError, description?: string): string {
    return printChallenge(this.#options.authenticator.challenge, error, description);
  }

  #lockedOut(visit: Visit, retryAfterMs: number): Response {
    const message = "Too many credentials from your address were refused";
    return this.deny(visit, "lockout", { status: 429, kind: "rate_limited", message, hint: WAIT, retryAfterMs });
  }

  #unauthenticated(
    visit: Visit,
    reason: Refusal,
    status: 400 | 401,
    message: string,
    challenge: string,
    level?: "debug",
  ): Response {
    return this.deny(visit, reason, { status, kind: "unauthenticated", message, hint: this.#hint, challenge }, level);
  }
}
