import { createApiKey } from "../../server/auth/token/api_key.ts";
import { TokenLimitError, type TokenRecord, type TokenStore } from "../../storage/token_store.ts";
import type { CommandContext } from "../command_line.ts";
import { UsageError } from "../options.ts";
import type { Grant } from "./grant.ts";
import { describeToken } from "./listing.ts";

/** What the key's holder must hear. */
export const SHOWN_ONCE = "The key is shown this once, and kept nowhere: only its SHA-256 is";

/** A key just made, with its record. */
export interface Issued {
  readonly key: string;
  readonly token: TokenRecord;
}

/** Makes a key and adds it to the store. @throws {StorageError} @throws {UsageError} when the store is full */
export async function issueToken(store: TokenStore, grant: Grant, nowMs: number): Promise<Issued> {
  const { id, key, sha256 } = createApiKey();
  const token = { id, sha256, ...grant, createdAtMs: nowMs };
  try {
    await store.add(token);
  } catch (error) {
    throw error instanceof TokenLimitError ? new UsageError(error.message) : error;
  }
  return { key, token };
}

/** Prints a new key on standard output, and on standard error what is to be known about it. */
export async function printIssued({ key, token }: Issued, place: string, context: CommandContext): Promise<void> {
  await context.print(key);
  context.warn(`Created API key ${describeToken(token)} in ${place}`);
  context.warn(SHOWN_ONCE);
}
