import { createRedactor, type Redactor } from "../tools/redact.ts";
import { compilePatterns, hideValues } from "../tools/redaction/own.ts";
import { secretsOf, SettingError, type Settings } from "./settings.ts";

/**
 * The redactor of a server: the built-in patterns, the operator's, and this server's own passwords and tokens.
 *
 * @throws {SettingError} naming the pattern that cannot be used.
 */
export async function openRedactor(settings: Settings): Promise<Redactor> {
  try {
    return createRedactor([hideValues(secretsOf(settings)), ...await compilePatterns(settings.REDACT_PATTERNS)]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingError(`Invalid setting REDACT_PATTERNS: ${reason}`, { cause: error });
  }
}
