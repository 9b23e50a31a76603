import { z } from "zod";
import { ask } from "../../ask.ts";
import { ToolError } from "../../error.ts";
import type { ToolCall } from "../../tool.ts";

/** How a change is confirmed: by the digest of its dry run, or by that and the caller's user. */
export type WriteConfirm = "digest" | "ask";

/** How a tool's changes are confirmed. */
export interface Confirming {
  readonly by: WriteConfirm;
  /** Which of several clusters it changes: what was confirmed for one is not for another. */
  readonly cluster?: string | undefined;
}

/** Whoever asks for a change, and what its user may have said of it. */
export type AskedCall = Pick<ToolCall, "principal" | "answers">;

const form = z.object({ confirm: z.boolean().describe("Yes, change it") });

/**
 * Has the caller's user confirm a change; it returns where the user did.
 *
 * @param change `deployment "cart" in namespace "shop": replicas 1 → 3`
 * @throws {ToolError} `unanswered` as long as there is no answer, `tool_failed` where it is no yes.
 */
export function askFirst({ principal, answers }: AskedCall, change: string): void {
  const answer = ask({ answers }, { name: "change", message: `${principal.name} asks to change ${change}`, form });
  if (answer.action === "accept" && answer.content.confirm) return;
  const dismissed = answer.action === "cancel";
  throw new ToolError("tool_failed", `The user ${dismissed ? "did not answer" : "declined"} to change ${change}`, {
    hint: "Nothing was changed: do not call again unless the user asks for it",
    data: { reason: dismissed ? "dismissed" : "declined", executed: false },
  });
}
