import type { Authenticator, Identity, Verdict } from "../../../server/auth/authenticator.ts";
import { createGuardedGate } from "../../../server/auth/guarded_gate.ts";
import { createGuesses } from "../../../server/auth/guesses.ts";
import type { Session } from "../../../server/auth/session.ts";
import { createUpgradeTickets } from "../../../server/auth/tickets.ts";
import { createMemoryRateLimiter } from "../../../storage/embedded/rate_limiter.ts";
import { createMemoryTicketStore } from "../../../storage/embedded/ticket_store.ts";
import type { RateLimiter } from "../../../storage/rate_limiter.ts";
import type { TicketStore } from "../../../storage/ticket_store.ts";
import { type AccessDecision, type Authorizer, openAuthorizer } from "../../../tools/authorizer.ts";
import { standingClock } from "../../tools/call_path.ts";
import { type EdgeOptions, startEdge } from "../edge.ts";

export const ALICE: Identity = {
  principal: { name: "alice", authMethod: "oidc", roles: ["operator"] },
  expiresAtMs: undefined,
  reference: "alice-1",
};

export const METADATA_URL = "https://mcp.example/.well-known/oauth-protected-resource/mcp";

/** What the fake authenticator finds of each credential; any other is unknown. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  right: { kind: "accepted", identity: ALICE },
  bob: { kind: "accepted", identity: { ...ALICE, principal: { ...ALICE.principal, name: "bob", roles: [] } } },
  short: { kind: "accepted", identity: { ...ALICE, expiresAtMs: standingClock().now() + 30 } },
  expired: { kind: "refused", fault: "expired", description: 'Ended at "noon"' },
  narrow: { kind: "insufficient_scope", description: "The access token lacks the scope mcp:write" },
  away: { kind: "unavailable", description: "The issuer's keys cannot be read", cause: new Error("ECONNREFUSED") },
};

export interface FakeGuardOptions extends Omit<EdgeOptions, "guard" | "authorizer"> {
  readonly challenge?: Authenticator["challenge"];
  readonly limiter?: RateLimiter;
  readonly tickets?: TicketStore;
  /** By the cookie `session=…`. */
  readonly sessions?: Readonly<Record<string, Session>>;
  /** What a verification waits for. */
  readonly onVerify?: () => Promise<void>;
  readonly clock?: ReturnType<typeof standingClock>;
}

/** Doors are for operators. */
const authorizer: Authorizer = {
  ...openAuthorizer,
  mayEnter: ({ roles }): AccessDecision =>
    roles.includes("operator")
      ? { allowed: true, rule: "operator.doors", limits: {} }
      : { allowed: false, rule: "no role", reason: "no role" },
};

/** The edge with a gate that asks, over an authenticator that knows a few words. */
export async function startGuardedEdge(options: FakeGuardOptions = {}) {
  const { clock = standingClock(), challenge = { resourceMetadata: METADATA_URL, scope: "mcp:read mcp:write" } } =
    options;
  const limiter = options.limiter ?? createMemoryRateLimiter(clock);
  const store = options.tickets ?? createMemoryTicketStore(clock);
  const asked: string[] = [];
  /** Those that were verified a moment ago. */
  const verified = new Map<string, Identity>();
  /** By the reference; all hold that are not here. */
  const standing = new Map<string, boolean | Promise<boolean>>();
  const authenticator: Authenticator = {
    mode: "oidc",
    challenge,
    verified: (credential) => verified.get(credential),
    async verify(credential) {
      asked.push(credential);
      await options.onVerify?.();
      return VERDICTS[credential] ?? { kind: "refused", fault: "unknown", description: "Nobody knows it" };
    },
    holds: ({ reference, expiresAtMs }) =>
      expiresAtMs !== undefined && expiresAtMs <= clock.now() ? false : standing.get(reference) ?? true,
    async [Symbol.asyncDispose]() {},
  };
  const tickets = createUpgradeTickets(store);
  const edge = await startEdge({
    ...options,
    settings: {
      AUTH_MODE: "oidc",
      OIDC_ISSUER: "https://id.example",
      PUBLIC_URL: "https://mcp.example",
      ...options.settings,
    },
    limiter,
    authorizer,
    guard: ({ settings, authorizer, onRefusal, log }) => {
      const gate = createGuardedGate({
        ...{ authenticator, authorizer, onRefusal, log, clock, tickets },
        guesses: createGuesses(limiter, {
          requestsPerMinute: settings.ADDRESS_LIMIT_PER_MINUTE,
          failuresMax: settings.AUTH_FAILURES_MAX,
          lockoutSeconds: settings.AUTH_LOCKOUT_SECONDS,
        }),
        sessions: {
          find: ({ headers }) =>
            Promise.resolve(options.sessions?.[/session=(\w+)/.exec(headers.get("cookie") ?? "")?.[1] ?? ""]),
        },
      });
      return { gate, tickets, openRoutes: {} };
    },
  });
  return {
    ...edge,
    clock,
    asked,
    verified,
    standing,
    async ask(path: string, headers: Record<string, string> = {}, method = "GET", body?: string) {
      const response = await fetch(edge.url + path, { method, headers, redirect: "manual", ...(body && { body }) });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        challenge: response.headers.get("www-authenticate"),
      };
    },
    /** How often something was turned away for this reason. */
    async refusals(reason: string): Promise<number> {
      const printed = await edge.metrics.print();
      return Number(new RegExp(`mcp_refusals_total\\{reason="${reason}"\\} (\\d+)`).exec(printed)?.[1]);
    },
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]();
      await limiter[Symbol.asyncDispose]();
    },
  };
}
