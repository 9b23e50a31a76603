import type { McpEvent, McpSessionStore } from "../../../storage/mcp_session_store.ts";
import { type EventStream, openEventStream } from "./event_stream.ts";
import type { KeptMessage } from "./exchange.ts";
import type { SessionHub } from "./hub.ts";
import { watchReply } from "./lease.ts";

/** An event's id is `<stream>_<place>`; the place is two numbers of 64 bits, of which Redis refuses larger ones. */
const EVENT_ID = /^((?:notices-)?[\da-f-]{36})_(\d{1,19}-\d{1,19})$/;

/** A place in one of a session's streams. */
export interface EventPlace {
  readonly stream: string;
  readonly place: string;
}

/** @returns `undefined` for what no event of this server has for an id */
export function placeOf(eventId: string): EventPlace | undefined {
  const [, stream, place] = EVENT_ID.exec(eventId) ?? [];
  return stream === undefined || place === undefined ? undefined : { stream, place };
}

/** Sends an event again. @returns whether it was the stream's last */
export function writeAgain(stream: EventStream, name: string, { id, text }: McpEvent): boolean {
  const { message, last }: KeptMessage = JSON.parse(text);
  stream.write(`${name}_${id}`, JSON.stringify(message));
  return last;
}

export interface ReplayOptions {
  readonly sessions: McpSessionStore;
  readonly hub: SessionHub;
  readonly onFault: (error: unknown) => void;
  /** Told once when the stream is over. */
  readonly onGone?: (() => void) | undefined;
  /** Milliseconds between two looks whether somebody still sends. */
  readonly renewMs?: number | undefined;
}

/**
 * Sends again what of a reply followed an event that the client saw last, and goes on with what comes, whichever replica
 * sends it, until its last message, or until whoever sent it is no more.
 *
 * @throws {StorageError}
 */
export async function replay(
  session: string,
  { stream: name, place }: EventPlace,
  { sessions, hub, onFault, onGone, renewMs }: ReplayOptions,
): Promise<Response> {
  let seen = place;
  let reading: Promise<void> = Promise.resolve();
  const read = () => {
    reading = reading.then(async () => {
      for (const event of await sessions.eventsAfter(session, name, seen)) {
        seen = event.id;
        if (writeAgain(stream, name, event)) stream.close();
      }
    }).catch(onFault);
    return reading;
  };
  const listening = new DisposableStack();
  const stream = openEventStream(undefined, () => {
    listening.dispose();
    onGone?.();
  });
  try {
    // Before what is kept is read: nothing may fall between.
    hold(
      listening,
      await hub.listen(session, (notice) => {
        if (notice.kind === "end") stream.close();
        if (notice.kind === "event" && notice.stream === name && !stream.closed) read();
        return false;
      }),
    );
  } catch (error) {
    stream.close();
    throw error;
  }
  if (!stream.closed) {
    // The last words of who sent it may have come meanwhile.
    listening.use(watchReply(session, name, { sessions, renewMs }, () => void read().then(() => stream.close())));
    read();
  }
  return stream.response;
}

/** Keeps what was begun for a stream until it ends: at once, where it has ended while that began. */
export function hold(stack: DisposableStack, begun: Disposable): void {
  if (stack.disposed) begun[Symbol.dispose]();
  else stack.use(begun);
}
