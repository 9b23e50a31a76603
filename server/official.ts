import { lazyDialogues, type OpenDialogue } from "./dialogue.ts";
import type { Official, OfficialOptions } from "./mcp/open.ts";
import type { OfficialPart } from "./mcp/part.ts";
import type { PartsOptions } from "./mcp/parts.ts";

/** Loads the parts of the protocol that are served. */
export type LoadParts = (options: PartsOptions) => Promise<readonly OfficialPart[]>;

export interface LazyOfficialOptions extends Omit<OfficialOptions, "parts" | "changes">, PartsOptions {
  /** The product's where left out; tests have parts of their own. */
  readonly loadParts?: LoadParts | undefined;
}

/** The official protocol, loaded with its first message: a server that only speaks the house dialect never pays. */
export interface LazyOfficial extends AsyncDisposable {
  readonly answer: Official["answer"];
  readonly openDialogue: OpenDialogue;
}

export function createLazyOfficial(options: LazyOfficialOptions): LazyOfficial {
  const { loadParts = loadProductParts } = options;
  let loading: Promise<Official> | undefined;
  const load = () => loading ??= open();
  async function open(): Promise<Official> {
    const [{ createOfficial }, parts] = await Promise.all([import("./mcp/open.ts"), loadParts(options)]);
    return createOfficial({ ...options, parts, changes: options.resources?.changes });
  }

  return {
    answer: async (...request) => await (await load()).answer(...request),
    openDialogue: lazyDialogues(async () => (await load()).openDialogue),
    async [Symbol.asyncDispose]() {
      await (await loading)?.[Symbol.asyncDispose]();
    },
  };
}

const loadProductParts: LoadParts = async (options) => (await import("./mcp/parts.ts")).createParts(options);
