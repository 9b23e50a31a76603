import { z } from "zod";
import { ToolError } from "../../error.ts";

/** Lines that have the same labels, newest first. */
export interface LokiStream {
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch, in digits, and the line. */
  readonly lines: readonly (readonly [nanos: string, line: string])[];
}

const replySchema = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("streams"),
    result: z.array(z.object({
      stream: z.record(z.string(), z.string()),
      // Structured metadata may follow the line.
      values: z.array(z.tuple([z.string().regex(/^\d{1,19}$/), z.string()]).rest(z.unknown())),
    })),
  }),
});

/** Reads the answer to a query of lines. @throws {ToolError} `unavailable` for what no Loki says. */
export function parseStreams(text: string, address: string): readonly LokiStream[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notLoki(address);
  }
  const reply = replySchema.safeParse(value);
  if (!reply.success) throw notLoki(address);
  return reply.data.data.result.map(({ stream, values }) => ({
    labels: stream,
    lines: values.map(([nanos, line]) => [nanos, line] as const),
  }));
}

const WORDS_MAX = 300;

/** Says why Loki did not answer with success, in its own words where it has some. */
export function refusalOf(status: number, body: string, address: string): ToolError {
  const words = body.trim().split("\n", 1)[0]?.slice(0, WORDS_MAX) || `status ${status}`;
  switch (status) {
    case 400:
      return new ToolError("tool_failed", `Loki at ${address} refuses the query: ${words}`, {
        hint: "Narrow it by query, pod or since_seconds",
      });
    case 401:
    case 403:
      return new ToolError("unavailable", `Loki at ${address} refuses the server: ${words}`, {
        hint: "Ask the operator to check user and password in LOKI_URL, and LOKI_TENANT",
      });
    case 429:
      return new ToolError("rate_limited", `Loki at ${address} asks to wait: ${words}`, {
        hint: "Try again in a while",
      });
    case 404:
      return notLoki(address);
    default:
      return new ToolError("unavailable", `Loki at ${address} could not answer (${status}): ${words}`, {
        hint: "Try again in a moment, or ask for less",
      });
  }
}

function notLoki(address: string): ToolError {
  return new ToolError("unavailable", `What answers at ${address} is no Loki`, {
    hint: "Ask the operator to check LOKI_URL: the base URL, without /loki/api/v1",
  });
}
