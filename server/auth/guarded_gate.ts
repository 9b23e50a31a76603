import type { Clock } from "../../storage/clock.ts";
import { StorageError } from "../../storage/errors.ts";
import type { Log } from "../log.ts";
import type { Rule } from "./access.ts";
import type { Authenticator, Identity, Verdict } from "./authenticator.ts";
import { readCredential } from "./credential.ts";
import { refuseDoor } from "./door_right.ts";
import type { Gate, GateRules, Visit, Visitor } from "./gate.ts";
import type { Guesses } from "./guesses.ts";
import { Refuser } from "./refuser.ts";
import { mayChange } from "./session_csrf.ts";
import type { Sessions } from "./session.ts";
import { createStanding } from "./standing.ts";
import type { UpgradeTickets } from "./tickets.ts";

export interface GuardedGateOptions extends GateRules {
  readonly authenticator: Authenticator;
  readonly guesses: Guesses;
  readonly tickets: Pick<UpgradeTickets, "redeem">;
  readonly sessions: Pick<Sessions, "find">;
  readonly clock: Clock;
  readonly log: Pick<Log, "debug" | "warn">;
}

/** A gate that asks for a credential; it also helps the sign-in, which takes one by itself. */
export interface GuardedGate extends Gate {
  /** Answers an address that may try no credential now. */
  admit(visit: Visit): Promise<Response | undefined>;
  /** Counts a credential that was refused at the sign-in. */
  failed(visit: Visit): Promise<void>;
  /** Value of `www-authenticate` beside a verdict; without one, where no credential came. */
  challenge(verdict?: Extract<Verdict, { readonly kind: "refused" | "insufficient_scope" }>): string;
}

export function createGuardedGate(options: GuardedGateOptions): GuardedGate {
  const { authenticator, authorizer, guesses, tickets, sessions, clock } = options;
  const refuser = new Refuser(options);

  async function enter(visit: Visit, rule: Rule, known?: Visitor): Promise<Visitor | Response | undefined> {
    if (rule.access === "open") return known;
    const visitor = known ?? await visitorOf(visit, rule);
    if (visitor === undefined || visitor instanceof Response) return visitor;
    const denial = refuseDoor(authorizer, visitor.identity.principal, rule.access);
    return denial ? refuser.deny(visit, "door", denial) : visitor;
  }

  async function visitorOf(visit: Visit, rule: Rule): Promise<Visitor | Response | undefined> {
    const shown = readCredential(visit.request, visit.isUpgrade);
    // A credential that was verified a moment ago costs nothing, and suffers from nobody who shares its address.
    const verified = shown.kind === "bearer" ? authenticator.verified(shown.credential) : undefined;
    if (verified) return asVisitor(verified);
    const refused = await refuser.tooMany(visit);
    if (refused) return refused;
    switch (shown.kind) {
      case "invalid":
        return refuser.form(visit, shown.description);
      case "bearer":
        return await refuser.locked(visit) ?? await verify(visit, shown.credential);
      case "ticket":
        return await stored(visit, () => redeem(visit, shown.ticket));
      case "none": {
        const signed = rule.session ? await stored(visit, () => signedIn(visit)) : undefined;
        return signed ?? (rule.access === "glance" ? undefined : refuser.nobody(visit));
      }
    }
  }

  async function verify(visit: Visit, credential: string): Promise<Visitor | Response> {
    const verdict = await authenticator.verify(credential);
    switch (verdict.kind) {
      case "accepted":
        return asVisitor(verdict.identity);
      case "refused":
        return await refuser.credential(visit, verdict.fault, verdict.description);
      case "insufficient_scope":
        return refuser.scope(visit, verdict);
      case "unavailable":
        return refuser.away(visit, verdict.description, verdict.cause);
    }
  }

  async function redeem(visit: Visit, ticket: string): Promise<Visitor | Response> {
    const identity = await tickets.redeem(ticket, visit.request.headers.get("origin"));
    if (identity && await stillHolds(identity)) return asVisitor(identity);
    const words = "The ticket is unknown, used, expired, or was asked for by another origin";
    return await refuser.credential(visit, "ticket", words);
  }

  /** Whether an identity that was stored a while ago still is one here. */
  async function stillHolds(identity: Identity): Promise<boolean> {
    return identity.principal.authMethod === authenticator.mode && await authenticator.holds(identity);
  }

  /** Who is signed in at the dashboard; a cookie that has ended is none. */
  async function signedIn(visit: Visit): Promise<Visitor | Response | undefined> {
    const session = await sessions.find(visit.request);
    if (!session) return undefined;
    const isRead = ["GET", "HEAD"].includes(visit.request.method);
    return isRead || mayChange(visit.request, session) ? asVisitor(session.identity) : refuser.csrf(visit);
  }

  async function stored<T>(visit: Visit, look: () => Promise<T>): Promise<T | Response> {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return refuser.away(visit, "The store of tickets and sessions is away", error);
    }
  }

  function asVisitor(identity: Identity): Visitor {
    return { identity, standing: createStanding(identity, authenticator, clock) };
  }

  return {
    enter,
    admit: async (visit) => await refuser.tooMany(visit) ?? await refuser.locked(visit),
    async failed(visit) {
      refuser.tell(visit, "sign_in", "The credential was refused at the sign-in");
      await guesses.failed(visit.address);
    },
    challenge(verdict) {
      const error = verdict && (verdict.kind === "refused" ? "invalid_token" : "insufficient_scope");
      return refuser.challenge(error, verdict?.description);
    },
  };
}
