import type { McpSessionStore } from "../../../storage/mcp_session_store.ts";
import type { Principal } from "../../../tools/call_context.ts";
import type { ResourceChanges } from "../resources/changes.ts";
import type { Subscriptions } from "../subscriptions.ts";
import type { SessionHub } from "./hub.ts";

/** What a session is subscribed to, wherever its listening stream is. */
export function sessionSubscriptions(
  session: string,
  { sessions, hub }: { readonly sessions: McpSessionStore; readonly hub: SessionHub },
): Subscriptions {
  return {
    async add(uri) {
      if (!await sessions.subscribe(session, uri)) return false;
      await hub.tell(session, { kind: "subscription", uri, wanted: true });
      return true;
    },
    async remove(uri) {
      await sessions.unsubscribe(session, uri);
      await hub.tell(session, { kind: "subscription", uri, wanted: false });
    },
  };
}

export interface SubscribedOptions {
  readonly principal: Principal;
  readonly sessions: McpSessionStore;
  readonly ttlSeconds: number;
  readonly hub: SessionHub;
  readonly changes: ResourceChanges;
}

/**
 * Tells of the changes that a session is subscribed to, from when it resolves on; subscriptions may come and go.
 *
 * @throws {StorageError}
 */
export async function watchSubscribed(
  session: string,
  { principal, sessions, ttlSeconds, hub, changes }: SubscribedOptions,
  onChange: (uri: string) => void,
): Promise<Disposable> {
  using watching = new DisposableStack();
  const wanted = new Map<string, boolean>();
  let isRead = false;
  watching.use(
    await hub.listen(session, (notice) => {
      if (notice.kind !== "subscription") return false;
      // What comes before the store is read is later than what it says.
      if (notice.wanted || !isRead) wanted.set(notice.uri, notice.wanted);
      else wanted.delete(notice.uri);
      return false;
    }),
  );
  await changes.ready();
  const state = await sessions.find(session, ttlSeconds);
  for (const uri of state?.subscriptions ?? []) if (!wanted.has(uri)) wanted.set(uri, true);
  isRead = true;
  watching.use(changes.watch(principal, (uri) => {
    if (wanted.get(uri)) onChange(uri);
  }));
  return watching.move();
}
