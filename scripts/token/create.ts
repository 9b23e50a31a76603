import type { Command } from "../command_line.ts";
import { readOptions } from "../options.ts";
import { GRANT_OPTIONS, readGrant } from "./grant.ts";
import { issueToken, printIssued, SHOWN_ONCE } from "./issue.ts";
import { listed } from "./listing.ts";
import { openTokenSource } from "./source.ts";

export const create: Command = {
  summary: "make a key, and print it this once",
  help: `deno task token create --name NAME --role ROLE… [--expires END] [--json]

  --name NAME    the principal that the key stands for; several keys may have one name
  --role ROLE    what it may do, as the policy has it: viewer, operator or admin where POLICY_FILE says nothing else
  --expires END  90d (the default), another duration in s, m, h or d, a day such as 2027-11-22 (midnight UTC), a time
                 such as 2027-11-22T10:30:00Z, or never
  --json         the key and what is kept of it as one JSON object

The key alone goes to standard output, what is to be known about it to standard error. It works at once.

Exit code: 0 = it is made, 2 = it is not`,

  async run(args, context) {
    const { json, ...given } = readOptions(args, { ...GRANT_OPTIONS, json: { type: "boolean" } });
    const nowMs = context.now();
    const grant = readGrant(given, nowMs);
    await using source = openTokenSource(context.settings(), context);
    const issued = await issueToken(source.store, grant, nowMs);
    if (json) {
      await context.print(JSON.stringify({ ...listed(issued.token, nowMs), key: issued.key }));
      context.warn(SHOWN_ONCE);
    } else await printIssued(issued, source.name, context);
    return 0;
  },
};
