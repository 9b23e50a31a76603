import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Authorizer } from "../../../tools/authorizer.ts";
import type { Principal } from "../../../tools/call_context.ts";
import type { Tool } from "../../../tools/tool.ts";
import { toolNamed } from "../../../tools/tool_named.ts";
import { pageOf } from "../page.ts";
import type { OfficialPart } from "../part.ts";
import type { Argument, Prompt } from "./prompt.ts";

/** How long a client may keep the list: it changes with a new version, or with the caller's rights. */
const LIST_TTL_MS = 300_000;
const SHOWN_CHARS_MAX = 80;

export interface PromptsPartOptions {
  readonly prompts: readonly Prompt[];
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "mayList">;
}

/** `prompts/*`: a caller is shown the prompts whose tools it may call. */
export function createPromptsPart({ prompts, tools, authorizer }: PromptsPartOptions): OfficialPart {
  const shown = prompts.map((prompt) => ({ prompt, needs: prompt.tools.map((name) => toolNamed(tools, name)) }));
  const promptsFor = (principal: Principal) =>
    shown.filter(({ needs }) => needs.every((tool) => authorizer.mayList(principal, tool))).map(({ prompt }) => prompt);

  return {
    capabilities: { prompts: {} },
    cacheHints: { "prompts/list": { ttlMs: LIST_TTL_MS, cacheScope: "private" } },
    register(server, { peer }) {
      server.setRequestHandler("prompts/list", ({ params }) => {
        const { entries, ...next } = pageOf(promptsFor(peer.principal), ({ name }) => name, params?.cursor);
        return { prompts: entries.map(describe), ...next };
      });

      server.setRequestHandler("prompts/get", ({ params: { name, arguments: args = {} } }) => {
        const mine = promptsFor(peer.principal);
        const prompt = mine.find((one) => one.name === name);
        if (!prompt) {
          throw invalid(`Unknown prompt ${show(name)}: there are ${mine.map((one) => one.name).join(", ") || "none"}`);
        }
        const text = prompt.textOf(readArguments(prompt, args));
        return { description: prompt.description, messages: [{ role: "user", content: { type: "text", text } }] };
      });
    },
  };
}

function describe({ name, title, description, arguments: args }: Prompt) {
  return {
    ...{ name, title, description },
    arguments: args.map(({ name, description, required }) => ({ name, description, required })),
  };
}

/** @throws {ProtocolError} −32602 that says everything which is wrong. */
function readArguments(prompt: Prompt, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const problems = prompt.arguments.flatMap((argument) => problemOf(argument, given) ?? []);
  const names = prompt.arguments.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  problems.push(...unknown.slice(0, 5).map((name) => `${show(name)} is none of ${names.join(", ")}`));
  if (problems.length > 0) throw invalid(`Invalid arguments of prompt "${prompt.name}": ${problems.join("; ")}`);
  // What is left empty is left out, as forms of clients have it.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

function problemOf({ name, description, required, form }: Argument, given: Readonly<Record<string, string>>) {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  if (value === undefined || value === "") return required ? `${name} is missing (${description})` : undefined;
  if (form && !form.pattern.test(value)) return `${name}: expected ${form.words}, but got ${show(value)}`;
  return undefined;
}

function show(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX).toWellFormed()}…` : text);
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}
