/// <reference lib="dom" />
import { wordsOf } from "./ask.ts";
import { isObject, parse } from "./json.ts";

/** What a call of a tool came to. */
export type CallAnswer =
  /** `text` is the whole reply as it came: the value may have lost digits of large numbers. */
  | { readonly kind: "result"; readonly value: unknown; readonly text: string }
  | CallFailure
  /** Nobody waits for it any more. */
  | { readonly kind: "cancelled" };

export interface CallFailure {
  readonly kind: "failure";
  /** What a view may tell apart: `off`, there is no such tool; `denied`, not for the caller. */
  readonly reason: "off" | "denied" | "limited" | "lost" | "failed";
  /** What happened, in a sentence without its stop. */
  readonly words: string;
  /** What to do about it; may be empty. */
  readonly hint: string;
  /** JSON-RPC's code and data; 0 and nothing where no reply came. */
  readonly code: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Calls a tool of the catalogue, as whoever is signed in; never rejects. @param signal ends it: the server is told */
export type CallTool = (
  name: string,
  args: Readonly<Record<string, unknown>>,
  options?: { readonly signal?: AbortSignal },
) => Promise<CallAnswer>;

const PATH = "/dashboard/api/call";
/** Longer than any tool may run. */
const CALL_TIMEOUT_MS = 330_000;

/** @param csrfOf what shows that this page can read what the server told it, as it is now */
export function createCallTool(csrfOf: () => string | undefined, fetcher: typeof fetch = fetch): CallTool {
  let calls = 0;
  return async (name, args, { signal } = {}) => {
    const csrf = csrfOf();
    const headers = { "content-type": "application/json", ...(csrf !== undefined && { "x-csrf-token": csrf }) };
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++calls, method: "mcp.tools.call", params: { name, args } });
    const late = AbortSignal.timeout(CALL_TIMEOUT_MS);
    try {
      const ends = signal ? AbortSignal.any([signal, late]) : late;
      const response = await fetcher(PATH, { method: "POST", headers, body, signal: ends });
      return readReply(name, response.status, await response.text());
    } catch {
      return signal?.aborted ? { kind: "cancelled" } : lost("The server does not answer");
    }
  };
}

/** A refusal as a view says it. */
export function sentenceOf({ words, hint }: Pick<CallFailure, "words" | "hint">): string {
  return hint === "" ? `${words}.` : `${words}. ${hint.replace(/[^.!?]$/, "$&.")}`;
}

function readReply(name: string, status: number, text: string): CallAnswer {
  const reply = parse(text);
  if (isObject(reply) && Object.hasOwn(reply, "result")) return { kind: "result", value: reply["result"], text };
  const error = isObject(reply) ? reply["error"] : undefined;
  if (!isObject(error)) return lost(wordsOf(reply) ?? `The server answered ${status}`);
  const data = isObject(error["data"]) ? error["data"] : {};
  const reason = REASONS[String(data["kind"])] ?? "failed";
  const hint = typeof data["hint"] === "string" ? data["hint"] : "";
  const failure = { kind: "failure", reason, code: Number(error["code"]), data } as const;
  const said = String(error["message"]);
  const isOff = `The tool ${name} is not on for you`;
  if (reason === "off") return { ...failure, words: `${isOff}: the server runs without it`, hint: OFF_HINT };
  // The policy's own refusal names its rule; that of a cluster is of what was asked for, and no tool's.
  return {
    ...failure,
    words: typeof data["rule"] === "string" && reason === "denied" ? `${isOff}: ${said}` : said,
    hint,
  };
}

const OFF_HINT = "TOOLSETS is what the operator turns tools on with";

const REASONS: Readonly<Record<string, CallFailure["reason"]>> = {
  ...{ unknown_tool: "off", forbidden: "denied", unauthenticated: "denied" },
  ...{ rate_limited: "limited", overloaded: "limited" },
};

function lost(words: string): CallFailure {
  return { kind: "failure", reason: "lost", words, hint: "", code: 0, data: {} };
}
