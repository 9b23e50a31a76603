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
  let last: Parameters<Parameters<Link["onState"]>[0]>[0] | undefined;

  const tell: Parameters<Link["onState"]>[0] = (state) => {
    last = state;
    stateListeners.forEach((listener) => listener(state));
  };

  return {
    send: (text) => connection?.send(text) ?? false,
    onMessage: (listener) => void messageListeners.push(listener),
    onState(listener) {
      stateListeners.push(listener);
      if (last) listener(last);
    },
    retryNow: () => connection?.retryNow(),
    connect(addressOf) {
      connection?.close();
      connection = connect({
        addressOf,
        onState: tell,
        onMessage: (text) => messageListeners.forEach((listener) => listener(text)),
      });
    },
    disconnect() {
      connection?.close();
      connection = undefined;
      tell({ kind: "over" });
    },
  };
}
