/** What changes in a session of the official protocol while it lives. */
export interface McpSessionState {
  /** Least level of log notices that the client wants; `undefined` until it says. */
  readonly logLevel: string | undefined;
  /** URIs of the resources whose changes the client wants to hear of. */
  readonly subscriptions: ReadonlySet<string>;
}

/** A message of a stream, in the order in which it was sent. */
export interface McpEvent {
  /** Its place in the stream: digits and a hyphen, growing. */
  readonly id: string;
  readonly text: string;
}

/** Resources that one session may be subscribed to. */
export const MCP_SUBSCRIPTIONS_MAX = 1000;
/** Messages of one stream that are kept to be sent again; the oldest go first. */
export const MCP_EVENTS_MAX = 256;
/** Seconds that they are kept. */
export const MCP_EVENTS_SECONDS = 300;

/** Seconds after which a lease ends that nobody holds on to: whoever had it was killed, or is cut off. */
export const MCP_LEASE_SECONDS = 20;
/** Milliseconds between two signs of a holder. */
export const MCP_LEASE_RENEW_MS = 5000;
/** In place of a holder: whoever it is. */
export const MCP_ANY_HOLDER = "*";

/** Whether a lease was got: `taken` is somebody else's, and of a session that has ended there are none. */
export type McpLease = "held" | "taken" | "ended";

/**
 * Sessions of the official protocol's era that has them, known to all replicas. A session ends by itself when nobody
 * has asked for it for its time to live.
 *
 * Every method throws a StorageError when the store is away or too slow.
 */
export interface McpSessionStore extends AsyncDisposable {
  /** @param ttlSeconds whole seconds, at least 1 @throws {StorageError} also when it holds as many as it may. */
  open(id: string, ttlSeconds: number): Promise<void>;
  /** Its state, its end put off by `ttlSeconds`; `undefined` where it has ended or never was. */
  find(id: string, ttlSeconds: number): Promise<McpSessionState | undefined>;
  /** @returns whether there was one. */
  end(id: string): Promise<boolean>;
  /** Nothing happens where the session has ended. */
  setLogLevel(id: string, level: string): Promise<void>;
  /** @returns whether it is subscribed now: not where the session has ended, or has as many as it may. */
  subscribe(id: string, uri: string): Promise<boolean>;
  unsubscribe(id: string, uri: string): Promise<void>;
  /** Keeps a message of a stream, to be sent again to a client that lost its connection. @returns its place */
  append(id: string, stream: string, text: string): Promise<string>;
  /**
   * Gets a lease of the session, or holds on to it, for `MCP_LEASE_SECONDS`.
   *
   * @param holder a name that nobody else has
   * @param over the holder to take it from, `MCP_ANY_HOLDER` for any; nobody's lease alone is taken where left out
   */
  lease(id: string, lease: string, holder: string, over?: string): Promise<McpLease>;
  /** Gives a lease back. Nothing happens where it is somebody else's. */
  release(id: string, lease: string, holder: string): Promise<void>;
  /** Whether somebody holds a lease of a session that lives. */
  isLeased(id: string, lease: string): Promise<boolean>;
  /** As `append`, as one step with the look who holds the lease. @returns `undefined`, and keeps nothing, for another */
  appendAs(lease: string, holder: string, ...event: Parameters<McpSessionStore["append"]>): Promise<string | undefined>;
  /** The messages after a place, at most `MCP_EVENTS_MAX`; all that are kept where it is `""`. */
  eventsAfter(id: string, stream: string, after: string): Promise<readonly McpEvent[]>;
}
