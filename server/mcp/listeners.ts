import type { Principal } from "../../tools/call_context.ts";
import type { Refusal } from "../refusals.ts";

/** Streams to listen on that one replica has open. */
export const LISTENERS_MAX = 1024;
/** Those of one principal: a share of what all of them have. Where nobody is asked who they are, all are one. */
const PRINCIPAL_LISTENERS_MAX = 64;

export interface ListenersOptions {
  readonly max?: number;
  readonly principalMax?: number;
  readonly onRefusal: (reason: Extract<Refusal, "connections" | "principal_connections">) => void;
}

/** Why no stream is opened, in words for the client; `retryable` where it may be soon without its doing. */
export interface RefusedListener {
  readonly message: string;
  readonly retryable: boolean;
}

/** Counts the streams on which clients listen over HTTP, in both eras. */
export interface Listeners {
  /** Takes a place for a stream; whoever opens it disposes the place when it is over. */
  take(principal: Principal): Disposable | RefusedListener;
}

export function createListeners(
  { max = LISTENERS_MAX, principalMax = PRINCIPAL_LISTENERS_MAX, onRefusal }: ListenersOptions,
): Listeners {
  const open = new Map<string, number>();
  let all = 0;

  function change(name: string, by: 1 | -1): void {
    all += by;
    const count = (open.get(name) ?? 0) + by;
    if (count > 0) open.set(name, count);
    else open.delete(name);
  }

  return {
    take({ name, authMethod }) {
      if (all >= max) {
        onRefusal("connections");
        const message = `Cannot listen: this server has ${all} listening streams open, and takes no more now`;
        return { message, retryable: true };
      }
      const mine = open.get(name) ?? 0;
      if (authMethod !== "none" && mine >= principalMax) {
        onRefusal("principal_connections");
        return { message: `Cannot listen: you have ${mine} listening streams open, close one first`, retryable: false };
      }
      change(name, 1);
      let isHeld = true;
      return {
        [Symbol.dispose]() {
          if (isHeld) change(name, -1);
          isHeld = false;
        },
      };
    },
  };
}

export function isRefused(taken: Disposable | RefusedListener): taken is RefusedListener {
  return "message" in taken;
}
