import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Ids } from "../../storage/clock.ts";
import type { Authorizer } from "../../tools/authorizer.ts";
import { ToolError } from "../../tools/error.ts";
import type { Tool } from "../../tools/tool.ts";
import type { EdgeCall } from "../edge_call.ts";
import { askingOf } from "./asking.ts";
import { callContext } from "./caller.ts";
import { TOOLS_TTL_MS } from "./identity.ts";
import { logFailure } from "./log_notices.ts";
import { pageOf } from "./page.ts";
import type { OfficialPart } from "./part.ts";
import { toFailedResult } from "./result.ts";
import { PRODUCT_FORMS, type ToolForms } from "./tool_forms.ts";
import { createToolNames, officialName } from "./tool_names.ts";

export interface ToolsPartOptions {
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "mayList">;
  readonly call: EdgeCall;
  readonly ids: Ids;
  /** The product's where left out; tests have forms of their own. */
  readonly forms?: ToolForms | undefined;
}

/** `tools/*`: the catalogue. */
export function createToolsPart(options: ToolsPartOptions): OfficialPart {
  const { tools, authorizer, call, ids, forms = PRODUCT_FORMS } = options;
  const resolve = createToolNames(tools);
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  // `tools/list` is what `mcp.tools.list` is in the house dialect.
  const listed = tools.filter(({ name }) => name !== "mcp.tools.list")
    .map((tool) => ({ tool, description: forms.describe(tool) }));

  return {
    capabilities: { tools: {} },
    cacheHints: { "tools/list": { ttlMs: TOOLS_TTL_MS, cacheScope: "private" } },
    register(server, { era, peer, wantsLog, seal }) {
      server.setRequestHandler("tools/list", ({ params }) => {
        const mine = listed.filter(({ tool }) => authorizer.mayList(peer.principal, tool));
        const { entries, ...next } = pageOf(mine, ({ tool }) => tool.name, params?.cursor);
        return { tools: entries.map(({ description }) => description), ...next };
      });

      server.setRequestHandler("tools/call", async ({ params }, context) => {
        const request = {
          method: "tools/call",
          tool: resolve(params.name),
          args: params.arguments ?? {},
          idempotencyKey: context.mcpReq._meta?.["idempotencyKey"],
        };
        const asking = askingOf(request, context, seal);
        try {
          const { answers } = asking;
          const reply = await call(request, { ...callContext(peer, era, server, context, ids), answers }, peer);
          return forms.toResult(reply, byName.get(request.tool), ids);
        } catch (error) {
          if (!(error instanceof ToolError)) throw error;
          if (error.kind === "unanswered" && error.data["questions"]) return await asking.ask(error);
          const tool = byName.get(request.tool)?.name;
          if (wantsLog()) await logFailure(context, tool && officialName(tool), error);
          if (error.kind !== "unknown_tool") return toFailedResult(error);
          const { message, hint, data } = error;
          throw new ProtocolError(ProtocolErrorCode.InvalidParams, message, { kind: "unknown_tool", hint, ...data });
        }
      });
    },
  };
}
