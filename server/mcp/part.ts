import type { Server, ServerCapabilities, ServerOptions } from "@modelcontextprotocol/server";
import type { Peer } from "../peer.ts";
import type { Era } from "./caller.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { SealState } from "./request_state.ts";

/** What a session or a connection of the handshake era keeps from one request to the next. */
export interface Kept {
  readonly subscriptions: Subscriptions;
  /** Whether the client has said which notices of the log it wants. */
  readonly wantsLog: () => boolean;
}

/** Whom a part serves: one request over HTTP, or one connection. */
export interface PartContext {
  readonly era: Era;
  readonly peer: Peer;
  /** Of the session or connection; `undefined` where there is none, and in the latest era, which has no such thing. */
  readonly subscriptions: Subscriptions | undefined;
  /** Whether notices of the log may be wanted; the SDK knows from which level on. */
  readonly wantsLog: () => boolean;
  /** For a handler that asks the client, and takes up where it was when the answers come. */
  readonly seal: SealState;
}

/** A part of the protocol, such as its tools: what it says that it can, and the handlers that do it. */
export interface OfficialPart {
  /** No two parts name the same one. */
  readonly capabilities: ServerCapabilities;
  /** How long a client may keep what the part's methods give, by method. */
  readonly cacheHints?: NonNullable<ServerOptions["cacheHints"]>;
  /** Registers a handler for every method of its capabilities. Called for each request or connection, so it is cheap. */
  register(server: Server, context: PartContext): void;
}
