import { MCP_LEASE_RENEW_MS, type McpSessionStore } from "../../../storage/mcp_session_store.ts";

/**
 * Says that a reply is still on its way, for as long as it is: whoever resumes its stream on another replica sees by the
 * lease of its name whether there is anything to wait for.
 *
 * @param stream the reply's, which names the lease and its holder
 */
export function leaseReply(
  session: string,
  stream: string,
  sessions: Pick<McpSessionStore, "lease" | "release">,
): Disposable {
  // An outage of the store is told of elsewhere, and the next sign comes soon.
  const renew = () => void sessions.lease(session, stream, stream).catch(() => {});
  renew();
  const timer = setInterval(renew, MCP_LEASE_RENEW_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      sessions.release(session, stream, stream).catch(() => {});
    },
  };
}

/** Looks that may find no lease: the holder's first sign, or its first after an outage, may be on its way. */
const MISSES_MAX = 1;

/**
 * Watches the lease of a reply that another replica sends.
 *
 * @param onLost told when nobody has held on to it for some seconds, and at every later look
 */
export function watchReply(
  session: string,
  stream: string,
  { sessions, renewMs = MCP_LEASE_RENEW_MS }: {
    readonly sessions: Pick<McpSessionStore, "isLeased">;
    readonly renewMs?: number | undefined;
  },
  onLost: () => void,
): Disposable {
  let misses = 0;
  const look = async () => {
    misses = await sessions.isLeased(session, stream) ? 0 : misses + 1;
    if (misses > MISSES_MAX) onLost();
  };
  // A store that is away says nothing of whoever sends.
  const timer = setInterval(() => void look().catch(() => {}), renewMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
