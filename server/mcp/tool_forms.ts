import type { CallToolResult, Tool as OfficialTool } from "@modelcontextprotocol/server";
import type { Ids } from "../../storage/clock.ts";
import type { CallReply } from "../../tools/call.ts";
import type { Tool } from "../../tools/tool.ts";
import { describeOfficially } from "./describe.ts";
import { toToolResult } from "./result.ts";

/** How the official protocol shows a tool and what it gave, whichever way answers. */
export interface ToolForms {
  readonly describe: (tool: Tool) => OfficialTool;
  /** @param tool `undefined` of one that there is not */
  readonly toResult: (reply: CallReply, tool: Tool | undefined, ids: Pick<Ids, "uuid">) => CallToolResult;
}

export const PRODUCT_FORMS: ToolForms = { describe: describeOfficially, toResult: toToolResult };
