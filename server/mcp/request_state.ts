import { createHmac } from "node:crypto";
import { createRequestStateCodec, type ServerContext } from "@modelcontextprotocol/server";
import type { Principal } from "../../tools/call_context.ts";

/** Seconds that a client has for its answers: a person may have to be asked. */
const ANSWER_SECONDS = 600;

/**
 * Signs what a request keeps until its client comes back with answers, for `inputRequired({ requestState })`; the same
 * handler then reads it with `context.mcpReq.requestState()`. It is not encrypted: no secret belongs in it.
 *
 * @param state JSON
 */
export type SealState = (state: unknown, context: ServerContext) => Promise<string>;

/** The states of one principal's requests. */
export interface PrincipalStates {
  readonly seal: SealState;
  /** What the SDK asks before a handler sees a state. @throws where it is not one of this principal and method */
  verify(state: string, context: ServerContext): Promise<unknown>;
}

/** States that travel with the client, so that any replica can go on with its request. */
export interface RequestStates {
  of(principal: Pick<Principal, "name">): PrincipalStates;
}

/** @param sessionKey shared by the replicas, at least 32 bytes; what is signed here is never taken for a session's id */
export function createRequestStates(sessionKey: Uint8Array): RequestStates {
  const key = Uint8Array.from(createHmac("sha256", sessionKey).update("mcp request state key").digest());
  return {
    of({ name }) {
      const bind = ({ mcpReq: { method } }: ServerContext) => `${method}\0${name}`;
      // Few requests ask anything.
      const codec = () => createRequestStateCodec({ key, ttlSeconds: ANSWER_SECONDS, bind });
      return {
        seal: (state, context) => codec().mint(state, context),
        verify: (state, context) => codec().verify(state, context),
      };
    },
  };
}
