import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";

/** What `deno task policy` did. */
export interface PolicyRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `deno task policy`, with the task's own rights. */
export async function runPolicy(args: readonly string[], settings: Record<string, string> = {}): Promise<PolicyRun> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}scripts/policy.ts`, ...args],
    env: { ...bareEnvironment(), NO_COLOR: "1", ...settings },
    clearEnv: true,
    cwd: ROOT,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
