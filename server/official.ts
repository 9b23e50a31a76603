import { lazyDialogues, type OpenDialogue } from "./dialogue.ts";
import type { DirectWay, OfficialWay } from "./mcp/direct.ts";
import type { DirectReply } from "./mcp/direct/reply.ts";
import type { Official, OfficialOptions } from "./mcp/open.ts";
import type { OfficialPart } from "./mcp/part.ts";
import type { PartsOptions } from "./mcp/parts.ts";

/** Loads the parts of the protocol that are served. */
export type LoadParts = (options: PartsOptions) => Promise<readonly OfficialPart[]>;

export interface LazyOfficialOptions
  extends Omit<OfficialOptions, "parts" | "changes" | "direct" | "onWay">, PartsOptions {
  /** The product's where left out; tests have parts of their own. */
  readonly loadParts?: LoadParts | undefined;
  /** Whether what needs no SDK is answered without it; it is where left out. */
  readonly direct?: boolean;
  /** Told which way each request is answered. */
  readonly onWay?: ((way: OfficialWay) => void) | undefined;
}

/** The official protocol, loaded with its first message: a server that only speaks the house dialect never pays. */
export interface LazyOfficial extends AsyncDisposable {
  /** A reply that is whole is text, so that whoever sends it makes the response once. */
  readonly answer: (...request: Parameters<Official["answer"]>) => Promise<Response | DirectReply>;
  readonly openDialogue: OpenDialogue;
}

export function createLazyOfficial(options: LazyOfficialOptions): LazyOfficial {
  const { loadParts = loadProductParts, onWay = () => {} } = options;
  let loading: Promise<Official> | undefined;
  const load = () => loading ??= open();
  async function open(): Promise<Official> {
    const [{ createOfficial }, parts, direct] = await Promise.all([
      import("./mcp/open.ts"),
      loadParts(options),
      isDirect ? loadDirect() : undefined,
    ]);
    return createOfficial({ ...options, onWay, parts, direct, changes: options.resources?.changes });
  }

  const isDirect = options.direct ?? true;
  let opening: Promise<DirectWay> | undefined;
  const loadDirect = () => opening ??= openDirect();
  async function openDirect(): Promise<DirectWay> {
    const [{ createDirect }, { capabilitiesOf }] = await Promise.all([
      import("./mcp/direct.ts"),
      import("./mcp/identity.ts"),
    ]);
    return createDirect({ ...options, capabilities: capabilitiesOf(options) });
  }

  async function answer(...[request, body, peer]: Parameters<Official["answer"]>): Promise<Response | DirectReply> {
    const reply = isDirect ? await (await loadDirect()).post(request, body, peer) : undefined;
    if (reply) onWay("direct");
    // Its reply may stream for longer than the peer's own signal is listened to.
    return reply ?? await (await load()).answer(request, body, { ...peer, signal: request.signal });
  }

  return {
    answer,
    openDialogue: lazyDialogues(async () => (await load()).openDialogue),
    async [Symbol.asyncDispose]() {
      await (await loading)?.[Symbol.asyncDispose]();
    },
  };
}

const loadProductParts: LoadParts = async (options) => (await import("./mcp/parts.ts")).createParts(options);
