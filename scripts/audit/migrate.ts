import type { Command } from "../command_line.ts";
import { readOptions } from "../options.ts";
import { openAuditSource } from "./source.ts";

export const migrate: Command = {
  summary: "bring the audit log's tables up to date, as the role that owns them",
  help: `deno task audit migrate [--app-role NAME]

  --app-role NAME  the role that the servers run as: it is left with the right to insert and read, and nothing else

A server whose role may create tables migrates by itself at its start. storage/postgres/roles.sql makes the two roles.

Exit code: 0 = up to date, 2 = not`,

  async run(args, context) {
    const options = readOptions(args, { "app-role": { type: "string" } });
    await using source = openAuditSource(context.settings());
    for (const line of await source.migrate(options["app-role"])) await context.print(line);
    await context.print(`The tables are up to date: ${source.name}`);
    return 0;
  },
};
