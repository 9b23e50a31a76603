import { UsageError } from "./usage_error.ts";

/** Where a token comes from; the first that is there counts. */
export interface TokenSources {
  /** `--token`, which other users of this machine can see while the client runs. */
  readonly option: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a file as text. @throws when it cannot */
  readonly readFile: (path: string) => string;
}

/**
 * The API key or access token to send; `undefined` where none is given.
 *
 * @throws {UsageError} which repeats nothing of the token
 */
export function readToken({ option, environment, readFile }: TokenSources): string | undefined {
  if (option !== undefined) return checked(option, "--token");
  const { MCP_TOKEN: token, MCP_TOKEN_FILE: path } = environment;
  if (token && path) throw new UsageError("Expected one of MCP_TOKEN and MCP_TOKEN_FILE, but both are set");
  if (token) return checked(token, "MCP_TOKEN");
  if (!path) return undefined;
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read MCP_TOKEN_FILE ${JSON.stringify(path)}: ${reason}`);
  }
  return checked(text, "MCP_TOKEN_FILE");
}

/** A header cannot hold everything, and would be refused with its value in the message. */
function checked(text: string, source: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError(`Expected ${source} to be an API key or an access token, in ASCII and without spaces`);
}
