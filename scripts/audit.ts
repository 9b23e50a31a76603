import { readSettings, SettingError } from "../server/settings.ts";
import { StorageError } from "../storage/errors.ts";
import type { Command, CommandContext, ExitCode } from "./audit/command.ts";
import { exportRecords } from "./audit/export.ts";
import { keygen } from "./audit/keygen.ts";
import { migrate } from "./audit/migrate.ts";
import { UsageError } from "./audit/options.ts";
import { retainRecords } from "./audit/retain.ts";
import { verify } from "./audit/verify.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  verify,
  export: exportRecords,
  retain: retainRecords,
  migrate,
  keygen,
};

const HELP = `Usage: deno task audit <command> [options]

${Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`).join("\n")}

deno task audit <command> --help tells more; docs/audit.md tells all. The log is the one that the server's settings name:
DATABASE_URL or PGHOST and its kin, else DATA_DIR.`;

const output = Deno.stdout.writable.getWriter();
const write = (text: string) => output.write(new TextEncoder().encode(text));

const context: CommandContext = {
  settings: () => readSettings(Deno.env.toObject(), Deno.readTextFileSync),
  now: () => Date.now(),
  print: (line) => write(`${line}\n`),
  write,
  // deno-lint-ignore no-console -- What is not the command's output goes to standard error.
  warn: (line) => console.error(line),
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const [name = "--help", ...options] = args;
  if (name === "--help" || name === "-h") {
    await context.print(HELP);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`Unknown command ${JSON.stringify(name)}\n\n${HELP}`);
  if (options.includes("--help") || options.includes("-h")) {
    await context.print(command.help);
    return 0;
  }
  return await command.run(options, context);
}

try {
  Deno.exit(await run(Deno.args));
} catch (error) {
  // Whoever read the output has seen enough.
  if (!(error instanceof Deno.errors.BrokenPipe)) {
    const isExpected = [UsageError, SettingError, StorageError].some((kind) => error instanceof kind);
    context.warn(
      `ERROR: ${error instanceof Error && (isExpected || !error.stack) ? error.message : Deno.inspect(error)}`,
    );
  }
  Deno.exit(2);
}
