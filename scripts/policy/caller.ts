import { join } from "node:path";
import { readTokensFile } from "../../server/auth/token/watched_file.ts";
import type { Settings } from "../../server/settings.ts";
import { DATABASE_FILE } from "../../storage/embedded/database.ts";
import { StorageError } from "../../storage/errors.ts";
import type { TokenRecord } from "../../storage/token_store.ts";
import type { Principal } from "../../tools/call_context.ts";
import type { CommandContext } from "../command_line.ts";
import { UsageError } from "../options.ts";
import { openTokenSource } from "../token/source.ts";

/** Who is asked about, as typed. */
export interface AskedCaller {
  readonly name: string;
  readonly roles: readonly string[] | undefined;
  readonly groups: readonly string[] | undefined;
}

type Key = Pick<TokenRecord, "id" | "name" | "roles" | "expiresAtMs">;

/**
 * The caller as the server would know it. Its credential's roles are those typed or, with AUTH_MODE=token, those of the
 * API keys of that name.
 *
 * @throws {UsageError} when the keys cannot be read, or have different roles.
 */
export async function callerOf(
  { name, roles, groups }: AskedCaller,
  settings: Settings,
  context: Pick<CommandContext, "now" | "warn">,
): Promise<Principal> {
  const authMethod = settings.AUTH_MODE;
  if (authMethod === "none" && name !== "default") context.warn('With AUTH_MODE=none every caller is called "default"');
  const given = roles ?? (authMethod === "token" ? await rolesOfKeys(name, settings, context) : []);
  return { name, authMethod, roles: given, ...(groups && { groups }) };
}

async function rolesOfKeys(
  name: string,
  settings: Settings,
  { now, warn }: Pick<CommandContext, "now" | "warn">,
): Promise<readonly string[]> {
  const nowMs = now();
  const keys = (await readKeys(settings, { now })).filter((key) =>
    key.name === name && (key.expiresAtMs === undefined || key.expiresAtMs > nowMs)
  );
  const [first] = keys;
  if (!first) {
    warn(`No API key stands for ${JSON.stringify(name)}: --role says which roles one would have`);
    return [];
  }
  const isSame = (key: Key) => key.roles.toSorted().join(" ") === first.roles.toSorted().join(" ");
  if (keys.every(isSame)) return first.roles;
  const each = keys.map(({ id, roles }) => `${id} has ${roles.join(", ")}`).join("; ");
  throw new UsageError(`The API keys of ${JSON.stringify(name)} have different roles: ${each}: expected --role`);
}

async function readKeys(settings: Settings, clock: Pick<CommandContext, "now">): Promise<readonly Key[]> {
  const inFile = settings.TOKENS_FILE === undefined ? [] : await readTokensFile(settings.TOKENS_FILE);
  // To explain makes no database.
  if (settings.REDIS_URL === undefined && !exists(join(settings.DATA_DIR, DATABASE_FILE))) return inFile;
  try {
    await using source = openTokenSource(settings, clock);
    return [...inFile, ...await source.store.list()];
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new UsageError(`${error.message}: expected --role, since the roles of API keys cannot be read`);
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
