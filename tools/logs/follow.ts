import { z } from "zod";
import { defineTool } from "../tool.ts";
import type { LogBackend } from "./backend.ts";
import { Follower, type FollowOptions } from "./follower.ts";
import { scopeInput } from "./input.ts";
import { printLogs } from "./print.ts";
import { boundReply, DEFAULT_SIZE, FULL_SIZE } from "./reply.ts";

const SECONDS_DEFAULT = 15;
const SECONDS_MAX = 60;
const LINES_DEFAULT = 100;
const LINES_MAX = 500;
/** The time of following, and of a last look that is slow. */
const TIMEOUT_MS = (SECONDS_MAX + 30) * 1000;

/** `logs.follow`: the lines that are written from now on, for a while. */
export function logsFollow(
  backend: LogBackend,
  { pollMs = 2_000, elapsed = () => performance.now() }: FollowOptions = {},
) {
  const { namespace, query, pod, container } = scopeInput;
  return defineTool({
    name: "logs.follow",
    toolset: "logs",
    summary: "Follow logs",
    description:
      "Waits for lines that match in the logs of a namespace's pods, those that start meanwhile included, and gives what " +
      "was written: after some seconds, or as soon as there are limit lines. Use it after a change, to see its effect.",
    input: z.strictObject({
      ...{ namespace, query, pod, container },
      seconds: z.int().min(1).max(SECONDS_MAX).default(SECONDS_DEFAULT).describe("How long to follow at most"),
      limit: z.int().min(1).max(LINES_MAX).optional()
        .describe(`Lines after which it ends; default ${LINES_DEFAULT}, or what 2,000 tokens hold`),
    }),
    output: z.object({
      logs: z.array(z.object({
        timestamp: z.string().describe("RFC 3339 with nanoseconds"),
        pod: z.string().describe("The pod that the line is from"),
        container: z.string().describe("The container that the line is from"),
        message: z.string().describe("The line"),
      })).describe("In the order of time: the newest is the last"),
      matched: z.int().describe("Lines that were seen"),
      returned: z.int().describe("Lines in logs"),
      seconds: z.int().describe("How long it followed"),
      truncated: z.boolean().describe("More was written than is given"),
      warnings: z.array(z.string()).optional().describe("Logs that could not be read, bounds that were met"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "log lines",
    timeoutMs: TIMEOUT_MS,
    print: printLogs,
    run: async ({ seconds, limit, ...scope }, call) => {
      const follower = new Follower(backend, scope, { pollMs, elapsed });
      const { lines, missed, warnings: said, followedMs } = await follower.follow(
        seconds,
        limit ?? LINES_DEFAULT,
        call,
      );
      const entries = lines.slice(0, limit ?? LINES_DEFAULT);
      const bounded = boundReply({ entries, warnings: said }, limit === undefined ? DEFAULT_SIZE : FULL_SIZE);
      const { warnings } = bounded;
      return {
        logs: [...bounded.entries],
        matched: lines.length,
        returned: bounded.entries.length,
        seconds: Math.round(followedMs / 1000),
        truncated: missed || lines.length > bounded.entries.length,
        ...(warnings.length > 0 && { warnings: [...warnings] }),
      };
    },
  });
}
