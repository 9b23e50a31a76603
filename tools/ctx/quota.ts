import type { ContextQuota } from "../../storage/context_store.ts";
import type { QuotaExceededError } from "../../storage/errors.ts";
import { ToolError } from "../error.ts";

/** Reads the settings, where 0 = any amount; `undefined` where nothing is limited, so that nothing is counted. */
export function contextQuota(keysMax: number, bytesMax: number): ContextQuota | undefined {
  if (keysMax === 0 && bytesMax === 0) return undefined;
  return { keysMax: keysMax || Number.MAX_SAFE_INTEGER, bytesMax: bytesMax || Number.MAX_SAFE_INTEGER };
}

/** Says to the caller which quota its write would have exceeded, and what it can do. */
export function quotaRefusal(principal: string, error: QuotaExceededError, ttlSeconds: number): ToolError {
  const { quota, used, max } = error;
  const [rule, what, instead] = quota === "keys"
    ? ["CTX_KEYS_MAX", "context values", "Reuse keys that you have"] as const
    : ["CTX_BYTES_MAX", "bytes of context", "Overwrite large values with smaller ones, such as a summary"] as const;
  return new ToolError("forbidden", `${principal} may have ${max} ${what}, and this write would make it ${used}`, {
    hint: `${instead}, or wait: a value is gone ${ttlSeconds} s after it was set. The operator can raise ${rule}`,
    data: { rule, used, max },
    cause: error,
  });
}
