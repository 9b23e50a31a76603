import type { Authorizer } from "../authorizer.ts";
import { ToolError } from "../error.ts";
import type { Tool, ToolCall } from "../tool.ts";
import { type RunbookLibrary, RUNBOOKS_MAX } from "./library.ts";
import type { Runbook, Severity } from "./runbook.ts";

/** What the tools that find runbooks need. */
export interface RunbookFinding {
  readonly library: RunbookLibrary;
  readonly authorizer: Pick<Authorizer, "authorize">;
  /** The tool that shows one: who may not call it for a runbook does not find it. */
  readonly preview: () => Tool;
}

const NAMES_SHOWN_MAX = 5;
const ORDER: readonly Severity[] = ["critical", "warning", "info", "unspecified"];

/** Every runbook that the caller may see, the urgent ones first, and what to say of those that cannot be read. */
export async function readAll(
  { library, authorizer, preview }: RunbookFinding,
  { principal, signal }: Pick<ToolCall, "principal" | "signal">,
): Promise<{ readonly runbooks: readonly Runbook[]; readonly warnings: readonly string[] }> {
  const tool = preview();
  const { ids, read } = await library.open();
  const mine = ids.filter((id) => authorizer.authorize({ principal, tool, args: { runbook_id: id } }).allowed);
  const runbooks: Runbook[] = [];
  const broken: string[] = [];
  for (const id of mine) {
    signal.throwIfAborted();
    try {
      runbooks.push(await read(id));
    } catch (error) {
      if (!(error instanceof ToolError) || error.kind === "unavailable") throw error;
      broken.push(id);
    }
  }
  runbooks.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || (a.id < b.id ? -1 : 1));
  const others = broken.length > NAMES_SHOWN_MAX ? ", …" : "";
  const names = `${broken.slice(0, NAMES_SHOWN_MAX).join(", ")}${others}`;
  const warnings = [
    ...(broken.length > 0 ? [`${broken.length} cannot be read: ${names}`] : []),
    ...(ids.length === RUNBOOKS_MAX ? [`Only ${RUNBOOKS_MAX} runbooks are looked at, and there may be more`] : []),
  ];
  return { runbooks, warnings };
}
