import { openPolicy } from "../../server/auth/open_policy.ts";
import { chooseClusters } from "../../server/clusters.ts";
import type { Clusters } from "../../tools/clusters.ts";
import { listedTools } from "../../tools/listed_tools.ts";
import { readArguments } from "../../tools/arguments.ts";
import { nearest } from "../../tools/nearest.ts";
import { builtInRedactor } from "../../tools/redact.ts";
import type { Tool } from "../../tools/tool.ts";
import { TOOLSET_WORDS } from "../../tools/toolsets.ts";
import type { Command } from "../command_line.ts";
import { readOptions, UsageError } from "../options.ts";
import { callerOf } from "./caller.ts";
import { explanationOf, printExplanation } from "./explanation.ts";

export const explain: Command = {
  summary: "say whether a call would be allowed, and by which rule",
  help: `deno task policy explain --as NAME --tool TOOL [--args JSON] [--role ROLE]… [--group GROUP]… [--json]

  --as NAME      who calls
  --tool TOOL    the tool, by the name that mcp.tools.list gives it
  --args JSON    its arguments, such as '{"namespace": "mcp-lab"}'; where left out, none
  --role ROLE    a role of the caller's credential; where left out, those of the API keys of that name
  --group GROUP  a group that the identity provider puts the caller in
  --json         the decision as JSON

Decides as the server does, by the settings of this environment: POLICY_FILE, AUTH_MODE, KUBE_CONTEXTS with KUBECONFIG,
and REDIS_URL, DATA_DIR and TOKENS_FILE for the roles of API keys. Arguments that are not valid are told, and the tool
alone decides.

Exit code: 0 = allowed, 1 = refused, 2 = it cannot be told, or the arguments are not valid`,

  async run(args, context) {
    const options = readOptions(args, {
      as: { type: "string" },
      tool: { type: "string" },
      args: { type: "string", default: "{}" },
      role: { type: "string", multiple: true },
      group: { type: "string", multiple: true },
      json: { type: "boolean" },
    });
    const name = expected("as", options.as);
    const settings = context.settings();
    const clusters = await chooseClusters(settings);
    const tool = await toolOf(expected("tool", options.tool), settings.TOOLSETS, clusters);
    const read = readArguments(tool, parseJson(options.args), builtInRedactor);
    const opened = await openPolicy(settings, clusters);
    const principal = await callerOf({ name, roles: options.role, groups: options.group }, settings, context);
    const decision = opened.authorizer.authorize({ principal, tool, args: read.args });
    const explanation = explanationOf({ opened, settings, principal, tool, decision, read });
    await context.print(options.json ? JSON.stringify(explanation, null, 2) : printExplanation(explanation));
    if (!decision.allowed) return 1;
    return read.refusal ? 2 : 0;
  },
};

function expected(option: string, value: string | undefined): string {
  if (value) return value;
  throw new UsageError(`Cannot explain without --${option}: deno task policy explain --help tells more`);
}

/** The tool as the toolsets in use have it, else as it would be. */
async function toolOf(name: string, toolsets: readonly string[], clusters: Clusters | undefined): Promise<Tool> {
  const tools = await listedTools(TOOLSET_WORDS, clusters);
  const tool = [...await listedTools(toolsets, clusters), ...tools].find((candidate) => candidate.name === name);
  if (tool) return tool;
  const names = tools.map((candidate) => candidate.name);
  const near = nearest(name, names);
  throw new UsageError(
    `Unknown tool ${JSON.stringify(name)}: ` +
      (near.length > 0 ? `did you mean ${near.join(" or ")}?` : `expected one of ${names.join(", ")}`),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Invalid --args ${JSON.stringify(text)}: expected JSON: ${reason}`);
  }
}
