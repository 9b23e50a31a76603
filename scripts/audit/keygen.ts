import { publicKeyOf } from "../../storage/audit/signing.ts";
import { generateSigningKey, printPrivateKey, printPublicKey } from "../../storage/audit/signing_key.ts";
import type { Command } from "../command_line.ts";
import { readOptions } from "../options.ts";

export const keygen: Command = {
  summary: "print a new pair of keys",
  help: `deno task audit keygen

Prints a private key for AUDIT_SIGNING_KEY (or, in a file, AUDIT_SIGNING_KEY_FILE, which may hold the whole output), and
its public key for --key and AUDIT_TRUSTED_KEYS.`,

  async run(args, context) {
    readOptions(args, {});
    const key = generateSigningKey();
    await context.write(printPrivateKey(key));
    await context.write(printPublicKey(key));
    await context.print(`Public key: ${publicKeyOf(key)}`);
    return 0;
  },
};
