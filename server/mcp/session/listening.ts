import type { Ids } from "../../../storage/clock.ts";
import { StorageError } from "../../../storage/errors.ts";
import { MCP_ANY_HOLDER, MCP_LEASE_RENEW_MS, type McpSessionStore } from "../../../storage/mcp_session_store.ts";
import type { Slots } from "../../peer.ts";
import { openEventStream } from "./event_stream.ts";
import type { KeptMessage } from "./exchange.ts";
import type { SessionHub } from "./hub.ts";
import { type EventPlace, hold, writeAgain } from "./replay.ts";
import { type SubscribedOptions, watchSubscribed } from "./subscribed.ts";

/** The lease whose holder's stream alone gets the session's notices. */
const LEASE = "notices";
/** What the names of listening streams begin with: their events are told from a reply's by it. */
const PREFIX = "notices-";
/** Milliseconds that notices are kept for a client that lost its connection, and comes back. */
const LINGER_MS = 30_000;
/** Notices that may wait for the store. */
const WAITING_MAX = 1000;

export interface ListenOptions {
  readonly sessions: McpSessionStore;
  readonly hub: SessionHub;
  readonly ids: Pick<Ids, "uuid">;
  /** What the notices are of; there are none where left out. */
  readonly subscribed?: SubscribedOptions | undefined;
  /** Streams of this process that go on without their clients. */
  readonly lingering: Slots;
  readonly onFault: (error: unknown) => void;
  /** Told once when the client has gone. */
  readonly onGone?: (() => void) | undefined;
  readonly renewMs?: number | undefined;
}

export function isListening({ stream }: EventPlace): boolean {
  return stream.startsWith(PREFIX);
}

/**
 * A stream of what the server has to say beside its answers, which is what changes; it ends with its session.
 *
 * Of several streams of a session the newest gets all notices, and when that one's client goes another one does: a
 * notice is sent on one stream only. It is kept under the stream's name, also for a while after the client has gone, so
 * that the client can go on from the last one it saw, on any replica.
 *
 * @param from where the client goes on; a new stream where left out
 * @throws {StorageError}
 */
export async function listen(session: string, options: ListenOptions, from?: EventPlace): Promise<Response> {
  const { sessions, hub, ids, subscribed, lingering, onFault, onGone, renewMs = MCP_LEASE_RENEW_MS } = options;
  const holder = ids.uuid();
  const name = from?.stream ?? `${PREFIX}${holder}`;
  const listening = new DisposableStack();
  let isHolder = false;
  let isGone = false;
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();

  const stream = openEventStream(from ? undefined : `${name}_0-0`, () => {
    isGone = true;
    onGone?.();
    // Where it is over already there is nothing to keep for the client.
    if (listening.disposed || !isHolder || !lingering.take()) return stop();
    listening.defer(() => lingering.release());
    const timer = setTimeout(stop, LINGER_MS);
    listening.defer(() => clearTimeout(timer));
    hub.tell(session, { kind: "unheard", holder }).catch(onFault);
  });

  function stop(): void {
    listening.dispose();
    stream.close();
    if (!isHolder) return;
    isHolder = false;
    // It would end by itself.
    sessions.release(session, LEASE, holder).catch(() => {});
  }

  /** Does one thing after the other, so that notices keep their order. */
  function next(step: () => Promise<void>): void {
    if (waiting >= WAITING_MAX) return stop();
    waiting++;
    last = last.then(async () => {
      if (!listening.disposed) await step();
    }).catch(onFault).finally(() => waiting--);
  }

  async function take(over?: string): Promise<void> {
    const lease = await sessions.lease(session, LEASE, holder, over);
    const isNew = !isHolder && lease === "held";
    isHolder = lease === "held";
    // It may be over since, or its session.
    if (listening.disposed || lease === "ended" || (isGone && !isHolder)) return stop();
    if (isNew) await hub.tell(session, { kind: "listener", stream: name, holder });
  }

  /** Holds on to the lease; or gets it, where whoever had it was killed. */
  async function renew(): Promise<void> {
    try {
      await take();
    } catch (error) {
      // An outage is told of elsewhere, and the next time comes soon.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  async function send(uri: string): Promise<void> {
    if (!isHolder) return;
    const message = { jsonrpc: "2.0" as const, method: "notifications/resources/updated", params: { uri } };
    const kept: KeptMessage = { message, last: false };
    let place: string | undefined;
    try {
      place = await sessions.appendAs(LEASE, holder, session, name, JSON.stringify(kept));
    } catch (error) {
      // A client that is still there is told nonetheless.
      onFault(error);
      return stream.write(undefined, JSON.stringify(message));
    }
    if (place === undefined) isHolder = false;
    else stream.write(`${name}_${place}`, JSON.stringify(message));
  }

  async function begin(): Promise<void> {
    if (listening.disposed) return;
    await take(MCP_ANY_HOLDER);
    if (!from) return;
    for (const event of await sessions.eventsAfter(session, name, from.place)) writeAgain(stream, name, event);
  }

  try {
    hold(
      listening,
      await hub.listen(session, (notice) => {
        if (notice.kind === "end") stop();
        // Its client has another one now, or has come back for this one elsewhere.
        if (notice.kind === "listener" && notice.holder !== holder) {
          isHolder = false;
          if (isGone || notice.stream === name) stop();
        }
        if (notice.kind === "unheard" && notice.holder !== holder && !isGone) next(() => take(notice.holder));
        return false;
      }),
    );
    if (subscribed && !listening.disposed) {
      hold(listening, await watchSubscribed(session, subscribed, (uri) => next(() => send(uri))));
      const begun = begin();
      last = begun.catch(() => {});
      await begun;
    }
  } catch (error) {
    stop();
    throw error;
  }
  if (subscribed && !listening.disposed) {
    const timer = setInterval(() => next(renew), renewMs);
    listening.defer(() => clearInterval(timer));
  }
  return stream.response;
}
