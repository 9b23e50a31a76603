import { performTask, type Task } from "../../scripts/command_line.ts";
import { readSettings } from "../../server/settings.ts";

/** What a command did. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a task's command in this process: one of its own takes a third of a second of a processor to start. For what is
 * decided before a command does anything; that a process has the rights to do it, takes its standard input and ends with
 * the code is for tests that start one.
 */
export async function runHere(
  task: Task,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Run> {
  let stdout = "";
  let stderr = "";
  const write = (text: string) => {
    stdout += text;
    return Promise.resolve();
  };
  const code = await performTask(task, args, {
    settings: () => readSettings(settings, Deno.readTextFileSync),
    now: () => Date.now(),
    print: (line) => write(`${line}\n`),
    write,
    warn: (line) => void (stderr += `${line}\n`),
  });
  return { code, stdout, stderr };
}
