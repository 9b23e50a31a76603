import { Buffer } from "node:buffer";
import { ToolError } from "./error.ts";

/** A result as it is sent. */
export interface Shaped {
  /** JSON. */
  readonly text: string;
  readonly bytes: number;
  /** Estimated tokens: a third of the bytes, what names, digits and punctuation of such JSON come to. */
  readonly tokens: number;
}

const BYTES_PER_TOKEN = 3;
/** `"truncated":true` and the warning, but for the list's name. */
const NOTICE_BYTES_MAX = 256;

/**
 * Prints a result within a bound. One that is too large loses the end of its longest list, and says so in
 * `truncated` and `warnings`; one without a list to cut is refused.
 *
 * @param bytesMax bytes of JSON
 * @throws {ToolError} `tool_failed` when nothing can be cut.
 */
export function shape(result: unknown, bytesMax: number): Shaped {
  const shaped = shapedText(JSON.stringify(result));
  return shaped.bytes > bytesMax ? shapedText(JSON.stringify(cut(result, shaped.bytes, bytesMax))) : shaped;
}

/** A result that is JSON text already, and small enough. */
export function shapedText(text: string): Shaped {
  const bytes = Buffer.byteLength(text);
  return { text, bytes, tokens: Math.ceil(bytes / BYTES_PER_TOKEN) };
}

function cut(result: unknown, bytes: number, bytesMax: number): unknown {
  const members = typeof result === "object" && result !== null && !Array.isArray(result) ? Object.entries(result) : [];
  const lists = members.flatMap(([name, value]) =>
    Array.isArray(value) && name !== "warnings" ? [{ name, items: value, bytes: byteLength(value) }] : []
  );
  const longest = lists.sort((a, b) => b.bytes - a.bytes)[0];
  // What is said of the cut, the list's name in it, needs room too.
  let room = longest ? bytesMax - (bytes - longest.bytes) - byteLength(longest.name) - NOTICE_BYTES_MAX : -1;
  if (!longest || room < 0) {
    throw new ToolError("tool_failed", `The result has ${bytes} bytes, more than the ${bytesMax} that are sent`, {
      hint: "Ask for less: narrow the arguments",
    });
  }
  const kept = longest.items.findIndex((item) => (room -= byteLength(item) + 1) < 0);
  const { warnings } = result as { readonly warnings?: readonly string[] }; // A tool's warnings are strings.
  return {
    ...Object.fromEntries(members),
    [longest.name]: longest.items.slice(0, kept),
    truncated: true,
    warnings: [
      ...(warnings ?? []),
      `Cut ${longest.name} to ${kept} of ${longest.items.length}, since a reply has at most ${bytesMax} bytes: ` +
      "narrow the arguments",
    ],
  };
}

function byteLength(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
