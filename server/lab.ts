import { type Context, Hono } from "hono";
import type { Ids } from "../storage/clock.ts";
import type { RateDecision, RateLimiter } from "../storage/rate_limiter.ts";
import { type CallTool, type OnRate, RATE_WINDOW_SECONDS } from "../tools/call.ts";
import { ToolError, type ToolErrorKind } from "../tools/error.ts";
import type { AppEnv } from "./app_env.ts";
import type { RefusedBody } from "./body.ts";
import { toRpcError } from "./house_errors.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Peer } from "./peer.ts";
import { rateHeaders } from "./rate_headers.ts";

/** The guide's `/test/rate-limit`: calls a minute. */
const LAB_LIMIT = 10;

export interface LabOptions {
  readonly callTool: CallTool;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly lifecycle: Lifecycle;
  readonly ids: Ids;
  readonly readBody: (request: Request) => Promise<string | RefusedBody>;
  readonly refuseBody: (refused: RefusedBody) => Response;
  /** Told of the decisions of `/test/rate-limit`; those of the call path are told by itself. */
  readonly onRate: (decision: RateDecision) => void;
  readonly peerOf: (context: Context<AppEnv>) => Peer;
}

/** The guide's lab endpoints, under `/test`. */
export function createLab(options: LabOptions): Hono<AppEnv> {
  const { callTool, limiter, lifecycle, ids, readBody, refuseBody, onRate, peerOf } = options;
  const lab = new Hono<AppEnv>();

  lab.post("/ctx", async (context) => {
    const body = await readBody(context.req.raw);
    if (typeof body !== "string") return refuseBody(body);
    let args: unknown;
    try {
      args = JSON.parse(body);
    } catch {
      return context.json({ error: 'Expected JSON such as {"key": "user", "value": "alice"}' }, 400);
    }
    const tellRate: OnRate = (decision, windowSeconds) => setHeaders(context, rateHeaders(decision, windowSeconds));
    try {
      const { text } = await lifecycle.track(() =>
        callTool({ method: "POST /test/ctx", tool: "ctx.set", args }, {
          ...peerOf(context),
          dialect: "lab",
          requestId: null,
          traceId: ids.uuid().replaceAll("-", ""),
          notify: () => {},
        }, tellRate)
      );
      return context.body(text, 200, { "content-type": "application/json" });
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const { code, message, data } = toRpcError(error);
      return context.json({ error: { code, message, data } }, labStatus(error.kind));
    }
  });

  lab.get("/rate-limit", async (context) => {
    const { principal } = peerOf(context);
    const bucket = { tool: "test.rate-limit", principal: principal.name };
    const decision = await limiter.take(bucket, LAB_LIMIT, RATE_WINDOW_SECONDS);
    onRate(decision);
    setHeaders(context, rateHeaders(decision, RATE_WINDOW_SECONDS));
    const { allowed, limit, remaining, resetMs } = decision;
    return context.json({ allowed, limit, remaining, resetMs }, allowed ? 200 : 429);
  });

  return lab;
}

function setHeaders(context: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
}

/** Plain HTTP says by its status what JSON-RPC says by its code. */
function labStatus(kind: ToolErrorKind): 400 | 401 | 403 | 409 | 429 | 500 | 503 | 504 {
  switch (kind) {
    case "invalid_params":
      return 400;
    case "unauthenticated":
      return 401;
    case "forbidden":
      return 403;
    case "conflict":
      return 409;
    case "rate_limited":
      return 429;
    case "unavailable":
    case "audit_unavailable":
    case "overloaded":
      return 503;
    case "timeout":
      return 504;
    default:
      return 500;
  }
}
