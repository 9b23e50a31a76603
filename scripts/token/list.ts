import { readTokensFile } from "../../server/auth/token/watched_file.ts";
import { SettingError } from "../../server/settings.ts";
import type { Command } from "../command_line.ts";
import { readOptions } from "../options.ts";
import { listed, printTable } from "./listing.ts";
import { openTokenSource } from "./source.ts";

export const list: Command = {
  summary: "print the keys of the store and of TOKENS_FILE, without what could open a door",
  help: `deno task token list [--json]

  --json  a JSON list of objects

A key that has expired is listed for some 30 days.

Exit code: 0 = these are all, 2 = the store or TOKENS_FILE cannot be read`,

  async run(args, context) {
    const { json } = readOptions(args, { json: { type: "boolean" } });
    const settings = context.settings();
    await using source = openTokenSource(settings, context);
    const inStore = await source.store.list();
    const file = await readFile(settings.TOKENS_FILE);
    const tokens = [...inStore, ...file.tokens].map((token) => listed(token, context.now()));
    if (json) await context.print(JSON.stringify(tokens, null, 2));
    else await context.print(tokens.length === 0 ? `There are no API keys in ${source.name}` : printTable(tokens));
    if (file.problem === undefined) return 0;
    context.warn(`ERROR: ${file.problem}`);
    return 2;
  },
};

/** A broken file hides no key of the store, which may have to be revoked just now. */
async function readFile(path: string | undefined) {
  if (path === undefined) return { tokens: [] };
  try {
    return { tokens: await readTokensFile(path) };
  } catch (error) {
    if (error instanceof SettingError) return { tokens: [], problem: error.message };
    throw error;
  }
}
