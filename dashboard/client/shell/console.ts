import type { ConsoleHealth, ConsoleTool } from "../../wire.ts";
import type { Answer } from "../core/ask.ts";
import type { CallTool } from "../core/call.ts";
import type { ConnectionState } from "../core/connection.ts";
import type { Kept } from "../core/kept.ts";

/** The page's connection, as its views use it. */
export interface Link {
  /** @returns false where it is not open: nothing was sent */
  send(text: string): boolean;
  /** Tells of each message from now on. */
  onMessage(listener: (text: string) => void): void;
  /** Tells how it is now, and of each change; `over`: it was ended here, and does not come back by itself. */
  onState(listener: (state: ConnectionState | { readonly kind: "over" }) => void): void;
}

/** What every view is given. */
export interface Console {
  /** Whether the server asks who calls. */
  readonly asks: boolean;
  readonly kept: Kept;
  readonly link: Link;
  /** The tools that the caller may call, with the schemas of their arguments. */
  readTools(): Promise<Answer<readonly ConsoleTool[]>>;
  /** How the replica that answers is doing. */
  readHealth(): Promise<Answer<ConsoleHealth>>;
  /**
   * Posts to a route of the console, as whoever is signed in. @param path below `/dashboard/api/`
   * @param read gives `undefined` where the answer is not what was asked for
   */
  post<T>(path: string, body: unknown, read: (answer: unknown) => T | undefined): Promise<Answer<T>>;
  /** The same for an answer that is read as it comes. */
  stream(path: string, body: unknown, signal: AbortSignal): Promise<Answer<ReadableStream<Uint8Array<ArrayBuffer>>>>;
  /**
   * Calls a tool of the catalogue, as whoever is signed in; Try shows nothing of it. A call that still runs when its view
   * is looked at no more, or when who is signed in leaves, is cancelled.
   */
  readonly callTool: CallTool;
}

/** A part of the console behind one entry of its menu. */
export interface View {
  /** Somebody is signed in, or nobody is asked. */
  enter?(principal: string): void;
  /** Who is signed in leaves: nothing of theirs stays. */
  leave?(): void;
  /** It is looked at. @param rest what the address has behind the view's name: `01-23` of `#/audit/01-23` */
  show?(rest: string): void;
  /** It is looked at no more, and shall cost nothing. */
  hide?(): void;
  /** Takes the keyboard to where one begins. */
  focus?(): void;
}
