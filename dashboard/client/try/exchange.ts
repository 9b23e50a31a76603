import { isObject, parse } from "../core/json.ts";

/** What became of a request. */
export type Outcome =
  | { readonly kind: "waiting" }
  /** A notification: nothing comes back. */
  | { readonly kind: "sent" }
  /** `durationMs` is missing where nobody here asked. */
  | { readonly kind: "reply"; readonly text: string; readonly durationMs?: number; readonly bytes: number }
  | { readonly kind: "lost"; readonly reason: string }
  /** Sent before the page was loaded: how it ended is known, and no more. */
  | {
    readonly kind: "past";
    readonly tone: "waiting" | "result" | "error";
    readonly words: string;
    readonly duration: string;
  };

/** A request and what became of it. */
export interface Exchange {
  /** What it asked for, in a few words. */
  readonly title: string;
  readonly request: string;
  readonly outcome: Outcome;
}

/** An error as a reply carries it. */
export interface ReplyError {
  readonly code: number;
  readonly message: string;
  readonly hint: string | undefined;
}

interface Pending {
  readonly exchange: { -readonly [Member in keyof Exchange]: Exchange[Member] };
  readonly ids: ReadonlySet<string>;
  readonly sentMs: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Finds the request that a reply belongs to. */
export interface Ledger {
  /** Notes a request that was sent. */
  sent(request: string): Exchange;
  /** Notes a message that came. @returns the request it answers; one without a request where there is none */
  received(reply: string): Exchange;
  /** No reply will come to what still waits. */
  lost(reason: string): void;
}

export interface LedgerOptions {
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
  readonly replyTimeoutMs: number;
  /** Told of a change that neither `sent` nor `received` returns. */
  readonly onLost: (exchange: Exchange) => void;
}

export function createLedger({ elapsed, replyTimeoutMs, onLost }: LedgerOptions): Ledger {
  const pending = new Set<Pending>();

  function end(entry: Pending, outcome: Outcome): void {
    clearTimeout(entry.timer);
    pending.delete(entry);
    entry.exchange.outcome = outcome;
  }

  function lose(entry: Pending, reason: string): void {
    end(entry, { kind: "lost", reason });
    onLost(entry.exchange);
  }

  return {
    sent(request) {
      const message = parse(request);
      const expectsReply = !isNotification(message);
      const outcome: Outcome = { kind: expectsReply ? "waiting" : "sent" };
      const exchange: Pending["exchange"] = { title: titleOf(message), request, outcome };
      if (expectsReply) {
        const timer = setTimeout(() => lose(entry, `No reply in ${replyTimeoutMs / 1000} s`), replyTimeoutMs);
        const entry: Pending = { exchange, ids: expectedIds(message), sentMs: elapsed(), timer };
        pending.add(entry);
      }
      return exchange;
    },
    received(reply) {
      const ids = idsOf(parse(reply));
      // The oldest one first: whoever sends one id twice gets the replies in that order.
      const entry = Array.from(pending).find((waiting) => !waiting.ids.isDisjointFrom(ids));
      const bytes = new TextEncoder().encode(reply).byteLength;
      if (!entry) {
        return { title: "No request of this page", request: "", outcome: { kind: "reply", text: reply, bytes } };
      }
      end(entry, { kind: "reply", text: reply, durationMs: elapsed() - entry.sentMs, bytes });
      return entry.exchange;
    },
    lost: (reason) => pending.forEach((entry) => lose(entry, reason)),
  };
}

/** The error of a reply, if it is one. */
export function errorOf(reply: string): ReplyError | undefined {
  const message = parse(reply);
  if (!isObject(message) || !isObject(message["error"])) return undefined;
  const { code, message: words, data } = message["error"];
  const hint = isObject(data) && typeof data["hint"] === "string" ? data["hint"] : undefined;
  return { code: Number(code), message: String(words), hint };
}

/** The ids that a reply may come with: a batch that is refused as a whole is answered with the id null. */
function expectedIds(message: unknown): ReadonlySet<string> {
  return Array.isArray(message) ? idsOf(message).add("null") : idsOf(message);
}

function idsOf(message: unknown): Set<string> {
  return new Set(Array.isArray(message) ? message.map(idOf) : [idOf(message)]);
}

/** The server answers null where an id is missing, or is no string and no number that it can give back. */
function idOf(message: unknown): string {
  const id = isObject(message) ? message["id"] : undefined;
  const isNumber = typeof id === "number" && (Number.isSafeInteger(id) || !Number.isInteger(id));
  return typeof id === "string" || isNumber ? JSON.stringify(id) : "null";
}

function isNotification(message: unknown): boolean {
  if (!isObject(message) || Object.hasOwn(message, "id")) return false;
  return typeof message["method"] === "string" && message["method"].startsWith("notifications/");
}

function titleOf(message: unknown): string {
  if (message === undefined) return "Not JSON";
  if (Array.isArray(message)) return `Batch of ${message.length}`;
  if (!isObject(message) || typeof message["method"] !== "string") return "No method";
  const { method, params } = message;
  const name = isObject(params) && typeof params["name"] === "string" ? ` ${params["name"]}` : "";
  return method === "mcp.tools.call" ? `${method}${name}` : method;
}
