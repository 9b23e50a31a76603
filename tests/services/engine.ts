/** A container of a test, on the host's network: its ports are this machine's. */
export interface Container extends AsyncDisposable {
  readonly id: string;
  /** Standard output and error so far. */
  output(): Promise<string>;
  /** Runs a program in it. */
  exec(command: readonly string[]): Promise<Ended>;
  /** SIGTERM, and SIGKILL 20 s later. @returns its exit code. */
  stop(): Promise<number>;
}

/** How a program ended, with all that it printed. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** The longest that one command may take: a build that fetches everything. */
const COMMAND_MS_MAX = 300_000;

/** Runs a program to its end, whatever its exit code. @throws where it is not installed. */
async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  try {
    const signal = AbortSignal.timeout(COMMAND_MS_MAX);
    const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], env, signal }).output();
    const [printed = "", said = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    return { code, printed, output: `${printed}\n${said}`.trim() };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`Cannot find ${program}: install it, and start a container engine (see .ci/run)`, { cause });
  }
}

/** Runs the engine's client, whatever its exit code. @throws where there is none. */
export function tryDocker(...args: readonly string[]): Promise<Ended> {
  return run("docker", args);
}

/** The same. @returns what it prints on standard output. @throws with what it said when it fails. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { code, printed, output } = await run("docker", args);
  if (code === 0) return printed;
  throw new Error(`docker ${args.join(" ")} ended with ${code}; it needs a container engine (see .ci/run): ${output}`);
}

/** Runs `docker compose`, or `docker-compose` where the engine's client does not know it. */
export async function compose(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { code } = await run("docker", ["compose", "version"]);
  return code === 0 ? await run("docker", ["compose", ...args], env) : await run("docker-compose", args, env);
}

/** What `docker inspect` says of an image or a container. */
// deno-lint-ignore no-explicit-any -- Tests look into what the engine prints.
export async function inspect(name: string): Promise<any> {
  const [found] = JSON.parse(await docker("inspect", name));
  return found;
}

/** Builds an image; its layers stay in the engine's cache. */
export async function buildImage(folder: string, tag: string, args: readonly string[] = []): Promise<void> {
  await docker("build", "--network=host", "--quiet", "--tag", tag, ...args, folder);
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Further options of `docker run`. */
  readonly options?: readonly string[];
  /** The image's own where left out. */
  readonly command?: readonly string[];
}

function runArguments(image: string, { env = {}, options = [], command = [] }: RunOptions): string[] {
  const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return ["--network=host", ...variables, ...options, image, ...command];
}

/** Runs a container to its end and removes it. */
export function runToEnd(image: string, options: RunOptions = {}): Promise<Ended> {
  return tryDocker("run", "--rm", ...runArguments(image, options));
}

/** Starts a container; disposing removes it and its unnamed volumes, by its id. */
export async function startContainer(image: string, options: RunOptions = {}): Promise<Container> {
  const id = await docker("run", "--detach", ...runArguments(image, options));
  return {
    id,
    output: async () => (await tryDocker("logs", id)).output,
    exec: (command) => tryDocker("exec", id, ...command),
    async stop() {
      await docker("stop", "--time=20", id);
      return (await inspect(id)).State.ExitCode;
    },
    async [Symbol.asyncDispose]() {
      await docker("rm", "--force", "--volumes", id);
    },
  };
}

/** Asks until the answer is there. @throws the last error after `timeoutMs`. */
export async function eventually<Answer>(ask: () => Promise<Answer>, timeoutMs = 60_000): Promise<Answer> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
