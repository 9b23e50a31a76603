import type { Ids } from "../../storage/clock.ts";
import { ToolError } from "../../tools/error.ts";
import { toolNamed } from "../../tools/tool_named.ts";
import { callContext } from "./caller.ts";
import type { OfficialPart, PartContext } from "./part.ts";
import type { Prompt } from "./prompts/prompt.ts";
import { toProtocolError } from "./resources/errors.ts";
import type { KindOptions } from "./resources/options.ts";

/** Values that can be suggested: context keys, ids of runbooks, names of namespaces. */
export type Suggested = "keys" | "runbooks" | "namespaces";

/** Values that the protocol takes in one answer. */
const VALUES_MAX = 100;
const VALUE_CHARS_MAX = 256;

const TEMPLATES: ReadonlyMap<string, { readonly variable: string; readonly suggested: Suggested }> = new Map([
  ["ctx://{key}", { variable: "key", suggested: "keys" }],
  ["runbook://{id}", { variable: "id", suggested: "runbooks" }],
  ["k8s://{namespace}/pods", { variable: "namespace", suggested: "namespaces" }],
]);

/** As the protocol has them, which takes no interface here. */
type Values = { readonly values: string[]; readonly hasMore: boolean };

const NONE: Values = { values: [], hasMore: false };

/**
 * `completion/complete`, for prompts and templates. Nothing is suggested that the caller may not read. Namespaces are
 * those that its own roles name: each letter typed would ask the cluster for others, which few accounts may list.
 */
export function createCompletionPart(
  { tools, authorizer, runbooks, namespacesOf, callUnlisted, prompts, ids }: KindOptions & {
    readonly prompts: readonly Prompt[];
    readonly ids: Ids;
  },
): OfficialPart {
  const preview = toolNamed(tools, "runbook.preview");
  const listPods = toolNamed(tools, "k8s.list_pods");

  async function runbookIds(prefix: string, { peer: { principal } }: PartContext): Promise<Values> {
    const mine = (await runbooks.ids()).filter((id) =>
      id.startsWith(prefix) && authorizer.authorize({ principal, tool: preview, args: { runbook_id: id } }).allowed
    );
    return firstOf(mine);
  }

  async function namespaces(prefix: string, { peer: { principal } }: PartContext): Promise<Values> {
    const mine = (await namespacesOf(principal)).filter((namespace) => {
      if (!namespace.startsWith(prefix)) return false;
      // The tool's defaults are filled in, which a rule may ask for; a policy may name what can be no namespace.
      const { data: args } = listPods.input.safeParse({ namespace });
      return args !== undefined && authorizer.authorize({ principal, tool: listPods, args }).allowed;
    });
    return firstOf(mine);
  }

  return {
    capabilities: { completions: {} },
    register(server, context) {
      const { era, peer } = context;
      server.setRequestHandler("completion/complete", async ({ params: { ref, argument: { name, value } } }, extra) => {
        const suggested = ref.type === "ref/resource"
          ? TEMPLATES.get(ref.uri)?.variable === name ? TEMPLATES.get(ref.uri)?.suggested : undefined
          : prompts.find((prompt) => prompt.name === ref.name)?.arguments.find((one) => one.name === name)?.suggested;
        if (suggested === undefined || value.length > VALUE_CHARS_MAX) return { completion: NONE };
        if (suggested === "namespaces") return { completion: await namespaces(value, context) };
        try {
          if (suggested === "runbooks") return { completion: await runbookIds(value, context) };
          const request = { method: "completion/complete", tool: "ctx.keys", args: { prefix: value } };
          const { text } = await callUnlisted(request, callContext(peer, era, server, extra, ids), peer);
          const { keys, more }: { keys: string[]; more: boolean } = JSON.parse(text);
          return { completion: { values: keys, hasMore: more } };
        } catch (error) {
          throw error instanceof ToolError ? toProtocolError(error) : error;
        }
      });
    },
  };
}

function firstOf(found: readonly string[]): Values {
  return { values: found.slice(0, VALUES_MAX), hasMore: found.length > VALUES_MAX };
}
