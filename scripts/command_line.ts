import { readSettings, SettingError, type Settings } from "../server/settings.ts";
import { StorageError } from "../storage/errors.ts";
import { UsageError } from "./options.ts";

/** What a command acts with. */
export interface CommandContext {
  /** @throws {SettingError} when one is wrong */
  readonly settings: () => Settings;
  readonly now: () => number;
  /** Prints a line on standard output, and waits until it is taken. */
  readonly print: (line: string) => Promise<void>;
  /** Prints text on standard output as it stands. */
  readonly write: (text: string) => Promise<void>;
  /** Prints a line on standard error. */
  readonly warn: (line: string) => void;
}

/** 0 = fine, 1 = done, and the answer is no, 2 = it could not be done; a command's help says more. */
export type ExitCode = 0 | 1 | 2;

/** One word behind the name of a task. */
export interface Command {
  /** One line. */
  readonly summary: string;
  readonly help: string;
  run(args: readonly string[], context: CommandContext): Promise<ExitCode>;
}

/** A task of several commands. */
export interface Task {
  readonly name: string;
  readonly commands: Readonly<Record<string, Command>>;
  /** What its help says after the list of commands. */
  readonly about: string;
  /** What goes to standard error goes through here first. */
  readonly hide?: (text: string) => string;
}

/** Runs the command that was typed, and ends the process. */
export async function runTask(task: Task, args: readonly string[]): Promise<never> {
  Deno.exit(await performTask(task, args, openContext()));
}

/** Runs the command that was typed, in a process that goes on: what cannot be done is said in words. */
export async function performTask(task: Task, args: readonly string[], given: CommandContext): Promise<ExitCode> {
  const { hide = (text) => text } = task;
  const context = { ...given, warn: (line: string) => given.warn(hide(line)) };
  try {
    return await runCommand(task, args, context);
  } catch (error) {
    // Whoever read the output has seen enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) {
      const isExpected = [UsageError, SettingError, StorageError].some((kind) => error instanceof kind);
      context.warn(
        `ERROR: ${error instanceof Error && (isExpected || !error.stack) ? error.message : Deno.inspect(error)}`,
      );
    }
    return 2;
  }
}

async function runCommand({ name: task, commands, about }: Task, args: readonly string[], context: CommandContext) {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  const summaries = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)} ${summary}`);
  const help = `Usage: deno task ${task} <command> [options]\n\n${summaries.join("\n")}\n\n${about}`;
  const [name = "--help", ...options] = args;
  if (isHelp(name)) {
    await context.print(help);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`Unknown command ${JSON.stringify(name)}\n\n${help}`);
  if (options.some(isHelp)) {
    await context.print(command.help);
    return 0;
  }
  return await command.run(options, context);
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function openContext(): CommandContext {
  const output = Deno.stdout.writable.getWriter();
  const write = (text: string) => output.write(new TextEncoder().encode(text));
  return {
    settings: () => readSettings(Deno.env.toObject(), Deno.readTextFileSync),
    now: () => Date.now(),
    print: (line) => write(`${line}\n`),
    write,
    // deno-lint-ignore no-console -- What is not the command's output goes to standard error.
    warn: (line) => console.error(line),
  };
}
