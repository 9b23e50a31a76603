import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";

/** What `deno task token` did. */
export interface TokenRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `deno task token`, with the task's own rights. */
export async function runToken(
  args: readonly string[],
  settings: Record<string, string>,
  input?: string,
): Promise<TokenRun> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}scripts/token.ts`, ...args],
    env: { ...bareEnvironment(), NO_COLOR: "1", ...settings },
    clearEnv: true,
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // It may have ended, and want no input.
  const written = writer.write(new TextEncoder().encode(input ?? "")).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await written;
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
