import type { z } from "zod";
import type { CallContext } from "./call_context.ts";

/**
 * What a tool is given besides its arguments. Its signal aborts on the tool's deadline too; it is made when it is asked
 * for, so that a copy by `...` has none.
 */
export interface ToolCall extends Pick<CallContext, "principal" | "signal" | "notify" | "answers"> {
  /** Id of the call's audit record, so that what other systems record of the call can be joined with it. */
  readonly recordId: string;
  /** Calls another tool for the same caller; `undefined` where the tool is run without a call path. */
  readonly callTool?: CallOther | undefined;
}

/**
 * Calls a tool from within another one: authorized, limited and recorded as a call of its own, whose record names the
 * outer call's.
 *
 * @returns the result as the caller would have got it: redacted, as JSON text.
 * @throws {ToolError} as the call path does.
 */
export type CallOther = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
) => Promise<string>;

/**
 * `read`: changes nothing. `own`: changes our own stores, which keep their own order. `outside`: changes something
 * elsewhere, so that an intent must be on record before it runs.
 */
export type ToolEffect = "read" | "own" | "outside";

/** A tool: what it is for, what it takes and gives, and how it is done. */
export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType> {
  /** Dotted: `ctx.get`. */
  readonly name: string;
  /** Operators turn tools on by toolset (`toolsets.ts`). */
  readonly toolset: string;
  /** The guide's few words, shown by `mcp.tools.list`. */
  readonly summary: string;
  /** For a model: what it does, when to use it, what comes back. */
  readonly description: string;
  /** Every field has `.describe()`; its default and bounds are in the schema. */
  readonly input: Input;
  readonly output: Output;
  readonly effect: ToolEffect;
  /** Whether calling twice with the same arguments leaves the same state as calling once. */
  readonly idempotent: boolean;
  /** Whether it talks to systems beyond this server and its stores. */
  readonly openWorld: boolean;
  /** The reply leaves as the tool gave it, without redaction: only for context, which is lossless. */
  readonly lossless?: boolean;
  /**
   * What wrote texts of the result that come from beyond this server: "log lines". They are cleaned of what is not seen,
   * and marked as data for a model.
   */
  readonly untrusted?: string;
  /** Whether it may ask its caller something (`ask.ts`) before it is done; where left out, it may if it changes something outside. */
  readonly asks?: boolean;
  /** The result in fewer words than JSON, for clients that show a model text; JSON where left out. */
  print?(result: z.output<Output>): string;
  /**
   * A read that costs no more than counting the call does: it is under way while the limiter is still asked, which saves
   * a round trip, and its result is thrown away where the call is refused.
   */
  readonly readsAhead?: boolean;
  /** What an intent says of the arguments, where they leave out what the call will change; themselves where left out. */
  readonly intended?: (args: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** Milliseconds; the server's `TOOL_TIMEOUT_MS` where left out. */
  readonly timeoutMs?: number;
  /**
   * A result that is frozen is taken not to change any more, however deep: given again, it is not redacted and printed anew.
   * @throws {ToolError} when it cannot do what was asked.
   */
  run(args: z.output<Input>, call: ToolCall): Promise<z.output<Output>>;
}

/** Types a tool by its schemas: `run` gets parsed arguments and must give the output's shape. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodType>(
  tool: Tool<Input, Output>,
): Tool<Input, Output> {
  return tool;
}
