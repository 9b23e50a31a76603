import { z } from "zod";
import { ToolError, type ToolErrorKind } from "../error.ts";
import { parseJson, shorten } from "./reply.ts";

const WORDS_CHARS_MAX = 1_000;

/** The form of an error of Prometheus' HTTP API. */
const failure = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

const KINDS: ReadonlyMap<string, ToolErrorKind> = new Map([
  ["bad_data", "invalid_params"],
  ["execution", "tool_failed"],
  ["timeout", "timeout"],
  ["canceled", "unavailable"],
  ["unavailable", "unavailable"],
]);

const HINTS: Partial<Record<ToolErrorKind, string>> = {
  invalid_params: "Correct the query as Prometheus says; positions are line:column",
  tool_failed: "Change the query: aggregate before you join, narrow it with label matchers, or shorten its range",
  timeout: "Ask for less: narrow the query with label matchers, or shorten its range",
  unavailable: "Try again in a moment; if it stays so, ask the operator to check Prometheus",
};

/**
 * The error behind an answer that is no success: in Prometheus' own words where it has some, else what the status says
 * of the server that gave it.
 *
 * @param address of the Prometheus, without credentials
 */
export function refusalOf(status: number, text: string, address: string): ToolError {
  const parsed = failure.safeParse(parseJson(text));
  if (parsed.success) {
    const { errorType, error } = parsed.data;
    const kind = KINDS.get(errorType) ?? kindOf(status);
    const words = shorten(error.replace(/^invalid parameter "query": /, ""), WORDS_CHARS_MAX);
    return new ToolError(kind, `Prometheus ${verb(kind)}: ${words}`, { ...hintOf(kind), data: { errorType } });
  }
  if (status >= 300 && status < 400) {
    return misconfigured(`Prometheus at ${address} redirects elsewhere, which is not followed`);
  }
  if (status === 401 || status === 403) {
    return misconfigured(`Prometheus at ${address} refuses this server's credentials with status ${status}`);
  }
  if (status === 404 || status === 405) {
    return misconfigured(`The URL ${address} does not look like a Prometheus: it has no /api/v1/query (${status})`);
  }
  const kind = kindOf(status);
  return new ToolError(kind, `Prometheus at ${address} answered with status ${status}`, hintOf(kind));
}

/** By the status alone, where a proxy answers, or another server that speaks this API with words of its own. */
function kindOf(status: number): ToolErrorKind {
  if (status === 400) return "invalid_params";
  if (status === 504) return "timeout";
  return status >= 500 || status === 429 ? "unavailable" : "tool_failed";
}

function verb(kind: ToolErrorKind): string {
  if (kind === "invalid_params") return "refuses the query";
  return kind === "unavailable" ? "cannot answer now" : "cannot evaluate the query";
}

function hintOf(kind: ToolErrorKind): { readonly hint?: string } {
  const hint = HINTS[kind];
  return hint ? { hint } : {};
}

function misconfigured(message: string): ToolError {
  return new ToolError("unavailable", message, {
    hint: "Ask the operator to check PROMETHEUS_URL: the base URL of Prometheus, its path prefix included",
  });
}
