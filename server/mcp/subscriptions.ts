import { z } from "zod";
import { StorageError } from "../../storage/errors.ts";
import { MCP_SUBSCRIPTIONS_MAX } from "../../storage/mcp_session_store.ts";
import type { ResourceChanges } from "./resources/changes.ts";

/** The resources whose changes a client of the handshake era wants to hear of. */
export interface Subscriptions {
  /** @returns false where there are as many as there may be @throws {StorageError} */
  add(uri: string): Promise<boolean>;
  /** @throws {StorageError} */
  remove(uri: string): Promise<void>;
}

/** Those of one connection. */
export class ConnectionSubscriptions implements Subscriptions {
  readonly #uris = new Set<string>();

  has(uri: string): boolean {
    return this.#uris.has(uri);
  }

  add(uri: string): Promise<boolean> {
    if (this.#uris.size < MCP_SUBSCRIPTIONS_MAX) this.#uris.add(uri);
    return Promise.resolve(this.#uris.has(uri));
  }

  remove(uri: string): Promise<void> {
    this.#uris.delete(uri);
    return Promise.resolve();
  }
}

/** Whether a request asks to be told of changes. */
export function isSubscribing(method: unknown): boolean {
  return method === "subscriptions/listen" || method === "resources/subscribe";
}

const listenSchema = z.object({
  params: z.object({ notifications: z.object({ resourceSubscriptions: z.array(z.unknown()) }) }),
});

/** Waits until changes are heard of. @returns the error that a request gets which asks for them in vain */
export async function whyNoSubscription(
  request: unknown,
  changes: ResourceChanges,
): Promise<{ readonly code: number; readonly message: string } | undefined> {
  const uris = listenSchema.safeParse(request).data?.params.notifications.resourceSubscriptions.length ?? 0;
  if (uris > MCP_SUBSCRIPTIONS_MAX) {
    return {
      code: -32602,
      message: `Cannot subscribe to ${uris} resources: at most ${MCP_SUBSCRIPTIONS_MAX} are taken`,
    };
  }
  try {
    await changes.ready();
    return undefined;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { code: -32004, message: "Cannot subscribe: what tells of changes is away, try again in a few seconds" };
  }
}
