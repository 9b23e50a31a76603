import { idOf } from "../../server/auth/token/api_key.ts";
import { readTokensFile } from "../../server/auth/token/watched_file.ts";
import type { Command } from "../command_line.ts";
import { readWord, UsageError } from "../options.ts";
import { describeToken } from "./listing.ts";
import { openTokenSource } from "./source.ts";

export const revoke: Command = {
  summary: "take a key away, or all keys of a name",
  help: `deno task token revoke ID|NAME

Servers refuse the key within 5 s, also on connections that are open. A key of TOKENS_FILE is taken out of that file.

Exit code: 0 = revoked, 1 = there is no such key in the store or one in TOKENS_FILE goes on, 2 = it could not be done`,

  async run(args, context) {
    const { word: target } = readWord(args, {});
    if (target === undefined) throw new UsageError("Cannot tell which key to revoke: expected its id or its name");
    const pasted = idOf(target);
    if (pasted !== undefined) {
      throw new UsageError(
        `Expected an id or a name, not the key, which is now in this shell's history; its id: ${pasted}`,
      );
    }
    const settings = context.settings();
    await using source = openTokenSource(settings, context);
    const isMeant = ({ id, name }: { readonly id: string; readonly name: string }) => [id, name].includes(target);
    let revoked = 0;
    for (const token of (await source.store.list()).filter(isMeant)) {
      if (!await source.store.revoke(token.id)) continue;
      revoked++;
      await context.print(`Revoked API key ${describeToken(token)}`);
    }
    if (revoked > 0) await context.print(`Revoked ${revoked} ${revoked === 1 ? "key" : "keys"} in ${source.name}`);
    else context.warn(`Found no API key with the id or name ${JSON.stringify(target)} in ${source.name}`);
    const inFile = settings.TOKENS_FILE === undefined ? [] : await readTokensFile(settings.TOKENS_FILE);
    const goingOn = inFile.filter(isMeant);
    for (const { id } of goingOn) {
      context.warn(`API key ${id} is in TOKENS_FILE, and works until it is taken out there`);
    }
    return revoked > 0 && goingOn.length === 0 ? 0 : 1;
  },
};
