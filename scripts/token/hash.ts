import { API_KEY_FORM, createApiKey, digestOf, idOf, type NewApiKey } from "../../server/auth/token/api_key.ts";
import type { Command } from "../command_line.ts";
import { readOptions, UsageError } from "../options.ts";
import { GRANT_OPTIONS, readGrant } from "./grant.ts";
import { SHOWN_ONCE } from "./issue.ts";
import { timeOf } from "./listing.ts";

/** Bytes of standard input that are looked at: a key has 64. */
const INPUT_BYTES_MAX = 1024;

export const hash: Command = {
  summary: "print an entry for TOKENS_FILE, without any store",
  help: `deno task token hash --name NAME --role ROLE… [--expires END] [--stdin]

  --name, --role, --expires  as create has them
  --stdin                    read the key from standard input; where left out, a new one is made

Prints the new key, if one is made, and then on a line of its own the entry: {"tokens": [ENTRY, ENTRY]} is a
TOKENS_FILE, which may be mounted from a Secret. Nothing is stored.

Exit code: 0 = printed, 2 = not`,

  async run(args, context) {
    const { stdin, ...given } = readOptions(args, { ...GRANT_OPTIONS, stdin: { type: "boolean" } });
    const { name, roles, expiresAtMs } = readGrant(given, context.now());
    const { id, key, sha256 } = stdin ? await readKey() : createApiKey();
    if (!stdin) {
      await context.print(key);
      context.warn(SHOWN_ONCE);
    }
    const expires = expiresAtMs === undefined ? undefined : timeOf(expiresAtMs);
    await context.print(JSON.stringify({ id, name, roles, sha256, expires }));
    return 0;
  },
};

async function readKey(): Promise<NewApiKey> {
  const key = (await readInput()).replace(/\r?\n$/, "");
  const id = idOf(key);
  if (id === undefined) throw new UsageError(`Invalid key on standard input: expected ${API_KEY_FORM}, on one line`);
  return { id, key, sha256: digestOf(key) };
}

async function readInput(): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of Deno.stdin.readable) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > INPUT_BYTES_MAX) break;
  }
  return text;
}
