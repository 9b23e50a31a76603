import type { Authorizer } from "../../tools/authorizer.ts";
import { createCompletionPart } from "./completion.ts";
import type { OfficialPart } from "./part.ts";
import { PROMPTS } from "./prompts/prompts.ts";
import { createPromptsPart } from "./prompts/prompts_part.ts";
import { createResourceKinds } from "./resources/kinds.ts";
import type { ResourceSources } from "./resources/options.ts";
import { createResourcesPart } from "./resources/resources_part.ts";
import { createToolsPart, type ToolsPartOptions } from "./tools_part.ts";

export interface PartsOptions extends ToolsPartOptions {
  readonly authorizer: Authorizer;
  /** Tools are all there is where left out. */
  readonly resources?: ResourceSources | undefined;
}

/** `logging/setLevel`, which the SDK answers, and a session keeps. */
const LOGGING: OfficialPart = { capabilities: { logging: {} }, register() {} };

/** The parts of the protocol that this server has. */
export function createParts(options: PartsOptions): readonly OfficialPart[] {
  const { resources, ids } = options;
  const tools = createToolsPart(options);
  if (!resources) return [tools, LOGGING];
  const kinds = { ...options, ...resources };
  return [
    tools,
    createResourcesPart(createResourceKinds(kinds), ids),
    createPromptsPart({ ...options, prompts: PROMPTS }),
    createCompletionPart({ ...kinds, prompts: PROMPTS, ids }),
    LOGGING,
  ];
}
