import { Buffer } from "node:buffer";
import type { Planted } from "./planted.ts";

/** Ways in which programs write a text into their logs, as lines. */
export const LOG_SHAPES: Readonly<Record<string, (planted: Planted) => readonly string[]>> = {
  "as it is": ({ text }) => text.split("\n"),
  "between words": ({ text }) => `2026-11-22 10:16:08 INFO request 7 said ${text} in 12 ms`.split("\n"),
  "in JSON lines": ({ text }) => [JSON.stringify({ level: "error", msg: text, n: 1 })],
  "in JSON in JSON lines": ({ carrier }) => [
    JSON.stringify({ level: "error", body: JSON.stringify({ request: { carrier } }) }),
  ],
  "in JSON over several lines": ({ carrier }) => JSON.stringify({ request: { carrier } }, null, 2).split("\n"),
  "in logfmt": ({ text }) => [`level=error msg=${JSON.stringify(text)} n=1`],
  "in a stack trace": ({ text }) =>
    `Error: refused: ${text}\n    at connect (client.ts:7:11)\n    at main.ts:3:1`.split("\n"),
  "each line after a logger's words": ({ text }) =>
    text.split("\n").map((line, index) => `I1122 10:16:0${index % 10} client: ${line}`),
  "each line in a JSON line": ({ text }) => text.split("\n").map((msg, n) => JSON.stringify({ msg, n })),
  "percent-encoded": ({ text }) => [`GET /login?next=${encodeURIComponent(text)}&n=1 302`],
  "in Base64": ({ text }) => [`body ${Buffer.from(text).toString("base64")} read`],
};
