/** How a program of a test ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 60_000;

/**
 * Runs a program by Deno to its end; after 60 s, or when the signal aborts, it is killed.
 *
 * @param cwd takes what the program keeps for its user too; Deno's cache stays where it is
 */
export async function runDeno(args: readonly string[], cwd: string, input = "", signal?: AbortSignal): Promise<Ended> {
  const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  const env = { HOME: cwd, DENO_DIR: cache };
  const child = new Deno.Command(Deno.execPath(), {
    ...{ args: [...args], cwd, env },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const kill = () => child.kill("SIGKILL");
  const timer = setTimeout(kill, TIMEOUT_MS);
  signal?.addEventListener("abort", kill);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  signal?.removeEventListener("abort", kill);
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
