import type { z } from "zod";
import { ToolError } from "../error.ts";
import type { ApiAnswer } from "./http.ts";

/**
 * The JSON of a successful answer, of the shape that was asked for.
 *
 * @throws {ToolError} `tool_failed` for one that is too large, no JSON, or of another shape.
 */
export function parseAnswer<T extends z.ZodType>(answer: ApiAnswer, schema: T): z.output<T> {
  if (answer.cut) {
    throw new ToolError(
      "tool_failed",
      `The Kubernetes API's answer is larger than the ${answer.body.length} bytes that are read`,
      { hint: "Ask for fewer: use a smaller limit" },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(answer.body));
  } catch (cause) {
    throw unreadable("it is no JSON", cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "another shape" };
  throw unreadable(`${path.join(".") || "it"}: ${message}`, parsed.error);
}

/** An answer that came, and makes no sense. */
export function unreadable(reason: string, cause?: unknown): ToolError {
  return new ToolError("tool_failed", `Cannot read the Kubernetes API's answer: ${reason}`, {
    hint: "Ask the operator whether the configured URL is that of a Kubernetes API",
    cause,
  });
}
