import { z } from "zod";

const QUERY_CHARS_MAX = 4_096;

/** A PromQL expression. */
export const promqlInput = z.string().min(1).max(QUERY_CHARS_MAX)
  // A lone surrogate would reach Prometheus as U+FFFD and silently match something else.
  .refine((query) => query.isWellFormed(), "Use well-formed Unicode, without lone surrogates")
  .describe("PromQL, such as up or rate(http_requests_total[5m])");

/** A selector of series. */
export const matchInput = z.string().min(1).max(QUERY_CHARS_MAX)
  .refine((match) => match.isWellFormed(), "Use well-formed Unicode, without lone surrogates")
  .describe('Selector, such as up or {job="api"}');
