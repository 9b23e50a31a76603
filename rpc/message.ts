import { invalidRequest, parseError, type RpcError } from "./error.ts";

/** What tells a reply's request. */
export type Id = string | number | null;

/** Arguments by name or by position; `undefined` where there are none. */
export type Params = Readonly<Record<string, unknown>> | readonly unknown[] | undefined;

/** Why a message is rejected, in one word, for a metric. */
export type Rejection = "parse_error" | "invalid_request" | "depth" | "batch_size";

/** One element of what a peer sent. */
export type Message =
  | { readonly kind: "request"; readonly id: Id; readonly method: string; readonly params: Params }
  | { readonly kind: "notification"; readonly method: string; readonly params: Params }
  | { readonly kind: "reject"; readonly id: Id; readonly reason: Rejection; readonly error: RpcError };

/** What a peer sent: one message, or a batch of them. */
export type Incoming =
  | { readonly kind: "single"; readonly message: Message }
  | { readonly kind: "batch"; readonly messages: readonly Message[] };

export interface ParseOptions {
  /**
   * The house rule: a message without an id is answered −32600, unless its method starts with `notifications/`.
   * Off, JSON-RPC's own: a message without an id is a notification and never answered.
   */
  readonly idRequired: boolean;
  /** Messages a batch may hold. */
  readonly batchMax: number;
  /** Levels of arrays and objects a message may nest. */
  readonly depthMax: number;
}

/** Reads a message of the wire; never throws. */
export function parseMessage(text: string, options: ParseOptions): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return single(reject(null, "parse_error", parseError(`Send one JSON value a message: ${reasonOf(error)}`)));
  }
  if (!Array.isArray(value)) return single(readMessage(value, options));
  if (value.length === 0) {
    return single(reject(null, "invalid_request", invalidRequest("Put at least one request into a batch")));
  }
  if (value.length > options.batchMax) {
    const hint = `Put at most ${options.batchMax} requests into a batch, not ${value.length}`;
    return single(reject(null, "batch_size", invalidRequest(hint)));
  }
  return { kind: "batch", messages: value.map((element) => readMessage(element, options)) };
}

function readMessage(value: unknown, { idRequired, depthMax }: ParseOptions): Message {
  if (!isObject(value)) {
    return reject(null, "invalid_request", invalidRequest("A request is an object with jsonrpc, id and method"));
  }
  const hasId = Object.hasOwn(value, "id");
  const given = value["id"];
  const replyTo = isId(given) ? given : null;
  const invalid = (hint: string, reason: Rejection = "invalid_request") =>
    reject(replyTo, reason, invalidRequest(hint));
  if (value["jsonrpc"] !== "2.0") return invalid(`Expected "jsonrpc": "2.0", but got ${print(value["jsonrpc"])}`);
  const method = value["method"];
  if (typeof method !== "string") return invalid(`Expected a string as "method", but got ${print(method)}`);
  if (hasId && !isId(given)) {
    return invalid(`Expected a string, a number up to 2^53 or null as "id", but got ${print(given)}`);
  }
  const params = value["params"];
  if (params !== undefined && (typeof params !== "object" || params === null)) {
    return invalid(`Expected an object or an array as "params", but got ${print(params)}`);
  }
  if (isDeeper(params, depthMax - 1)) {
    return invalid(`Nest at most ${depthMax} levels of arrays and objects`, "depth");
  }
  // Checked above by hand, since a schema would copy the whole; JSON.parse makes nothing else.
  const read = params as Params;
  if (hasId) return { kind: "request", id: replyTo, method, params: read };
  if (idRequired && !method.startsWith("notifications/")) return invalid('Add an "id": every request here needs one');
  return { kind: "notification", method, params: read };
}

/** An integer beyond 2^53 would come back as another number than the peer sent, and JSON's 1e400 as none. */
function isId(value: unknown): value is Id {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
  }
  return typeof value === "string" || value === null;
}

function single(message: Message): Incoming {
  return { kind: "single", message };
}

function reject(id: Id, reason: Rejection, error: RpcError): Message {
  return { kind: "reject", id, reason, error };
}

/** Whether the value is an object that JSON text made, and no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Recursion ends at `levels`, so no depth of input can exhaust the stack. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels <= 0) return true;
  // An array is gone through as it is: naming its indexes would take longer than parsing it did.
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return members.some((member) => isDeeper(member, levels - 1));
}

/** What is wrong with a text that is no JSON, without the piece of it that the engine quotes: it may hold a secret. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : "";
  return reason.replace(/(?:, |^)(?:\.\.\.)?".*is not valid JSON$/s, "") || "it is none";
}

/** A word that is too short for the looks of any secret. */
const SHOWN = /^[\w.-]{0,8}$/;

/** A value in an error's words, if it is short: an error must not repeat a secret. */
function print(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  const text = String(value);
  return SHOWN.test(text) ? JSON.stringify(value) : `a ${typeof value} of ${text.length} characters`;
}
