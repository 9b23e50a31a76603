import type { ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { ToolError } from "../../tools/error.ts";

/** Levels of the protocol's log, the least one first. */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

const setLevelSchema = z.object({
  method: z.literal("logging/setLevel"),
  params: z.object({ level: z.enum(LEVELS) }),
});

/** The level that a message sets; `undefined` for any other message. */
export function levelSetBy(message: unknown): (typeof LEVELS)[number] | undefined {
  return setLevelSchema.safeParse(message).data?.params.level;
}

/**
 * Tells the log of a client, on the stream of the call, that the call failed: in the words that the reply has, which
 * were redacted. The SDK keeps back what is below the client's level.
 *
 * @param tool as it is listed; `undefined` of one that there is not
 */
export async function logFailure(
  { mcpReq }: ServerContext,
  tool: string | undefined,
  { kind, message }: ToolError,
): Promise<void> {
  // Whoever has cancelled a call hears nothing more of it.
  if (kind === "cancelled") return;
  const data = { ...(tool !== undefined && { tool }), kind, message };
  // A client that has gone is told nothing.
  await mcpReq.log(kind === "internal" ? "error" : "warning", data, tool ?? "tools/call").catch(() => {});
}
