import { builtInRedactor, type Redactor } from "../tools/redact.ts";
import type { Refusal } from "./refusals.ts";

/** Of a header that a peer sent. */
const TYPE_CHARS_MAX = 80;

/** A body that is not taken: the status and the words to answer with. */
export interface RefusedBody {
  readonly reason: Extract<Refusal, "body" | "body_late" | "content_type" | "message_bytes">;
  readonly status: 400 | 408 | 413 | 415;
  readonly error: string;
}

/**
 * Reads a JSON body as text, within a bound of size and of time: one that takes longer to arrive has stalled. Only `application/json` is taken: a web page cannot
 * send that to another origin without asking first.
 */
export async function readJsonBody(
  request: Request,
  bytesMax: number,
  waitMs: number,
  { redactText }: Pick<Redactor, "redactText"> = builtInRedactor,
): Promise<string | RefusedBody> {
  const type = request.headers.get("content-type");
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) {
    return {
      reason: "content_type",
      status: 415,
      error: `Expected content-type application/json, but got ${
        JSON.stringify(type && redactText(type).slice(0, TYPE_CHARS_MAX))
      }`,
    };
  }
  const tooLarge: RefusedBody = { reason: "message_bytes", status: 413, error: `Send at most ${bytesMax} bytes` };
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return tooLarge;
  const reader = request.body?.getReader();
  if (!reader) return "";
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), waitMs);
  // A byte sequence that is no UTF-8 must not become another text than was sent.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    while (true) {
      const read = await Promise.race([reader.read(), late]);
      if (read === "late") {
        return { reason: "body_late", status: 408, error: `The body did not arrive within ${waitMs} ms` };
      }
      if (read.done) return text + decoder.decode();
      bytes += read.value.byteLength;
      if (bytes > bytesMax) return tooLarge;
      text += decoder.decode(read.value, { stream: true });
    }
  } catch (error) {
    return {
      reason: "body",
      status: 400,
      error: error instanceof TypeError ? "Expected a body in UTF-8" : "The body broke off",
    };
  } finally {
    clearTimeout(timer);
    // Nobody waits for the rest; of a body that broke off it cannot even be told.
    reader.cancel().catch(() => {});
  }
}
