import type { Settings } from "../../server/settings.ts";

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

/** 0 = fine, 1 = the log is not what was written, 2 = it could not be told. */
export type ExitCode = 0 | 1 | 2;

/** One word behind `deno task audit`. */
export interface Command {
  /** One line. */
  readonly summary: string;
  readonly help: string;
  run(args: readonly string[], context: CommandContext): Promise<ExitCode>;
}
