import { type Context, Hono } from "hono";
import { StorageError } from "../storage/errors.ts";
import type { RateLimiter } from "../storage/rate_limiter.ts";
import { RATE_WINDOW_SECONDS } from "../tools/call.ts";
import type { AppEnv } from "./app_env.ts";
import { TICKET_SECONDS, type UpgradeTickets } from "./auth/tickets.ts";
import type { Log } from "./log.ts";
import { rateHeaders } from "./rate_headers.ts";

export interface TicketRoutesOptions {
  /** `undefined` where AUTH_MODE is none. */
  readonly tickets: Pick<UpgradeTickets, "issue"> | undefined;
  readonly limiter: Pick<RateLimiter, "take">;
  /** Tickets a minute and principal; 0 = no limit. */
  readonly perMinute: number;
  readonly log: Pick<Log, "warn">;
}

/** `POST /ws-ticket`: a ticket that opens one WebSocket, for who cannot set its headers. */
export function createTicketRoutes({ tickets, limiter, perMinute, log }: TicketRoutesOptions): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post("/ws-ticket", async (context) => {
    const identity = context.get("visitor")?.identity;
    if (!tickets || !identity) {
      return context.json({ error: "No ticket is needed: AUTH_MODE is none, and /mcp is open" }, 404);
    }
    const refused = await limit(context, identity.principal.name);
    if (refused) return refused;
    try {
      const ticket = await tickets.issue(identity, context.req.header("origin") ?? null);
      return context.json({ ticket, expires_in: TICKET_SECONDS }, 200, { "cache-control": "no-store" });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      log.warn("A ticket could not be kept", { error });
      return context.json({ error: "The store of tickets is away, try again" }, 503, { "retry-after": "1" });
    }
  });

  async function limit(context: Context, principal: string): Promise<Response | undefined> {
    if (perMinute === 0) return undefined;
    const decision = await limiter.take({ tool: "ws-ticket", principal }, perMinute, RATE_WINDOW_SECONDS);
    if (decision.allowed) return undefined;
    const error = `More than ${decision.limit} tickets a minute`;
    return context.json({ error }, 429, rateHeaders(decision, RATE_WINDOW_SECONDS));
  }

  return routes;
}
