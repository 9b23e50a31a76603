import { isObject } from "../../../rpc/message.ts";
import type { Era } from "../caller.ts";
import { CLIENT_INFO_META_KEY, LATEST_VERSION } from "../identity.ts";

type Members = Readonly<Record<string, unknown>>;

/** A request that the direct way understands in full. */
export interface DirectRequest {
  readonly era: Era;
  readonly id: string | number;
  readonly method: "tools/call" | "tools/list" | "server/discover" | "ping";
  /** Of a call; a catalogue's name or the listed one, or none of either. */
  readonly name: string;
  readonly args: Members;
  readonly meta: Members;
}

const META = "io.modelcontextprotocol/";
const VERSION_KEY = `${META}protocolVersion`;
const CAPABILITIES_KEY = `${META}clientCapabilities`;
const ENVELOPE_KEYS = [VERSION_KEY, CAPABILITIES_KEY, CLIENT_INFO_META_KEY];
// What each object of a request may have, beside what has keys of its own; made once, for they are looked at every time.
const MESSAGE_KEYS = ["jsonrpc", "id", "method", "params"];
const CALL_KEYS = ["name", "arguments", "_meta"];
const OTHER_KEYS = ["_meta"];
const TRACE_KEYS = ["traceparent", "tracestate", "baggage"];
const CLIENT_KEYS = ["name", "version", "title"];
const CAPABILITY_KEYS = ["roots", "sampling", "elicitation"];
const ROOTS_KEYS = ["listChanged"];
const SAMPLING_KEYS = ["tools", "context"];
const ELICITATION_KEYS = ["form", "url"];
const NO_MEMBERS: Members = {};
const NO_CALL = { name: "", args: NO_MEMBERS };
const METHODS: Readonly<Record<Era, readonly DirectRequest["method"][]>> = {
  legacy: ["tools/call", "tools/list", "ping"],
  modern: ["tools/call", "tools/list", "server/discover"],
};
/** What the SDK serves in the handshake era; a request without a version is of that era too. */
const LEGACY_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];
const CONTENT_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
/** A name that stands in a header as it is. */
const PLAIN_NAME = /^[\w.-]{1,128}$/;

/**
 * Reads a POST of the official protocol that names no session, if it can be answered without the SDK.
 *
 * It never refuses: what it is not sure of is `undefined`, and the SDK's to answer or to refuse, in its own words.
 *
 * @param body JSON
 */
export function readPosted(headers: Headers, body: unknown): DirectRequest | undefined {
  const era = eraOf(headers);
  if (!era || !CONTENT_TYPE.test(headers.get("content-type") ?? "")) return undefined;
  const request = readRequest(era, body);
  return request && (era === "modern" ? fitsHeaders(headers, request) : takesJson(headers)) ? request : undefined;
}

/** The same for any message, whatever it came by: well-formed in every part, and asking for no notices on the way. */
export function readRequest(era: Era, body: unknown): DirectRequest | undefined {
  if (!isObject(body) || !hasOnly(body, MESSAGE_KEYS) || body["jsonrpc"] !== "2.0") return undefined;
  const { id, params = NO_MEMBERS } = body;
  const method = METHODS[era].find((method) => method === body["method"]);
  if (!method || !isObject(params) || (typeof id !== "string" && !Number.isSafeInteger(id))) return undefined;
  const { _meta: meta = NO_MEMBERS } = params;
  if (!isObject(meta) || !isPlainMeta(meta)) return undefined;
  const called = readParams(method, params);
  if (!called || !(era === "modern" ? isEnvelope(meta) : !hasEnvelope(meta))) return undefined;
  // It is a string or a number, as was seen above.
  return { era, id: id as string | number, method, name: called.name, args: called.args, meta };
}

function eraOf(headers: Headers): Era | undefined {
  const version = headers.get("mcp-protocol-version");
  // This era does not look at what a client sends of a session.
  if (version === LATEST_VERSION) return "modern";
  const isStray = headers.has("mcp-session-id") || headers.has("mcp-method") || headers.has("mcp-name");
  return !isStray && (version === null || LEGACY_VERSIONS.includes(version)) ? "legacy" : undefined;
}

/** A client that takes streams alone is refused. */
function takesJson(headers: Headers): boolean {
  const accept = headers.get("accept");
  return accept === null || !accept.includes("text/event-stream") || accept.includes("application/json");
}

function readParams(
  method: DirectRequest["method"],
  params: Members,
): Pick<DirectRequest, "name" | "args"> | undefined {
  // A cursor is for the SDK's way: one page holds every list there is so far.
  if (method !== "tools/call") return hasOnly(params, OTHER_KEYS) ? NO_CALL : undefined;
  const { name, arguments: args = NO_MEMBERS } = params;
  // An answer to a question, or a wish for a task, is for the SDK's way.
  if (!hasOnly(params, CALL_KEYS) || typeof name !== "string" || !PLAIN_NAME.test(name)) return;
  return isObject(args) && !Object.hasOwn(args, "__proto__") ? { name, args } : undefined;
}

/** Nothing that asks for notices, and of what has a form of its own only what has it. */
function isPlainMeta(meta: Members): boolean {
  if (Object.hasOwn(meta, "progressToken") || Object.hasOwn(meta, "__proto__")) return false;
  return TRACE_KEYS.every((name) => meta[name] === undefined || isText(meta[name]));
}

/** The headers of the latest era repeat the body. */
function fitsHeaders(headers: Headers, { method, name }: DirectRequest): boolean {
  return headers.get("mcp-method") === method && (method !== "tools/call" || headers.get("mcp-name") === name);
}

function hasEnvelope(meta: Members): boolean {
  for (const key in meta) if (key.startsWith(META)) return true;
  return false;
}

/** A client that says what it is in the few words that nearly all use. */
function isEnvelope(meta: Members): boolean {
  for (const key in meta) if (key.startsWith(META) && !ENVELOPE_KEYS.includes(key)) return false;
  return meta[VERSION_KEY] === LATEST_VERSION && isClient(meta[CLIENT_INFO_META_KEY]) &&
    isCapabilities(meta[CAPABILITIES_KEY]);
}

function isClient(info: unknown): boolean {
  if (info === undefined) return true;
  return isObject(info) && hasOnly(info, CLIENT_KEYS) && isText(info["name"]) && isText(info["version"]) &&
    (info["title"] === undefined || isText(info["title"]));
}

/** Nothing that a client can do is asked of it here: only the form is of interest. */
function isCapabilities(given: unknown): boolean {
  if (!isObject(given) || !hasOnly(given, CAPABILITY_KEYS)) return false;
  return Object.entries(given).every(([name, value]) => {
    if (!isObject(value)) return false;
    if (name === "roots") return hasOnly(value, ROOTS_KEYS) && Object.values(value).every(isBoolean);
    const parts = name === "sampling" ? SAMPLING_KEYS : ELICITATION_KEYS;
    return hasOnly(value, parts) && Object.values(value).every((part) => isObject(part) && hasOnly(part, []));
  });
}

/** What JSON text has made has its own members alone. */
function hasOnly(value: Members, names: readonly string[]): boolean {
  for (const name in value) if (!names.includes(name)) return false;
  return true;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}
