import type { Clock } from "../clock.ts";
import { StorageError } from "../errors.ts";
import {
  MCP_ANY_HOLDER,
  MCP_EVENTS_MAX,
  MCP_EVENTS_SECONDS,
  MCP_LEASE_SECONDS,
  MCP_SUBSCRIPTIONS_MAX,
  type McpEvent,
  type McpSessionStore,
} from "../mcp_session_store.ts";

/** Sessions at once. */
const SESSIONS_MAX = 10_000;

interface Stream {
  readonly events: McpEvent[];
  count: number;
  endMs: number;
}

interface Session {
  logLevel: string | undefined;
  readonly subscriptions: Set<string>;
  readonly streams: Map<string, Stream>;
  readonly leases: Map<string, { readonly holder: string; readonly endMs: number }>;
  endMs: number;
}

/** Sessions in this process, which is all there is without Redis: a restart ends them. */
export function createMemoryMcpSessionStore(
  clock: Pick<Clock, "elapsed">,
  { sessionsMax = SESSIONS_MAX }: { readonly sessionsMax?: number } = {},
): McpSessionStore {
  const sessions = new Map<string, Session>();

  function live(id: string): Session | undefined {
    const session = sessions.get(id);
    return session && session.endMs > clock.elapsed() ? session : undefined;
  }

  function liveStream(id: string, name: string): Stream | undefined {
    const stream = live(id)?.streams.get(name);
    return stream && stream.endMs > clock.elapsed() ? stream : undefined;
  }

  function holderOf(id: string, lease: string): string | undefined {
    const held = live(id)?.leases.get(lease);
    return held && held.endMs > clock.elapsed() ? held.holder : undefined;
  }

  function append(id: string, name: string, text: string): string {
    const stream = liveStream(id, name) ?? { events: [], count: 0, endMs: 0 };
    const event = { id: `${++stream.count}-0`, text };
    stream.events.push(event);
    if (stream.events.length > MCP_EVENTS_MAX) stream.events.shift();
    stream.endMs = clock.elapsed() + MCP_EVENTS_SECONDS * 1000;
    const streams = live(id)?.streams;
    for (const [other, { endMs }] of streams ?? []) if (endMs <= clock.elapsed()) streams?.delete(other);
    streams?.set(name, stream);
    return event.id;
  }

  function removeEnded(): void {
    for (const id of sessions.keys()) if (!live(id)) sessions.delete(id);
  }

  return {
    open: (id, ttlSeconds) =>
      Promise.try(() => {
        if (sessions.size >= sessionsMax) removeEnded();
        if (sessions.size >= sessionsMax) {
          throw new StorageError(`Cannot open an MCP session: this process has ${sessions.size}, expected fewer`);
        }
        const endMs = clock.elapsed() + ttlSeconds * 1000;
        sessions.set(id, {
          logLevel: undefined,
          subscriptions: new Set(),
          streams: new Map(),
          leases: new Map(),
          endMs,
        });
      }),
    find(id, ttlSeconds) {
      const session = live(id);
      if (!session) return Promise.resolve(undefined);
      session.endMs = clock.elapsed() + ttlSeconds * 1000;
      return Promise.resolve({ logLevel: session.logLevel, subscriptions: new Set(session.subscriptions) });
    },
    end(id) {
      const wasLive = live(id) !== undefined;
      sessions.delete(id);
      return Promise.resolve(wasLive);
    },
    setLogLevel(id, level) {
      const session = live(id);
      if (session) session.logLevel = level;
      return Promise.resolve();
    },
    subscribe(id, uri) {
      const subscriptions = live(id)?.subscriptions;
      const isNew = subscriptions && !subscriptions.has(uri);
      if (!subscriptions || (isNew && subscriptions.size >= MCP_SUBSCRIPTIONS_MAX)) return Promise.resolve(false);
      subscriptions.add(uri);
      return Promise.resolve(true);
    },
    unsubscribe(id, uri) {
      live(id)?.subscriptions.delete(uri);
      return Promise.resolve();
    },
    append: (...event) => Promise.resolve(append(...event)),
    lease(id, lease, holder, over) {
      const leases = live(id)?.leases;
      if (!leases) return Promise.resolve("ended");
      const now = holderOf(id, lease);
      const isMine = now === undefined || now === holder || over === MCP_ANY_HOLDER || now === over;
      if (!isMine) return Promise.resolve("taken");
      for (const other of leases.keys()) if (holderOf(id, other) === undefined) leases.delete(other);
      leases.set(lease, { holder, endMs: clock.elapsed() + MCP_LEASE_SECONDS * 1000 });
      return Promise.resolve("held");
    },
    release(id, lease, holder) {
      if (holderOf(id, lease) === holder) live(id)?.leases.delete(lease);
      return Promise.resolve();
    },
    isLeased: (id, lease) => Promise.resolve(holderOf(id, lease) !== undefined),
    appendAs: (lease, holder, ...event) =>
      Promise.resolve(holderOf(event[0], lease) === holder ? append(...event) : undefined),
    eventsAfter(id, name, after) {
      const place = Number.parseInt(after) || 0;
      const events = liveStream(id, name)?.events ?? [];
      return Promise.resolve(events.filter(({ id }) => Number.parseInt(id) > place));
    },
    async [Symbol.asyncDispose]() {},
  };
}
