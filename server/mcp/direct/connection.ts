import { isObject } from "../../../rpc/message.ts";
import type { Peer } from "../../peer.ts";
import type { Era } from "../caller.ts";
import type { DirectWay } from "../direct.ts";
import { CLIENT_INFO_META_KEY } from "../identity.ts";
import { printReply } from "./reply.ts";
import { type DirectRequest, readRequest } from "./request.ts";

/** What the SDK and a connection have settled: the era and, in the one with a handshake, the client. */
interface Settled {
  readonly era: Era;
  readonly client: Peer["client"];
}

/** The direct way on one connection, beside the SDK, which is asked first: it settles which era is spoken, and with whom. */
export class DirectConnection {
  readonly #direct: Pick<DirectWay, "answer">;
  readonly #peer: Peer;
  #settled: Settled | undefined;
  /** Requests under way here, by id as JSON. */
  readonly #running = new Map<string, AbortController>();

  constructor(direct: Pick<DirectWay, "answer">, peer: Peer) {
    this.#direct = direct;
    this.#peer = peer;
    peer.signal.addEventListener("abort", () => {
      for (const running of this.#running.values()) running.abort();
    }, { once: true });
  }

  /** Told of each request that the SDK has answered with a result, in the era which it takes the connection for. */
  answered(era: Era, method: string, params: unknown): void {
    if (era === "modern") {
      // After no more than a look around a client may still begin a handshake.
      if (method !== "server/discover") this.#settled = { era, client: this.#peer.client };
    } else if (method === "initialize") {
      this.#settled = { era, client: { ...this.#peer.client, ...clientOf(params) } };
    }
  }

  /** @returns `undefined` where it is the SDK's to answer */
  read(message: unknown): DirectRequest | undefined {
    const request = this.#settled && readRequest(this.#settled.era, message);
    // A request that does not name its client may be taken by the SDK to have the last one's name.
    const isNamed = request?.era === "legacy" || request?.meta[CLIENT_INFO_META_KEY] !== undefined;
    return request && isNamed && !this.#running.has(JSON.stringify(request.id)) ? request : undefined;
  }

  /** @returns the reply's text, `""` where it was cancelled and gets none; `undefined` where it is the SDK's to answer */
  async answer(request: DirectRequest): Promise<string | undefined> {
    const key = JSON.stringify(request.id);
    const running = new AbortController();
    // What was read before its client was given up still comes.
    if (this.#peer.signal.aborted) running.abort();
    this.#running.set(key, running);
    const { client = this.#peer.client } = this.#settled ?? {};
    const { signal } = running;
    try {
      const outcome = await this.#direct.answer(request, { ...this.#peer, client, signal });
      if (signal.aborted) return "";
      return outcome === undefined ? undefined : printReply(request.id, outcome);
    } finally {
      this.#running.delete(key);
    }
  }

  /** @returns whether a request of that id was under way here */
  cancel(id: unknown): boolean {
    const running = this.#running.get(JSON.stringify(id));
    running?.abort();
    return running !== undefined;
  }
}

function clientOf(params: unknown): Peer["client"] {
  const info = isObject(params) ? params["clientInfo"] : undefined;
  const { name, version } = isObject(info) ? info : {};
  return { ...(typeof name === "string" && { name }), ...(typeof version === "string" && { version }) };
}
