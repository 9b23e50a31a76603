import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";
import { StorageError } from "../../storage/errors.ts";
import type { AccessDecision } from "../../tools/authorizer.ts";
import type { Principal } from "../../tools/call_context.ts";
import { createBodyReader, type RefusedBody } from "../body.ts";
import type { Log } from "../log.ts";
import type { Authenticator, Verdict } from "./authenticator.ts";
import { readCredential } from "./credential.ts";
import { isOwnPage, mayChange, refuseForeignForms } from "./session_csrf.ts";
import type { Sessions } from "./session.ts";

/** Room for the longest access token that fits into a header, and the JSON around it. */
const BODY_BYTES_MAX = 16_384;

const BODY = z.strictObject({ token: z.string().trim().min(1) });

export interface SignInOptions {
  readonly sessions: Sessions;
  readonly authMode: Authenticator["mode"];
  /** Who a credential stands for. Never throws. */
  readonly verify: (credential: string) => Promise<Verdict>;
  /** Whether the principal has the right to the dashboard. */
  readonly mayEnter: (principal: Principal) => AccessDecision;
  /** Value of `www-authenticate` beside a refusal; after a refused credential it says why. */
  readonly challenge: (verdict?: Extract<Verdict, { readonly kind: "refused" | "insufficient_scope" }>) => string;
  /** Asked before a credential is looked at; a response, such as that of a lockout, is all that the caller gets. */
  readonly admit: (context: Context) => Promise<Response | undefined>;
  /** Told of each credential that is refused: a guess. */
  readonly onFailure: (context: Context) => Promise<void>;
  readonly onRefusedBody: (reason: RefusedBody["reason"]) => void;
  /** Milliseconds in which a body must arrive. */
  readonly bodyMs: number;
  readonly log: Pick<Log, "info" | "warn">;
}

/**
 * The dashboard's sign-in; mount it at `/dashboard/session`, open to everyone: it asks for the credential itself, and for
 * the right to the dashboard.
 *
 * - `POST`, the credential in `{"token": …}` or as a bearer: 204 and the session's cookie.
 * - `GET`: who is signed in, or 401.
 * - `DELETE`: signs out.
 */
export function createSignIn(options: SignInOptions): Hono {
  const { sessions, authMode, verify, mayEnter, challenge, admit, onFailure, log } = options;
  const readBody = createBodyReader({ bytesMax: BODY_BYTES_MAX, waitMs: options.bodyMs });
  const app = new Hono();
  const foreignForms = refuseForeignForms();

  app.use((context, next) => {
    // A browser sends no such header of its own accord.
    return context.req.header("authorization") === undefined ? foreignForms(context, next) : next();
  });

  app.post("/", async (context) => {
    if (!isOwnPage(context.req.raw)) return refuse(context, 403, "Sign in from the page of this server");
    const refused = await admit(context);
    if (refused) return refused;
    const credential = await credentialOf(context);
    if (credential instanceof Response) return credential;
    const verdict = await verify(credential);
    switch (verdict.kind) {
      case "refused":
        await onFailure(context);
        return refuse(context, 401, verdict.description, challenging(verdict));
      case "insufficient_scope":
        return refuse(context, 403, verdict.description, challenging(verdict));
      case "unavailable":
        log.warn("A sign-in could not be checked", { error: verdict.cause });
        return refuse(context, 503, verdict.description, { "retry-after": "1" });
    }
    const { principal } = verdict.identity;
    const shut = refuseDoor(context, principal);
    if (shut) return shut;
    // A session that this browser still has would go on without its cookie.
    await sessions.close(context.req.raw);
    const { cookie } = await sessions.open(verdict.identity);
    log.info("Signed in to the dashboard", { principal: principal.name });
    return context.body(null, 204, { "set-cookie": cookie });
  });

  app.get("/", async (context) => {
    const session = await sessions.find(context.req.raw);
    if (!session) return refuse(context, 401, "Sign in first", challenging());
    const { principal, expiresAtMs } = session.identity;
    // The right may have been taken away since: by a new policy, over a start of the server.
    const shut = refuseDoor(context, principal);
    if (shut) return shut;
    return context.json({
      principal: principal.name,
      roles: principal.roles,
      authMode,
      expiresAtMs,
      csrf: session.csrf,
    });
  });

  app.delete("/", async (context) => {
    const session = await sessions.find(context.req.raw);
    if (!session) return refuse(context, 401, "Nobody is signed in", challenging());
    if (!mayChange(context.req.raw, session)) return refuse(context, 403, "Expected the session's x-csrf-token");
    const cookie = await sessions.close(context.req.raw);
    log.info("Signed out of the dashboard", { principal: session.identity.principal.name });
    return context.body(null, 204, { "set-cookie": cookie });
  });

  app.onError((error, context) => {
    if (error instanceof HTTPException) return refuse(context, 403, "Send this from the page of this server");
    if (!(error instanceof StorageError)) throw error;
    log.warn("The store of the dashboard's sessions failed", { error });
    return refuse(context, 503, "The store of sessions is away, try again", { "retry-after": "1" });
  });

  function refuseDoor(context: Context, principal: Principal): Response | undefined {
    const decision = mayEnter(principal);
    if (decision.allowed) return undefined;
    const error = `${principal.name} may not use the dashboard: ${decision.reason}`;
    return context.json({ error, rule: decision.rule }, 403);
  }

  async function credentialOf(context: Context): Promise<string | Response> {
    const shown = readCredential(context.req.raw, false);
    if (shown.kind === "bearer") return shown.credential;
    if (shown.kind === "invalid") return refuse(context, 400, shown.description);
    const body = await readBody(context.req.raw);
    if (typeof body !== "string") {
      options.onRefusedBody(body.reason);
      return refuse(context, body.status, body.error);
    }
    return tokenIn(body) ?? refuse(context, 400, 'Expected JSON such as {"token": "…"}, or a bearer token');
  }

  function challenging(verdict?: Parameters<typeof challenge>[0]): Readonly<Record<string, string>> {
    return { "www-authenticate": challenge(verdict) };
  }

  return app;
}

function tokenIn(body: string): string | undefined {
  try {
    return BODY.safeParse(JSON.parse(body)).data?.token;
  } catch {
    return undefined;
  }
}

function refuse(
  context: Context,
  status: 400 | 401 | 403 | 408 | 413 | 415 | 503,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return context.json({ error }, status, headers);
}
