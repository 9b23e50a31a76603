import type { Authorizer } from "../../tools/authorizer.ts";
import { DEFAULT_PRINCIPAL } from "../peer.ts";
import type { Refusal } from "../refusals.ts";
import type { Rule } from "./access.ts";
import type { Identity } from "./authenticator.ts";
import { printDenial } from "./challenge.ts";
import { refuseDoor } from "./door_right.ts";
import type { Standing } from "./standing.ts";

/** A request that asks to be let in. */
export interface Visit {
  readonly request: Request;
  /** Address of who sends it. */
  readonly address: string | undefined;
  /** Whether it opens a WebSocket, and so may bring a ticket. */
  readonly isUpgrade: boolean;
}

/** Who was let in. */
export interface Visitor {
  readonly identity: Identity;
  readonly standing: Standing;
}

/** Stands before every route. */
export interface Gate {
  /**
   * Lets a request in, or answers it. Without a visitor it is let in where nobody is asked: by AUTH_MODE none, at an
   * open route, and for a glance.
   *
   * @param known the visitor that another rule has found this request to be of
   */
  enter(visit: Visit, rule: Rule, known?: Visitor): Promise<Visitor | Response | undefined>;
}

/** What a gate is told the way by, and tells. */
export interface GateRules {
  readonly authorizer: Pick<Authorizer, "mayEnter">;
  readonly onRefusal: (reason: Refusal) => void;
}

/** The guide's lab: nobody is asked who they are, and only a policy file closes a door. */
export function createOpenGate({ authorizer, onRefusal }: GateRules): Gate {
  return {
    enter({ request }, { access }) {
      const denial = refuseDoor(authorizer, DEFAULT_PRINCIPAL, access);
      if (denial) onRefusal("door");
      return Promise.resolve(denial && printDenial(new URL(request.url).pathname, denial));
    },
  };
}
