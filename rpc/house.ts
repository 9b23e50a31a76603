import { isObject } from "./message.ts";
import type { MethodTable, Request } from "./router.ts";

/** A tool call as it came: nothing of it is checked but the method. */
export interface HouseCall {
  readonly method: string;
  readonly id: Request["id"];
  readonly tool: unknown;
  readonly args: unknown;
  readonly idempotencyKey?: unknown;
  /** W3C Trace Context, of `params._meta`. */
  readonly traceparent?: unknown;
}

/** The house dialect's methods: `mcp.tools.call`, and each tool's own name with its arguments as params. */
export function houseMethods<Context>(
  tools: readonly string[],
  call: (call: HouseCall, context: Context) => Promise<unknown>,
): MethodTable<Context> {
  const direct = tools.map((tool) =>
    [
      tool,
      ({ method, id, params }: Request, context: Context) => call({ method, id, tool, args: params }, context),
    ] as const
  );
  return {
    ...Object.fromEntries(direct),
    "mcp.tools.call": ({ method, id, params }, context) => {
      const { name, args, arguments: alias, idempotency_key: idempotencyKey, _meta: meta } = isObject(params)
        ? params
        : {};
      return call({
        method,
        id,
        tool: name,
        args: args ?? alias,
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(isObject(meta) && { traceparent: meta["traceparent"] }),
      }, context);
    },
  };
}
