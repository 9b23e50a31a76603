import { z } from "zod";

const KEY_CHARS_MAX = 256;

/** A context key: printable ASCII, so that no two keys look alike; no braces, which mean a slot in Redis Cluster. */
export const contextKey = z.string()
  .min(1).max(KEY_CHARS_MAX)
  .regex(/^[!-z|~]*$/, "Use printable ASCII characters without spaces or braces")
  .describe("Context key: printable ASCII without spaces or braces");
