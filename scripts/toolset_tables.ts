import { describeTool } from "../tools/describe.ts";
import { listedTools } from "../tools/listed_tools.ts";
import type { Tool, ToolEffect } from "../tools/tool.ts";
import { TOOLSETS } from "../tools/toolsets.ts";
import { printTable, withGenerated } from "./generated.ts";

const DOCUMENT = new URL("../README.md", import.meta.url);

const EFFECTS: Readonly<Record<ToolEffect, string>> = {
  read: "reads",
  own: "changes this server's stores",
  outside: "changes the cluster",
};

/** Every tool beside the guide's seven as the catalogue has it, a table a toolset. */
export async function printToolsets(): Promise<string> {
  const names = Object.keys(TOOLSETS) as (keyof typeof TOOLSETS)[]; // The object's own names.
  const all = await listedTools(names);
  return names.filter((name) => name !== "core").map((name) => {
    const tools = all.filter(({ toolset }) => toolset === name);
    return `### Toolset \`${name}\`\n\n${TOOLSETS[name].about}.\n\n${printTable([HEAD, ...tools.map(rowOf)])}`;
  }).join("\n");
}

const HEAD = ["Tool", "Arguments (bold: required)", "Gives, does", "Effect"];

function rowOf(tool: Tool): readonly string[] {
  const { name, parameters } = describeTool(tool);
  const words = Object.entries(parameters).map(([parameter, { required, default: preset }]) => {
    if (required) return `**\`${parameter}\`**`;
    return `\`${parameter}\`${preset === undefined ? "" : ` ${JSON.stringify(preset)}`}`;
  });
  return [`\`${name}\``, words.join(", "), tool.summary, EFFECTS[tool.effect]];
}

if (import.meta.main) {
  const document = await Deno.readTextFile(DOCUMENT);
  await Deno.writeTextFile(DOCUMENT, withGenerated(document, "toolsets", await printToolsets()));
}
