import type { RateBucket, RateDecision, RateLimiter } from "../../storage/rate_limiter.ts";
import type { Allowance } from "../authorizer.ts";
import { ToolError } from "../error.ts";

/** The window of every limit of calls: "a minute". */
export const RATE_WINDOW_SECONDS = 60;
const BUDGET_WINDOW_SECONDS = 3600;

/** Told of the limiter's decision on a call, so that HTTP can say it in headers. */
export type OnRate = (decision: RateDecision, windowSeconds: number) => void;

export interface LimitSettings {
  readonly limiter: Pick<RateLimiter, "take" | "peek" | "spend">;
  /** Calls a minute, tool and principal, where the caller's role says nothing else; 0 = no limit. */
  readonly rateLimitPerMinute: number;
  /** Calls a minute and tool, of all principals together; none where left out or 0. */
  readonly toolLimitPerMinute?: number;
  /** Calls a minute and principal, of all tools together; none where left out or 0. */
  readonly principalLimitPerMinute?: number;
  /** Told of every decision, for metrics. */
  readonly onRate: (decision: RateDecision) => void;
}

/** The limits that a call meets. */
export interface CallLimiter {
  /**
   * Counts a call. The caller's own limits are asked at once, and only where they allow it the limit of the tool, which
   * all callers share: whoever is beyond its own limits uses up nothing of the others'.
   *
   * @throws {ToolError} `rate_limited`, naming the limit.
   */
  take(tool: string, principal: string, allowance: Allowed | undefined, onRate: OnRate | undefined): Promise<void>;
  /** Counts the tokens of a result; gives a promise only where there is a budget. It never rejects. */
  spend(principal: string, allowance: Allowed | undefined, tokens: number): Promise<void> | undefined;
}

type Allowed = Pick<Allowance, "rule" | "limits">;

interface Limit {
  readonly bucket: RateBucket;
  readonly max: number;
  readonly windowSeconds: number;
  /** The setting, or the member of the policy, that sets it. */
  readonly rule: string;
  /** What there is too much of, in words for who is refused. */
  readonly counts: keyof typeof WORDS;
  /** A budget is only looked at: what a call costs is known afterwards. */
  readonly asks: "take" | "peek";
}

interface Answer {
  readonly limit: Limit;
  readonly decision: RateDecision;
}

const CALLS = { windowSeconds: RATE_WINDOW_SECONDS, asks: "take" } as const;
const TOKENS = { windowSeconds: BUDGET_WINDOW_SECONDS, asks: "peek" } as const;

/** What a limit counts, of a call of a tool by a principal. */
const WORDS = {
  ownCallsOfTool: (tool: string) => `calls of ${tool} a minute`,
  ownCalls: (_: string, principal: string) => `calls a minute by ${principal}`,
  ownTokens: (_: string, principal: string) => `tokens of results an hour by ${principal}`,
  allCallsOfTool: (tool: string) => `calls of ${tool} a minute by all callers together`,
};

export function createCallLimiter(settings: LimitSettings): CallLimiter {
  const { limiter, rateLimitPerMinute, toolLimitPerMinute = 0, principalLimitPerMinute = 0 } = settings;

  /** What counts for this caller alone. */
  function ownLimits(tool: string, principal: string, allowance: Allowed | undefined): readonly Limit[] {
    const limits: Limit[] = [];
    const name = bucketName(principal);
    const { callsPerMinute, tokensPerHour = 0 } = allowance?.limits ?? {};
    const calls = callsPerMinute ?? rateLimitPerMinute;
    if (calls > 0) {
      const rule = callsPerMinute === undefined ? "RATE_LIMIT_PER_MINUTE" : `${allowance?.rule}.callsPerMinute`;
      limits.push({ ...CALLS, bucket: { tool, principal: name }, max: calls, rule, counts: "ownCallsOfTool" });
    }
    if (principalLimitPerMinute > 0) {
      limits.push({
        ...CALLS,
        bucket: { tool: "*", principal: name },
        max: principalLimitPerMinute,
        rule: "RATE_LIMIT_PRINCIPAL_PER_MINUTE",
        counts: "ownCalls",
      });
    }
    if (tokensPerHour > 0) {
      limits.push({
        ...TOKENS,
        bucket: tokenBucket(principal),
        max: tokensPerHour,
        rule: `${allowance?.rule}.tokensPerHour`,
        counts: "ownTokens",
      });
    }
    return limits;
  }

  /** What all callers of a tool share. */
  function sharedLimits(tool: string): readonly Limit[] {
    if (toolLimitPerMinute === 0) return [];
    const rule = "RATE_LIMIT_TOOL_PER_MINUTE";
    return [{ ...CALLS, bucket: { tool, principal: "*" }, max: toolLimitPerMinute, rule, counts: "allCallsOfTool" }];
  }

  async function ask(limit: Limit): Promise<Answer> {
    const decision = await limiter[limit.asks](limit.bucket, limit.max, limit.windowSeconds);
    settings.onRate(decision);
    return { limit, decision };
  }

  async function askSeveral(
    own: readonly Limit[],
    tool: string,
    principal: string,
    onRate: OnRate | undefined,
  ): Promise<void> {
    const answers = await Promise.all(own.map(ask));
    if (!answers.some(isRefusal)) answers.push(...await Promise.all(sharedLimits(tool).map(ask)));
    const told = answers.find(isRefusal) ?? answers[0];
    if (told) conclude(told, tool, principal, onRate);
  }

  function conclude(answer: Answer, tool: string, principal: string, onRate: OnRate | undefined): void {
    onRate?.(answer.decision, answer.limit.windowSeconds);
    if (isRefusal(answer)) throw tooMany(answer, tool, principal);
  }

  return {
    async take(tool, principal, allowance, onRate) {
      const own = ownLimits(tool, principal, allowance);
      const [only] = own;
      // Most calls meet one limit: gathering the answers of several costs more than the asking.
      if (own.length > 1 || !only || toolLimitPerMinute > 0) return await askSeveral(own, tool, principal, onRate);
      conclude(await ask(only), tool, principal, onRate);
    },
    spend(principal, allowance, tokens) {
      const budget = allowance?.limits.tokensPerHour ?? 0;
      if (budget === 0) return undefined;
      return limiter.spend(tokenBucket(principal), tokens, budget, BUDGET_WINDOW_SECONDS);
    },
  };
}

function tokenBucket(principal: string): RateBucket {
  return { tool: "tokens", principal: bucketName(principal) };
}

/** A principal may be called `*`, which is the name of all. */
function bucketName(principal: string): string {
  return principal.replace(/[%*]/g, (sign) => sign === "%" ? "%25" : "%2A");
}

function isRefusal({ decision }: Answer): boolean {
  return !decision.allowed;
}

function tooMany(answer: Answer, tool: string, principal: string): ToolError {
  const { limit: { rule, counts }, decision: { limit, resetMs } } = answer;
  return new ToolError("rate_limited", `More than ${limit} ${WORDS[counts](tool, principal)}`, {
    hint: `Wait ${Math.ceil(resetMs / 1000)} s and call again`,
    data: { retryAfterMs: resetMs, limit, rule },
  });
}
