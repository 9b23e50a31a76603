import type { OnRate } from "../tools/call.ts";
import type { CallContext, TraceParent } from "../tools/call_context.ts";
import type { Standing } from "./auth/standing.ts";

/** Whoever is at the other end of a connection: what all its calls have in common. */
export interface Peer extends Pick<CallContext, "principal" | "transport" | "client" | "session" | "signal"> {
  readonly slots: Slots;
  /** The span that a lone HTTP request names as its parent; a connection has none. */
  readonly traceParent?: TraceParent | undefined;
  /** Told of the limiter's decision; HTTP says it in headers. */
  readonly onRate?: OnRate;
  /** Whether its credential still holds, of a connection that outlives the moment it was checked. */
  readonly standing?: Standing | undefined;
}

/** How the call path makes sure of the peer's credential, where its connection has outlived a check. */
export function checkOf({ standing }: Peer): Pick<CallContext, "checkCredential"> {
  return standing ? { checkCredential: () => standing.check() } : {};
}

/** The calls that one connection has running. */
export class Slots {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get max(): number {
    return this.#max;
  }

  /** Takes a slot, if one is free. */
  take(): boolean {
    if (this.#taken >= this.#max) return false;
    this.#taken++;
    return true;
  }

  release(): void {
    this.#taken--;
  }
}

/** The guide's lab: nobody is asked who they are. */
export const DEFAULT_PRINCIPAL: CallContext["principal"] = { name: "default", authMethod: "none", roles: [] };
