import { isObject } from "../../../rpc/message.ts";
import { LATEST_VERSION } from "../identity.ts";

type Members = Readonly<Record<string, unknown>>;

/** A request that the direct way understands in full. */
export interface DirectRequest {
  readonly era: "legacy" | "modern";
  /** Whether the reply is an event of a stream, as the SDK gives it to a client of the handshake era that takes one. */
  readonly streams: boolean;
  readonly id: string | number;
  readonly method: "tools/call" | "tools/list" | "server/discover" | "ping";
  /** Of a call; a catalogue's name or the listed one, or none of either. */
  readonly name: string;
  readonly args: Members;
  readonly meta: Members;
}

const META = "io.modelcontextprotocol/";
const METHODS: Readonly<Record<DirectRequest["era"], readonly DirectRequest["method"][]>> = {
  legacy: ["tools/call", "tools/list", "ping"],
  modern: ["tools/call", "tools/list", "server/discover"],
};
/** What the SDK serves in the handshake era; a request without a version is of that era too. */
const LEGACY_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];
const CONTENT_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
/** A name that stands in a header as it is. */
const PLAIN_NAME = /^[\w.-]{1,128}$/;

/**
 * Reads a POST of the official protocol, if it is one that can be answered without the SDK: well-formed in every part
 * that is known here, without a session, and asking for no notices on the way.
 *
 * It never refuses: what it is not sure of is `undefined`, and the SDK's to answer or to refuse, in its own words.
 *
 * @param body JSON
 */
export function readDirect(headers: Headers, body: unknown): DirectRequest | undefined {
  if (!isObject(body) || !hasOnly(body, ["jsonrpc", "id", "method", "params"]) || body["jsonrpc"] !== "2.0") return;
  const { id, params = {} } = body;
  if (typeof id !== "string" && !Number.isSafeInteger(id)) return;
  if (!isObject(params) || !CONTENT_TYPE.test(headers.get("content-type") ?? "")) return;
  const era = eraOf(headers);
  const method = era && METHODS[era].find((one) => one === body["method"]);
  if (!era || !method) return;
  const { _meta: meta = {} } = params;
  if (!isObject(meta) || !isPlainMeta(meta)) return;
  const called = readParams(method, params);
  const streams = era === "legacy" && streamsTo(headers);
  if (!called || streams === undefined) return;
  const isFit = era === "modern" ? fitsHeaders(headers, method, called.name) && isEnvelope(meta) : !hasEnvelope(meta);
  // It is a string or a number, as was seen above.
  return isFit ? { era, streams, id: id as string | number, method, ...called, meta } : undefined;
}

function eraOf(headers: Headers): DirectRequest["era"] | undefined {
  const version = headers.get("mcp-protocol-version");
  // This era does not look at what a client sends of a session.
  if (version === LATEST_VERSION) return "modern";
  const isStray = headers.has("mcp-session-id") || headers.has("mcp-method") || headers.has("mcp-name");
  return !isStray && (version === null || LEGACY_VERSIONS.includes(version)) ? "legacy" : undefined;
}

/** @returns `undefined` for a client that takes streams alone, which is refused */
function streamsTo(headers: Headers): boolean | undefined {
  const accept = headers.get("accept") ?? "*/*";
  if (!accept.includes("text/event-stream")) return false;
  return accept.includes("application/json") ? true : undefined;
}

function readParams(
  method: DirectRequest["method"],
  params: Members,
): Pick<DirectRequest, "name" | "args"> | undefined {
  // A cursor is for the SDK's way: one page holds every list there is so far.
  if (method !== "tools/call") return hasOnly(params, ["_meta"]) ? { name: "", args: {} } : undefined;
  const { name, arguments: args = {} } = params;
  // An answer to a question, or a wish for a task, is for the SDK's way.
  if (!hasOnly(params, ["name", "arguments", "_meta"]) || typeof name !== "string" || !PLAIN_NAME.test(name)) return;
  return isObject(args) && !Object.hasOwn(args, "__proto__") ? { name, args } : undefined;
}

/** Nothing that asks for notices, and of what has a form of its own only what has it. */
function isPlainMeta(meta: Members): boolean {
  if (Object.hasOwn(meta, "progressToken") || Object.hasOwn(meta, "__proto__")) return false;
  return ["traceparent", "tracestate", "baggage"].every((name) => meta[name] === undefined || isText(meta[name]));
}

/** The headers of the latest era repeat the body. */
function fitsHeaders(headers: Headers, method: string, name: string): boolean {
  return headers.get("mcp-method") === method && (method !== "tools/call" || headers.get("mcp-name") === name);
}

function hasEnvelope(meta: Members): boolean {
  return Object.keys(meta).some((key) => key.startsWith(META));
}

/** A client that says what it is in the few words that nearly all use. */
function isEnvelope(meta: Members): boolean {
  const known = ["protocolVersion", "clientCapabilities", "clientInfo"].map((name) => `${META}${name}`);
  if (Object.keys(meta).some((key) => key.startsWith(META) && !known.includes(key))) return false;
  const info = meta[`${META}clientInfo`];
  const isNamed = info === undefined ||
    (isObject(info) && hasOnly(info, ["name", "version", "title"]) && isText(info["name"]) && isText(info["version"]) &&
      (info["title"] === undefined || isText(info["title"])));
  return isNamed && meta[`${META}protocolVersion`] === LATEST_VERSION &&
    isCapabilities(meta[`${META}clientCapabilities`]);
}

/** Nothing that a client can do is asked of it here: only the form is of interest. */
function isCapabilities(given: unknown): boolean {
  if (!isObject(given) || !hasOnly(given, ["roots", "sampling", "elicitation"])) return false;
  return Object.entries(given).every(([name, value]) => {
    if (!isObject(value)) return false;
    if (name === "roots") return hasOnly(value, ["listChanged"]) && Object.values(value).every(isBoolean);
    const parts = name === "sampling" ? ["tools", "context"] : ["form", "url"];
    return hasOnly(value, parts) && Object.values(value).every((part) => isObject(part) && hasOnly(part, []));
  });
}

function hasOnly(value: Members, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}
