import { AsyncLocalStorage } from "node:async_hooks";
import type { ServerEventBus } from "@modelcontextprotocol/server";
import type { Principal } from "../../../tools/call_context.ts";
import type { ResourceChanges } from "./changes.ts";

/** Where the streams of `subscriptions/listen` over HTTP hear of changes. */
export interface ListenBus {
  readonly bus: ServerEventBus;
  /** Runs what may open a stream for the principal: the SDK does not say for whom it subscribes. */
  runFor<T>(principal: Principal, open: () => Promise<T>): Promise<T>;
}

export function createListenBus(changes: ResourceChanges): ListenBus {
  const listening = new AsyncLocalStorage<Principal>();
  return {
    bus: {
      // Changes come from the tools, through the replicas' own bus.
      publish() {},
      subscribe(listener) {
        const principal = listening.getStore();
        if (!principal) throw new TypeError("Expected a stream to be opened for a principal");
        const watching = changes.watch(principal, (uri) => listener({ kind: "resource_updated", uri }));
        return () => watching[Symbol.dispose]();
      },
    },
    runFor: (principal, open) => listening.run(principal, open),
  };
}
