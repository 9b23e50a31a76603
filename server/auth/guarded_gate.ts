import { StorageError } from "../../storage/errors.ts";
import type { Clock } from "../../storage/clock.ts";
import type { Log } from "../log.ts";
import type { Refusal } from "../refusals.ts";
import type { Rule } from "./access.ts";
import type { Authenticator, Identity, Verdict } from "./authenticator.ts";
import { type Denial, printChallenge, printDenial } from "./challenge.ts";
import { readCredential } from "./credential.ts";
import { refuseDoor } from "./door_right.ts";
import type { Gate, GateRules, Visit, Visitor } from "./gate.ts";
import type { Guesses } from "./guesses.ts";
import { createRefusalLog } from "./refusal_log.ts";
import { mayChange } from "./session_csrf.ts";
import type { Sessions } from "./session.ts";
import { createStanding } from "./standing.ts";
import type { UpgradeTickets } from "./tickets.ts";

/** Of a path that a peer chose, in the log. */
const PATH_CHARS_MAX = 128;
/** A store or an issuer that is away is asked again about then. */
const AWAY_RETRY_MS = 5000;

export interface GuardedGateOptions extends GateRules {
  readonly authenticator: Authenticator;
  readonly guesses: Guesses;
  readonly tickets: Pick<UpgradeTickets, "redeem">;
  readonly sessions: Pick<Sessions, "find">;
  readonly clock: Clock;
  readonly log: Pick<Log, "debug" | "warn">;
}

type RefusedVerdict = Extract<Verdict, { readonly kind: "refused" | "insufficient_scope" }>;

/** A gate that asks for a credential; it also helps the sign-in, which takes one by itself. */
export interface GuardedGate extends Gate {
  /** Answers an address that may try no credential now. */
  admit(visit: Visit): Promise<Response | undefined>;
  /** Counts a credential that was refused at the sign-in. */
  failed(visit: Visit): Promise<void>;
  /** Value of `www-authenticate` beside a verdict; without one, where no credential came. */
  challenge(verdict?: RefusedVerdict): string;
}

export function createGuardedGate(options: GuardedGateOptions): GuardedGate {
  const { authenticator, authorizer, guesses, tickets, sessions, clock } = options;
  const log = createRefusalLog(options.log, clock);
  const hint = HINTS[authenticator.mode];

  async function enter(visit: Visit, rule: Rule, known?: Visitor): Promise<Visitor | Response | undefined> {
    if (rule.access === "open") return known;
    const visitor = known ?? await visitorOf(visit, rule);
    if (visitor === undefined || visitor instanceof Response) return visitor;
    const denial = refuseDoor(authorizer, visitor.identity.principal, rule.access);
    return denial ? deny(visit, "door", denial) : visitor;
  }

  async function visitorOf(visit: Visit, rule: Rule): Promise<Visitor | Response | undefined> {
    const shown = readCredential(visit.request, visit.isUpgrade);
    // A credential that was verified a moment ago costs nothing, and suffers from nobody who shares its address.
    const verified = shown.kind === "bearer" ? authenticator.verified(shown.credential) : undefined;
    if (verified) return asVisitor(verified);
    const refused = await countRequest(visit);
    if (refused) return refused;
    switch (shown.kind) {
      case "invalid": {
        const challenge = printChallenge(authenticator.challenge, "invalid_request", shown.description);
        const denial = { status: 400, kind: "unauthenticated", message: shown.description, hint, challenge } as const;
        return deny(visit, "credential_form", denial);
      }
      case "bearer":
        return await refuseLocked(visit) ?? await verify(visit, shown.credential);
      case "ticket":
        return await redeem(visit, shown.ticket);
      case "none":
        return await signedIn(visit, rule) ?? (rule.access === "glance" ? undefined : refuseNobody(visit));
    }
  }

  async function verify(visit: Visit, credential: string): Promise<Visitor | Response> {
    const verdict = await authenticator.verify(credential);
    switch (verdict.kind) {
      case "accepted":
        return asVisitor(verdict.identity);
      case "refused":
        return await refuseCredential(visit, verdict.fault, challenge(verdict), verdict.description);
      case "insufficient_scope":
        return deny(visit, "insufficient_scope", {
          status: 403,
          kind: "forbidden",
          message: verdict.description,
          hint: "Ask the issuer for an access token with all scopes that the challenge names",
          challenge: challenge(verdict),
        });
      case "unavailable":
        return refuseAway(visit, verdict.description, verdict.cause);
    }
  }

  async function redeem(visit: Visit, ticket: string): Promise<Visitor | Response> {
    try {
      const identity = await tickets.redeem(ticket, visit.request.headers.get("origin"));
      if (identity && await stillHolds(identity)) return asVisitor(identity);
    } catch (error) {
      return refuseStore(visit, error);
    }
    const words = "The ticket is unknown, used, expired, or was asked for by another origin";
    return await refuseCredential(
      visit,
      "ticket",
      printChallenge(authenticator.challenge, "invalid_token", words),
      words,
    );
  }

  /** Whether an identity that was stored a while ago still is one here. */
  async function stillHolds(identity: Identity): Promise<boolean> {
    return identity.principal.authMethod === authenticator.mode && await authenticator.holds(identity);
  }

  /** Who is signed in at the dashboard; a cookie that has ended is none. */
  async function signedIn(visit: Visit, { session: isTaken }: Rule): Promise<Visitor | Response | undefined> {
    if (!isTaken) return undefined;
    try {
      const session = await sessions.find(visit.request);
      if (!session) return undefined;
      const isRead = ["GET", "HEAD"].includes(visit.request.method);
      if (isRead || mayChange(visit.request, session)) return asVisitor(session.identity);
    } catch (error) {
      return refuseStore(visit, error);
    }
    return deny(visit, "csrf", {
      status: 403,
      kind: "forbidden",
      message: "Expected the session's x-csrf-token, from a page of this server",
      hint: "Read it from GET /dashboard/session",
    });
  }

  function asVisitor(identity: Identity): Visitor {
    return { identity, standing: createStanding(identity, authenticator, clock) };
  }

  async function countRequest(visit: Visit): Promise<Response | undefined> {
    const retryAfterMs = await guesses.request(visit.address);
    if (retryAfterMs === undefined) return undefined;
    const words = "Too many requests from your address";
    return deny(visit, "address_limit", {
      status: 429,
      kind: "rate_limited",
      message: words,
      hint: WAIT,
      retryAfterMs,
    });
  }

  async function refuseLocked(visit: Visit): Promise<Response | undefined> {
    const retryAfterMs = await guesses.locked(visit.address);
    return retryAfterMs === undefined ? undefined : lockedOut(visit, retryAfterMs);
  }

  function lockedOut(visit: Visit, retryAfterMs: number): Response {
    const words = "Too many credentials from your address were refused";
    return deny(visit, "lockout", { status: 429, kind: "rate_limited", message: words, hint: WAIT, retryAfterMs });
  }

  async function refuseCredential(
    visit: Visit,
    fault: Extract<Verdict, { readonly kind: "refused" }>["fault"] | "ticket",
    challenge: string,
    message: string,
  ): Promise<Response> {
    const retryAfterMs = await guesses.failed(visit.address);
    if (retryAfterMs !== undefined) return lockedOut(visit, retryAfterMs);
    return deny(visit, `credential_${fault}`, { status: 401, kind: "unauthenticated", message, hint, challenge });
  }

  function refuseNobody(visit: Visit): Response {
    const words = "Expected a credential, but got none";
    const denial = { status: 401, kind: "unauthenticated", message: words, hint, challenge: challenge() } as const;
    return deny(visit, "no_credential", denial, { level: "debug" });
  }

  function refuseStore(visit: Visit, error: unknown): Response {
    if (!(error instanceof StorageError)) throw error;
    return refuseAway(visit, "The store of tickets and sessions is away", error);
  }

  function refuseAway(visit: Visit, message: string, error: unknown): Response {
    const denial = { status: 503, kind: "unavailable", message, hint: WAIT, retryAfterMs: AWAY_RETRY_MS } as const;
    return deny(visit, "auth_unavailable", denial, { error });
  }

  function challenge(verdict?: RefusedVerdict): string {
    const error = verdict && (verdict.kind === "refused" ? "invalid_token" : "insufficient_scope");
    return printChallenge(authenticator.challenge, error, verdict?.description);
  }

  function deny(visit: Visit, reason: Refusal, denial: Denial, more?: Parameters<typeof tell>[3]): Response {
    tell(visit, reason, denial.message, more);
    return printDenial(new URL(visit.request.url).pathname, denial);
  }

  function tell(
    { request: { method, url }, address }: Visit,
    reason: Refusal,
    words: string,
    { level = "warn", error }: { readonly level?: "debug" | "warn"; readonly error?: unknown } = {},
  ): void {
    options.onRefusal(reason);
    // The path alone: a query may hold a credential.
    const path = new URL(url).pathname.slice(0, PATH_CHARS_MAX);
    log[level]("A request was refused", { reason, words, address, method, path, error });
  }

  return {
    enter,
    admit: async (visit) => await countRequest(visit) ?? await refuseLocked(visit),
    async failed(visit) {
      tell(visit, "sign_in", "The credential was refused at the sign-in");
      await guesses.failed(visit.address);
    },
    challenge,
  };
}

const WAIT = "Wait as long as Retry-After says";

/** What to send, by how callers are told apart. */
const HINTS: Readonly<Record<Authenticator["mode"], string>> = {
  token: "Send Authorization: Bearer and an API key; the operator makes one by deno task token create",
  oidc: "Send Authorization: Bearer and an access token for this server; resource_metadata says who issues them",
};
