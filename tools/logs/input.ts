import { z } from "zod";
import { ToolError } from "../error.ts";
import { namespaceName } from "../k8s/namespace.ts";
import type { Runs } from "./backend.ts";
import { QUERY_CHARS_MAX } from "./query.ts";

/** Lines that an answer may have. */
export const linesMax = 1000;
const SECONDS_MAX = 31_536_000;

/** Which lines a tool is about: the arguments that all tools of logs have. */
export const scopeInput = {
  namespace: namespaceName,
  query: z.string().max(QUERY_CHARS_MAX).optional()
    .describe("Text in any letter case, or an RE2 expression: /regex/ or, in any case, /regex/i; default all lines"),
  // A DNS subdomain, or the beginning of one with a star.
  pod: z.string().max(254)
    .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|[a-z0-9.-]*\*)$/, "Use a pod's name, or the beginning of names and a *")
    .optional()
    .describe("Pod, or the beginning of names and *: mcp-server-*; default all"),
  container: z.string().min(1).max(63).optional()
    .describe("Container; default all but init and ephemeral ones"),
  since_seconds: z.int().min(1).max(SECONDS_MAX).optional()
    .describe("Only lines of the last so many seconds"),
  previous: z.boolean().default(false)
    .describe("Read the run before the last restart"),
};

/**
 * The runs that are asked for: `previous` is the guide's way to say it, `runs` the toolset's.
 *
 * @throws {ToolError} `invalid_params` where both are given and differ.
 */
export function runsOf({ previous, runs }: { readonly previous: boolean; readonly runs?: Runs | undefined }): Runs {
  if (previous && runs === "current") {
    throw new ToolError("invalid_params", "Cannot read other runs than one by previous and runs: they differ", {
      hint: 'Leave previous out, and give runs: "current", "previous" or "both"',
    });
  }
  return runs ?? (previous ? "previous" : "current");
}
