import { z } from "zod";
import type { EventBus, Unsubscribe } from "../../../storage/event_bus.ts";
import type { Authorizer } from "../../../tools/authorizer.ts";
import type { Principal } from "../../../tools/call_context.ts";
import type { ContextKeys } from "../../../tools/ctx/keys.ts";
import { CONTEXT_TOPIC } from "../../../tools/ctx/set.ts";
import type { Tool } from "../../../tools/tool.ts";
import { toolNamed } from "../../../tools/tool_named.ts";

/** Tells which resources change, on whichever replica. */
export interface ResourceChanges extends AsyncDisposable {
  /** Resolves once changes are heard of. @throws {StorageError} when the bus is away. */
  ready(): Promise<void>;
  /**
   * Tells of changes to what the principal may read, from when it is `ready` on. A resource has a URI for each way to
   * encode its name, and each is told.
   */
  watch(principal: Principal, listener: (uri: string) => void): Disposable;
}

export interface ContextChangesOptions {
  readonly events: Pick<EventBus, "subscribe">;
  readonly keys: ContextKeys;
  readonly authorizer: Pick<Authorizer, "authorize">;
  /** The catalogue: a caller hears of what it may get by `ctx.get`. */
  readonly tools: readonly Tool[];
}

/** What a replica of any version tells. */
const eventSchema = z.object({ key: z.string() });

/** The changes that `ctx.set` tells of. Subscribes to them with the first who waits for it. */
export function createContextChanges({ events, keys, authorizer, tools }: ContextChangesOptions): ResourceChanges {
  const tool = toolNamed(tools, "ctx.get");
  const listeners = new Set<(stored: string) => void>();
  let subscribing: Promise<Unsubscribe> | undefined;

  return {
    async ready() {
      subscribing ??= events.subscribe(CONTEXT_TOPIC, (event) => {
        const key = eventSchema.safeParse(event).data?.key;
        if (key !== undefined) { for (const listener of [...listeners]) listener(key); }
      });
      try {
        await subscribing;
      } catch (error) {
        subscribing = undefined;
        throw error;
      }
    },
    watch(principal, listener) {
      const own = keys.stored(principal, "");
      const heard = (stored: string) => {
        if (!stored.startsWith(own)) return;
        const key = stored.slice(own.length);
        if (!authorizer.authorize({ principal, tool, args: { key } }).allowed) return;
        for (const uri of urisOf(key)) listener(uri);
      };
      listeners.add(heard);
      return { [Symbol.dispose]: () => void listeners.delete(heard) };
    },
    async [Symbol.asyncDispose]() {
      listeners.clear();
      const unsubscribe = await subscribing?.catch(() => undefined);
      await unsubscribe?.();
    },
  };
}

/** A key as it is, as JavaScript encodes it, and as RFC 6570 does in a template's simple expression. */
function urisOf(key: string): ReadonlySet<string> {
  const encoded = encodeURIComponent(key);
  const strictly = encoded.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return new Set([key, encoded, strictly].map((part) => `ctx://${part}`));
}
