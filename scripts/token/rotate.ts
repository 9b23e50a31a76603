import type { TokenRecord } from "../../storage/token_store.ts";
import type { Command } from "../command_line.ts";
import { readWord, UsageError } from "../options.ts";
import { issueToken, printIssued, SHOWN_ONCE } from "./issue.ts";
import { isLive, listed, timeOf } from "./listing.ts";
import { readDuration, readExpires } from "./lifetime.ts";
import { openTokenSource } from "./source.ts";

export const rotate: Command = {
  summary: "make a new key for a name, and let its others end a little later",
  help: `deno task token rotate NAME [--overlap DURATION] [--expires END] [--json]

  --overlap DURATION  how long the keys before go on, such as 30m, 24h (the default) or 7d; never longer than they
                      would have
  --expires END       as create has it; where left out, the new key lives as long as the newest one before was made for
  --json              the key and what is kept of it as one JSON object, with the ids of those that end

The new key has the same roles. It alone goes to standard output, what is to be known to standard error.

Exit code: 0 = rotated, 1 = the name has no key that is in force, 2 = it could not be done`,

  async run(args, context) {
    const { word: name, values } = readWord(args, {
      overlap: { type: "string", default: "24h" },
      expires: { type: "string" },
      json: { type: "boolean" },
    });
    if (name === undefined) throw new UsageError("Cannot tell whose keys to rotate: expected a name");
    const nowMs = context.now();
    const endMs = nowMs + readDuration("overlap", values.overlap);
    const given = values.expires === undefined ? undefined : { expiresAtMs: readExpires(values.expires, nowMs) };
    await using source = openTokenSource(context.settings(), context);
    const before = (await source.store.list()).filter((token) => token.name === name && isLive(token, nowMs));
    const newest = before.at(-1);
    if (!newest) {
      context.warn(`Found no API key in force with the name ${JSON.stringify(name)} in ${source.name}`);
      return 1;
    }
    const roles = rolesOf(before, newest);
    const issued = await issueToken(source.store, { name, roles, ...given ?? lifetimeOf(newest, nowMs) }, nowMs);
    // First of all: should what follows fail, the new key is in its holder's hand and the others go on.
    if (values.json) {
      const ending = before.map(({ id }) => id);
      await context.print(JSON.stringify({ ...listed(issued.token, nowMs), key: issued.key, ending }));
      context.warn(SHOWN_ONCE);
    } else await printIssued(issued, source.name, context);
    for (const { id, expiresAtMs } of before) {
      if (!await source.store.expire(id, endMs)) continue;
      context.warn(`API key ${id} ends ${timeOf(Math.min(endMs, expiresAtMs ?? endMs))}`);
    }
    return 0;
  },
};

/** Roles that all keys have: were they to differ, nobody could say which the new key should get. @throws {UsageError} */
function rolesOf(tokens: readonly TokenRecord[], { name, roles }: TokenRecord): readonly string[] {
  const sorted = (of: readonly string[]) => [...of].sort().join(", ");
  const other = tokens.find((token) => sorted(token.roles) !== sorted(roles));
  if (!other) return roles;
  throw new UsageError(
    `Cannot rotate ${JSON.stringify(name)}: its keys have different roles (${sorted(other.roles)}; ${
      sorted(roles)
    }); ` +
      "revoke those not needed, or create a key",
  );
}

function lifetimeOf({ createdAtMs, expiresAtMs }: TokenRecord, nowMs: number) {
  return { expiresAtMs: expiresAtMs === undefined ? undefined : nowMs + expiresAtMs - createdAtMs };
}
