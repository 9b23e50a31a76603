import { StorageError } from "../../storage/errors.ts";
import { ToolError } from "../error.ts";
import type { Redactor } from "../redact.ts";

/**
 * Every failure in words that may leave: redacted, and with no inner detail where the fault is ours.
 *
 * @param isLossless the tool is: what its error carries beside its words leaves as it is
 * @param onFault told of a fault of ours; gives the incident id that the caller is told
 */
export function toToolError(
  thrown: unknown,
  { redact, redactText }: Redactor,
  isLossless: boolean,
  onFault: (error: unknown) => string,
): ToolError {
  if (thrown instanceof ToolError) {
    return new ToolError(thrown.kind, redactText(thrown.message), {
      ...(thrown.hint !== undefined && { hint: redactText(thrown.hint) }),
      data: isLossless ? thrown.data : redact(thrown.data),
      cause: thrown,
    });
  }
  if (thrown instanceof StorageError) {
    return new ToolError("unavailable", redactText(thrown.message), {
      hint: "The store is away and is being reconnected: try again in a few seconds",
      cause: thrown,
    });
  }
  const incident = onFault(thrown);
  return new ToolError("internal", "Internal error", {
    hint: `The fault is the server's and is logged as incident ${incident}`,
    data: { incident },
    cause: thrown,
  });
}
