import { ToolError } from "../error.ts";
import { untilAborted } from "../single_flight.ts";
import {
  type AccessRight,
  parseReview,
  parseSubject,
  reviewRequest,
  subjectRequest,
  type Verdict,
} from "./access_review.ts";
import type { ClusterCall } from "./cluster.ts";
import { forbidden } from "./forbidden.ts";
import type { ApiAnswer, HttpRequest } from "./http.ts";
import { type ClusterIdentity, SERVER_ACCOUNT } from "./identity.ts";
import { KeptAnswers } from "./kept_answers.ts";

export interface ReviewedRightsOptions {
  /** Asks the API under an identity. @throws {ToolError} when there is no answer in time. */
  readonly ask: (
    request: HttpRequest,
    identity: ClusterIdentity,
    call: ClusterCall,
    timeoutMs: number,
  ) => Promise<ApiAnswer>;
  /** A clock in milliseconds that only goes forward. */
  readonly elapsed: () => number;
  /** Milliseconds that any request may take. */
  readonly timeoutMs: number;
}

/** A review that takes longer is gone without. */
const REVIEW_MS = 2_000;
const ALLOWED_KEPT_MS = 300_000;
/** Short: an administrator who has just given the right wants to see it work. */
const OTHERWISE_KEPT_MS = 30_000;
/** Identities times namespaces times two rights; an entry is some 200 bytes. */
const VERDICTS_MAX = 10_000;

/** What the cluster said that identities may do, kept for a while. */
export class ReviewedRights implements Disposable {
  readonly #ask: ReviewedRightsOptions["ask"];
  readonly #reviewMs: number;
  readonly #verdicts: KeptAnswers<Verdict>;
  readonly #ownName: KeptAnswers<string | undefined>;
  readonly #closing = new AbortController();

  constructor({ ask, elapsed, timeoutMs }: ReviewedRightsOptions) {
    this.#ask = ask;
    this.#reviewMs = Math.min(REVIEW_MS, timeoutMs);
    this.#verdicts = new KeptAnswers(VERDICTS_MAX, elapsed);
    this.#ownName = new KeptAnswers(1, elapsed);
  }

  /**
   * Asks the cluster whether it will allow something, unless it has said so lately.
   *
   * @returns `unknown` where the cluster does not say.
   * @throws {ToolError} `forbidden`, in words, where it will not; or the reason of the call's signal.
   */
  async require(right: AccessRight, identity: ClusterIdentity, call: ClusterCall): Promise<"allowed" | "unknown"> {
    let verdict = await this.#review(withoutName(right), identity, call);
    // A Role may allow it for some objects by name.
    if (verdict.kind === "denied" && right.name !== undefined) verdict = await this.#review(right, identity, call);
    if (verdict.kind !== "denied") return verdict.kind;
    const user = await this.nameOf(identity, call);
    const { verb, resource, group: apiGroup = "", namespace } = right;
    throw forbidden({ verb, resource, apiGroup, namespace, user, reason: verdict.reason }, identity);
  }

  /** Asks anew, whatever it has said lately. @throws {ToolError} where it does not answer in time. */
  async ask(right: AccessRight, identity: ClusterIdentity, call: ClusterCall): Promise<Verdict> {
    return parseReview(await this.#ask(reviewRequest(right), identity, call, this.#reviewMs));
  }

  /** The name of whom the cluster is asked as; `undefined` where it does not say. */
  async nameOf(identity: ClusterIdentity, call: ClusterCall): Promise<string | undefined> {
    return identity.user ?? await this.#askOwnName(call);
  }

  /** Has the cluster asked again: it has refused what it had said it would allow. */
  forget(right: AccessRight, identity: ClusterIdentity): void {
    this.#verdicts.forget(keyOf(right, identity));
    this.#verdicts.forget(keyOf(withoutName(right), identity));
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new ToolError("unavailable", "The connection to the cluster is closed"));
  }

  #review(right: AccessRight, identity: ClusterIdentity, call: ClusterCall): Promise<Verdict> {
    const verdict = this.#verdicts.get(keyOf(right, identity), async () => {
      const value = await this.#askShared(reviewRequest(right), identity, call, parseReview) ?? { kind: "unknown" };
      return { value, keepMs: value.kind === "allowed" ? ALLOWED_KEPT_MS : OTHERWISE_KEPT_MS };
    });
    return untilAborted(verdict, call.signal);
  }

  #askOwnName(call: ClusterCall): Promise<string | undefined> {
    const name = this.#ownName.get("", async () => {
      const value = await this.#askShared(subjectRequest(), SERVER_ACCOUNT, call, parseSubject);
      return { value, keepMs: value === undefined ? OTHERWISE_KEPT_MS : ALLOWED_KEPT_MS };
    });
    return untilAborted(name, call.signal);
  }

  /** Goes on when one of those who wait for it goes away. @returns `undefined` where there is no answer. */
  async #askShared<T>(
    request: HttpRequest,
    identity: ClusterIdentity,
    call: ClusterCall,
    parse: (answer: ApiAnswer) => T,
  ): Promise<T | undefined> {
    try {
      return parse(await this.#ask(request, identity, { ...call, signal: this.#closing.signal }, this.#reviewMs));
    } catch (error) {
      if (error instanceof ToolError) return undefined; // What was to be asked for will tell.
      throw error;
    }
  }
}

function withoutName({ name: _, ...right }: AccessRight): AccessRight {
  return right;
}

function keyOf({ verb, resource, group, namespace, name }: AccessRight, identity: ClusterIdentity): string {
  return JSON.stringify([identity.key, verb, group, resource, namespace, name]);
}
