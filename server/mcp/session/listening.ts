import type { McpEvent, McpSessionStore } from "../../../storage/mcp_session_store.ts";
import { refuse } from "../refuse.ts";
import { type EventStream, openEventStream } from "./event_stream.ts";
import type { KeptMessage } from "./exchange.ts";
import type { SessionHub } from "./hub.ts";
import { type SubscribedOptions, watchSubscribed } from "./subscribed.ts";

/** Milliseconds that a stream waits for its next message: what sends it may have been killed. */
const SILENCE_MAX_MS = 300_000;
/** `<stream>_<place>`. */
const EVENT_ID = /^([\da-f-]{36})_(\d{1,20}-\d{1,20})$/;

/**
 * A stream of what the server has to say beside its answers, which is what changes; it ends with its session.
 *
 * @param subscribed nothing changes where left out
 * @throws {StorageError}
 */
export async function listen(session: string, hub: SessionHub, subscribed?: SubscribedOptions): Promise<Response> {
  const listening = new DisposableStack();
  const stream = openEventStream(undefined, () => listening.dispose());
  try {
    hold(
      listening,
      await hub.listen(session, (notice) => {
        if (notice.kind === "end") stream.close();
        return false;
      }),
    );
    if (subscribed) {
      hold(listening, await watchSubscribed(session, subscribed, (uri) => stream.write(undefined, updated(uri))));
    }
  } catch (error) {
    stream.close();
    throw error;
  }
  return stream.response;
}

function updated(uri: string): string {
  return JSON.stringify({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });
}

/**
 * Sends again what followed an event that the client saw last, and goes on with what comes, whichever replica sends it,
 * until the stream's last message.
 *
 * @param lastEventId of any stream of this session
 */
export async function resume(
  session: string,
  lastEventId: string,
  { sessions, hub, onFault }: {
    readonly sessions: McpSessionStore;
    readonly hub: SessionHub;
    readonly onFault: (error: unknown) => void;
  },
): Promise<Response> {
  const [, name, place] = EVENT_ID.exec(lastEventId) ?? [];
  if (name === undefined || place === undefined) return refuse(400, "Expected the id of an event as Last-Event-ID");
  let seen = place;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let reading: Promise<void> = Promise.resolve();
  const read = () => {
    reading = reading.then(async () => {
      for (const event of await sessions.eventsAfter(session, name, seen)) {
        seen = event.id;
        if (write(stream, name, event)) stream.close();
      }
    }).catch(onFault);
  };
  const wait = () => {
    clearTimeout(silence);
    silence = setTimeout(() => stream.close(), SILENCE_MAX_MS);
  };
  const listening = new DisposableStack();
  const stream = openEventStream(undefined, () => {
    clearTimeout(silence);
    listening.dispose();
  });
  try {
    // Before what is kept is read: nothing may fall between.
    hold(
      listening,
      await hub.listen(session, (notice) => {
        if (notice.kind === "end") stream.close();
        if (notice.kind === "event" && notice.stream === name && !stream.closed) {
          wait();
          read();
        }
        return false;
      }),
    );
  } catch (error) {
    stream.close();
    throw error;
  }
  if (!stream.closed) {
    wait();
    read();
  }
  return stream.response;
}

/** Keeps what was begun for a stream until it ends: at once, where it has ended while that began. */
function hold(stack: DisposableStack, begun: Disposable): void {
  if (stack.disposed) begun[Symbol.dispose]();
  else stack.use(begun);
}

/** @returns whether it was the stream's last */
function write(stream: EventStream, name: string, { id, text }: McpEvent): boolean {
  const { message, last }: KeptMessage = JSON.parse(text);
  stream.write(`${name}_${id}`, JSON.stringify(message));
  return last;
}
