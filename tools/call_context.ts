import type { Json } from "../storage/json.ts";

/** Who calls. */
export interface Principal {
  /** `default` while nobody is asked for credentials. */
  readonly name: string;
  readonly authMethod: "none" | "token" | "oidc";
  readonly roles: readonly string[];
  /** Groups that its identity provider puts it in. */
  readonly groups?: readonly string[] | undefined;
}

/** The program that calls, as far as it says. */
export interface Client {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Its address, without the port. */
  readonly address?: string | undefined;
}

/** A notice from a running tool to its caller. */
export interface Notice {
  /** Fraction done, growing. */
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** A span of the caller's, W3C Trace Context. */
export interface TraceParent {
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 1 = sampled. */
  readonly flags: number;
}

/** All that travels with one call, from the edge to the tool. */
export interface CallContext {
  readonly principal: Principal;
  /** The language the call came in: `lab` is the guide's `/test/*`. */
  readonly dialect: "house" | "lab" | "mcp-2025-11-25" | "mcp-2026-07-28";
  readonly transport: "websocket" | "http" | "stdio";
  readonly client: Client;
  /** Id of the connection or session; `undefined` for a lone HTTP request. */
  readonly session: string | undefined;
  /** The JSON-RPC id. */
  readonly requestId: Json;
  /** 32 hex digits, W3C Trace Context. */
  readonly traceId: string;
  /** The span that the message itself names as its parent. */
  readonly traceParent?: TraceParent | undefined;
  /**
   * Makes sure that the caller's credential still holds, where a connection outlives the moment it was checked; gives a
   * promise only where somebody must be asked. @throws {ToolError} `unauthenticated`
   */
  readonly checkCredential?: () => Promise<void> | undefined;
  /** Aborts when the caller has gone away or has cancelled. */
  readonly signal: AbortSignal;
  /**
   * What the caller's end answered to questions of this tool about these arguments, by the question's name, as it came;
   * `undefined` where the dialect cannot ask.
   */
  readonly answers?: Readonly<Record<string, unknown>> | undefined;
  /** Tells the caller how far the call is; does nothing where the dialect cannot. */
  notify(notice: Notice): void;
}
