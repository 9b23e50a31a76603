import { lazyDialogues, type OpenDialogue } from "./dialogue.ts";
import type { Official, OfficialOptions } from "./mcp/open.ts";

/** The official protocol, loaded with its first message: a server that only speaks the house dialect never pays. */
export interface LazyOfficial extends AsyncDisposable {
  readonly answer: Official["answer"];
  readonly openDialogue: OpenDialogue;
}

export function createLazyOfficial(options: OfficialOptions): LazyOfficial {
  let loading: Promise<Official> | undefined;
  const load = () => loading ??= import("./mcp/open.ts").then(({ createOfficial }) => createOfficial(options));
  return {
    answer: async (...request) => await (await load()).answer(...request),
    openDialogue: lazyDialogues(async () => (await load()).openDialogue),
    async [Symbol.asyncDispose]() {
      await (await loading)?.[Symbol.asyncDispose]();
    },
  };
}
