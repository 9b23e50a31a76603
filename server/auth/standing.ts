import type { Clock } from "../../storage/clock.ts";
import { ToolError } from "../../tools/error.ts";
import type { Authenticator, Identity } from "./authenticator.ts";

/** Whether what a caller has shown still holds, where a connection outlives the moment it was checked. */
export interface Standing {
  /** Gives a promise only where somebody must be asked. @throws {ToolError} `unauthenticated`, from then on. */
  check(): Promise<void> | undefined;
  /** Whether it was found to have ended. */
  readonly ended: boolean;
  /**
   * Calls back when it ends, also where nobody checks: at its time to the millisecond, when it is revoked within a
   * minute. @returns stops that.
   */
  onEnd(tell: () => void): () => void;
}

/** One that is idle is looked at so often; it bounds timers too, which take no more than 2^31 ms. */
const LOOK_MS = 60_000;

/** @param lookMs how often an idle one is looked at; a minute where left out */
export function createStanding(
  identity: Identity,
  authenticator: Pick<Authenticator, "holds">,
  clock: Pick<Clock, "now">,
  lookMs = LOOK_MS,
): Standing {
  let ended = false;

  const decide = (holds: boolean): undefined => {
    ended ||= !holds;
    if (!ended) return;
    throw new ToolError("unauthenticated", "The credential of this connection has expired or was revoked", {
      hint: "Connect again with a credential that holds",
    });
  };

  return {
    get ended() {
      return ended;
    },
    check() {
      const holds = authenticator.holds(identity);
      return typeof holds === "boolean" ? decide(holds) : holds.then(decide);
    },
    onEnd(tell) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let isWatched = true;
      const wait = () => {
        const leftMs = (identity.expiresAtMs ?? Infinity) - clock.now();
        timer = setTimeout(look, Math.max(0, Math.min(leftMs, lookMs)));
      };
      const look = async () => {
        const holds = await authenticator.holds(identity);
        ended ||= !holds;
        if (!isWatched) return;
        if (ended) tell();
        else wait();
      };
      wait();
      return () => {
        isWatched = false;
        clearTimeout(timer);
      };
    },
  };
}
