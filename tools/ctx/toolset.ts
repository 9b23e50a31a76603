import type { ToolsetOptions } from "../catalogue.ts";
import type { Tool } from "../tool.ts";
import { toolNamed } from "../tool_named.ts";
import { ctxAppend } from "./append.ts";
import { ctxDelete } from "./delete.ts";
import { ctxIncrement } from "./increment.ts";
import { ctxList } from "./list.ts";
import { createContextWriter } from "./write.ts";

/** Toolset `ctx`; it also extends `ctx.get` and `ctx.set`. */
export function contextTools(options: ToolsetOptions): readonly Tool[] {
  const { context, events, authorizer, keys, quota, tools, contextTtlSeconds: ttlSeconds } = options;
  const writer = createContextWriter(context, events, { keys, ttlSeconds, quota });
  return [
    ctxList(context, keys, authorizer, () => toolNamed(tools(), "ctx.get")),
    ctxDelete(writer),
    ctxIncrement(writer, ttlSeconds),
    ctxAppend(writer, ttlSeconds),
  ];
}
