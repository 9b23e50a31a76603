import { type Address, connect, type Connection } from "../core/connection.ts";
import type { Link } from "./console.ts";

/** A link whose connection is begun and ended by who knows whether somebody is signed in. */
export interface OwnedLink extends Link {
  /** Connects, and connects again after each loss, until `disconnect`. */
  connect(addressOf: () => Promise<Address>): void;
  disconnect(): void;
  retryNow(): void;
}

export function createLink(): OwnedLink {
  const messageListeners: Parameters<Link["onMessage"]>[0][] = [];
  const stateListeners: Parameters<Link["onState"]>[0][] = [];
  let connection: Connection | undefined;

  return {
    send: (text) => connection?.send(text) ?? false,
    onMessage: (listener) => void messageListeners.push(listener),
    onState: (listener) => void stateListeners.push(listener),
    retryNow: () => connection?.retryNow(),
    connect(addressOf) {
      connection?.close();
      connection = connect({
        addressOf,
        onState: (state) => stateListeners.forEach((tell) => tell(state)),
        onMessage: (text) => messageListeners.forEach((tell) => tell(text)),
      });
    },
    disconnect() {
      connection?.close();
      connection = undefined;
      stateListeners.forEach((tell) => tell({ kind: "over" }));
    },
  };
}
