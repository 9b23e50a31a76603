import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";

/** What `deno task audit` did. */
export interface AuditRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `deno task audit`, with the task's own rights. */
export async function runAudit(args: readonly string[], settings: Record<string, string>): Promise<AuditRun> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}scripts/audit.ts`, ...args],
    env: { ...bareEnvironment(), NO_COLOR: "1", ...settings },
    clearEnv: true,
    cwd: ROOT,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
