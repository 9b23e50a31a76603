import type { Clock } from "../../storage/clock.ts";
import { ToolError } from "../../tools/error.ts";
import type { Authenticator, Identity } from "./authenticator.ts";

/** Whether what a caller has shown still holds, where a connection outlives the moment it was checked. */
export interface Standing {
  /** Gives a promise only where somebody must be asked. @throws {ToolError} `unauthenticated`, from then on. */
  check(): Promise<void> | undefined;
  /** Whether it was found to have ended. */
  readonly ended: boolean;
  /** Calls back once its time is over. @returns stops that. */
  onExpiry(expired: () => void): () => void;
}

/** A timer takes no more than 2^31 ms, and wall time may be set meanwhile: it is looked at again after an hour. */
const LOOK_AGAIN_MS = 3_600_000;

export function createStanding(
  identity: Identity,
  authenticator: Pick<Authenticator, "holds">,
  clock: Pick<Clock, "now">,
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
    onExpiry(expired) {
      const { expiresAtMs } = identity;
      if (expiresAtMs === undefined) return () => {};
      const waitMs = () => Math.min(expiresAtMs - clock.now(), LOOK_AGAIN_MS);
      const look = () => {
        if (waitMs() > 0) {
          timer = setTimeout(look, waitMs());
          return;
        }
        ended = true;
        expired();
      };
      let timer = setTimeout(look, Math.max(0, waitMs()));
      return () => clearTimeout(timer);
    },
  };
}
