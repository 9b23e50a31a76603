import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { EventBus, Unsubscribe } from "../../../storage/event_bus.ts";
import type { Json } from "../../../storage/json.ts";

/** A notice between replicas about one session. */
export type SessionNotice =
  /** A client's answer to a request that a running exchange has sent. */
  | { readonly kind: "answer"; readonly exchange: string; readonly message: JSONRPCMessage }
  /** The client no longer wants the answer to a request of its own. */
  | { readonly kind: "cancel"; readonly requestId: string | number }
  /** A stream has got a message that somebody may be waiting for. */
  | { readonly kind: "event"; readonly stream: string }
  /** The client wants to hear of a resource's changes, or no more. */
  | { readonly kind: "subscription"; readonly uri: string; readonly wanted: boolean }
  /** A listening stream gets the session's notices from now on. */
  | { readonly kind: "listener"; readonly stream: string; readonly holder: string }
  /** The client of the listening stream that gets the notices has gone: another one may. */
  | { readonly kind: "unheard"; readonly holder: string }
  /** The session has ended. */
  | { readonly kind: "end" };

/** Told of the notices of a session; says whether the notice was for it alone. */
export type SessionListener = (notice: SessionNotice) => boolean;

/** What runs for sessions in this process, and a way to what runs in the other replicas. */
export interface SessionHub extends AsyncDisposable {
  /** Listens to one session's notices, from here and from the other replicas. @throws {StorageError} */
  listen(session: string, listener: SessionListener): Promise<Disposable>;
  /** Tells the listeners here, and where none says that it was for it alone, those of the other replicas. */
  tell(session: string, notice: SessionNotice): Promise<void>;
}

const TOPIC = "mcp.sessions";

/** Other replicas run this code too, another version of it while they are replaced. */
const envelopeSchema = z.object({
  from: z.string(),
  session: z.string(),
  notice: z.union([
    z.object({ kind: z.literal("answer"), exchange: z.string(), message: z.custom<JSONRPCMessage>() }),
    z.object({ kind: z.literal("cancel"), requestId: z.union([z.string(), z.number()]) }),
    z.object({ kind: z.literal("event"), stream: z.string() }),
    z.object({ kind: z.literal("subscription"), uri: z.string(), wanted: z.boolean() }),
    z.object({ kind: z.literal("listener"), stream: z.string(), holder: z.string() }),
    z.object({ kind: z.literal("unheard"), holder: z.string() }),
    z.object({ kind: z.literal("end") }),
  ]),
});

/** @param replica tells this process from the others */
export function createSessionHub(bus: EventBus, replica: string): SessionHub {
  const listeners = new Map<string, Set<SessionListener>>();
  let subscribing: Promise<Unsubscribe> | undefined;

  function tellHere(session: string, notice: SessionNotice): boolean {
    let isTaken = false;
    for (const listener of [...listeners.get(session) ?? []]) isTaken = listener(notice) || isTaken;
    return isTaken;
  }

  return {
    async listen(session, listener) {
      subscribing ??= bus.subscribe(TOPIC, (event) => {
        const envelope = envelopeSchema.safeParse(event).data;
        if (envelope && envelope.from !== replica) tellHere(envelope.session, envelope.notice);
      });
      try {
        await subscribing;
      } catch (error) {
        subscribing = undefined;
        throw error;
      }
      const ofSession = listeners.get(session) ?? new Set();
      listeners.set(session, ofSession.add(listener));
      return {
        [Symbol.dispose]() {
          ofSession.delete(listener);
          if (ofSession.size === 0 && listeners.get(session) === ofSession) listeners.delete(session);
        },
      };
    },
    async tell(session, notice) {
      if (tellHere(session, notice)) return;
      // What came as JSON is JSON.
      await bus.publish(TOPIC, { from: replica, session, notice } as unknown as Json);
    },
    async [Symbol.asyncDispose]() {
      // Not the sessions end, but what this replica has open of them: clients come back to another one.
      for (const session of [...listeners.keys()]) tellHere(session, { kind: "end" });
      const unsubscribe = await subscribing?.catch(() => undefined);
      await unsubscribe?.();
    },
  };
}
