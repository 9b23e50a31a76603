import type { Hono } from "hono";
import type { Clock } from "../../storage/clock.ts";
import type { RateLimiter } from "../../storage/rate_limiter.ts";
import type { TicketStore } from "../../storage/ticket_store.ts";
import type { TokenStore } from "../../storage/token_store.ts";
import type { Log } from "../log.ts";
import type { Peers } from "../peers.ts";
import type { Settings } from "../settings.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Gate, GateRules } from "./gate.ts";
import { createGuesses } from "./guesses.ts";
import type { UpgradeTickets } from "./tickets.ts";

/** What of the server asks callers who they are. */
export interface Guard {
  readonly gate: Gate;
  readonly tickets: UpgradeTickets;
  /** Where callers sign in, and learn how to get a credential; by where it is mounted. */
  readonly openRoutes: Readonly<Record<string, Hono>>;
}

/** How callers are told apart. Disposing lets go of what it holds open. */
export interface Authentication extends AsyncDisposable {
  guard(rules: GateRules & { readonly peers: Pick<Peers, "visitOf"> }): Guard;
}

export interface AuthenticationOptions {
  readonly settings: Settings;
  readonly stores: {
    readonly tokens: Pick<TokenStore, "find">;
    readonly tickets: TicketStore;
    readonly limiter: RateLimiter;
  };
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens what AUTH_MODE asks for; nothing of it is loaded where nobody is asked.
 *
 * @throws {SettingError} when TOKENS_FILE is wrong.
 */
export async function openAuthentication(options: AuthenticationOptions): Promise<Authentication | undefined> {
  if (options.settings.AUTH_MODE === "none") return undefined;
  const [{ createGuardedGate }, { createSessions }, { createSignIn }, { createUpgradeTickets }, opened] = await Promise
    .all([
      import("./guarded_gate.ts"),
      import("./session.ts"),
      import("./session_routes.ts"),
      import("./tickets.ts"),
      options.settings.AUTH_MODE === "token" ? openTokens(options) : openOidc(options),
    ]);
  const { settings, stores, clock, log } = options;
  const { authenticator, metadata } = opened;
  const tickets = createUpgradeTickets(stores.tickets);
  const sessions = createSessions({
    tickets: stores.tickets,
    authenticator,
    clock,
    sessionSeconds: settings.SESSION_SECONDS,
  });
  const guesses = createGuesses(stores.limiter, {
    requestsPerMinute: settings.ADDRESS_LIMIT_PER_MINUTE,
    failuresMax: settings.AUTH_FAILURES_MAX,
    lockoutSeconds: settings.AUTH_LOCKOUT_SECONDS,
  });

  return {
    guard({ authorizer, onRefusal, peers }) {
      const gate = createGuardedGate({
        ...{ authenticator, authorizer, guesses, tickets, sessions, clock, log },
        onRefusal,
      });
      const signIn = createSignIn({
        ...{ sessions, log },
        authMode: authenticator.mode,
        verify: authenticator.verify,
        mayEnter: (principal) => authorizer.mayEnter(principal, "dashboard"),
        challenge: gate.challenge,
        admit: (context) => gate.admit(peers.visitOf(context)),
        onFailure: (context) => gate.failed(peers.visitOf(context)),
        onRefusedBody: onRefusal,
        bodyMs: settings.BODY_MS,
      });
      return { gate, tickets, openRoutes: { "/dashboard/session": signIn, ...metadata } };
    },
    [Symbol.asyncDispose]: () => authenticator[Symbol.asyncDispose](),
  };
}

/** @throws {SettingError} when a file that AUTH_MODE asks for is wrong. */
export async function checkAuthentication({ AUTH_MODE, TOKENS_FILE: path }: Settings): Promise<void> {
  if (AUTH_MODE !== "token" || path === undefined) return;
  const { readTokensFile } = await import("./token/watched_file.ts");
  await readTokensFile(path);
}

interface Opened {
  readonly authenticator: Authenticator;
  readonly metadata: Guard["openRoutes"];
}

async function openTokens({ settings, stores, clock, log }: AuthenticationOptions): Promise<Opened> {
  const [{ createTokenAuthenticator }, { openTokensFile }] = await Promise.all([
    import("./token/authenticator.ts"),
    import("./token/watched_file.ts"),
  ]);
  const path = settings.TOKENS_FILE;
  const file = path === undefined ? undefined : await openTokensFile(path, log);
  return { authenticator: createTokenAuthenticator({ store: stores.tokens, file, clock }), metadata: {} };
}

async function openOidc({ settings, clock, log }: AuthenticationOptions): Promise<Opened> {
  const [{ createOidcAuthenticator }, { protectedResourceOf, protectedResourceRoutes }] = await Promise.all([
    import("./oidc/authenticator.ts"),
    import("./protected_resource.ts"),
  ]);
  const { OIDC_ISSUER: issuer, PUBLIC_URL: publicUrl, OIDC_SCOPES: scopes } = settings;
  if (issuer === undefined || publicUrl === undefined) {
    throw new TypeError("AUTH_MODE=oidc needs OIDC_ISSUER and PUBLIC_URL, which the settings make sure of");
  }
  const { resource, metadataUrl } = protectedResourceOf(publicUrl);
  const authenticator = createOidcAuthenticator({
    ...{ issuer, scopes, clock, log },
    audience: settings.OIDC_AUDIENCE ?? resource,
    nameClaim: settings.OIDC_NAME_CLAIM,
    rolesClaim: settings.OIDC_ROLES_CLAIM,
    groupsClaim: settings.OIDC_GROUPS_CLAIM,
    clockSkewSeconds: settings.OIDC_CLOCK_SKEW_SECONDS,
    resourceMetadata: metadataUrl,
  });
  return { authenticator, metadata: { "/": protectedResourceRoutes({ publicUrl, issuer, scopes }) } };
}
