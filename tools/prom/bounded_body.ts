import { Buffer } from "node:buffer";
import { ToolError } from "../error.ts";

/**
 * The body of an answer of Prometheus as text; a larger one is given up as soon as it passes the bound.
 *
 * @throws {ToolError} `tool_failed` when it has more than `bytesMax` bytes.
 */
export async function readBounded(response: Response, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body, and with it the transfer.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) {
      throw new ToolError(
        "tool_failed",
        `The answer of Prometheus is larger than the ${bytesMax} bytes that are read`,
        {
          hint: "Narrow the query with label matchers, aggregate with sum by (…) or topk(…), or shorten its range",
        },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
