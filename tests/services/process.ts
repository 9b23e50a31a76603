import { createServer } from "node:net";

/** Below what the system gives to outgoing connections, any of which could take a port before its server does. */
const PORTS = { first: 10_000, count: 20_000 };

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(attempts = 20): Promise<number> {
  const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const server = createServer();
  server.once("error", resolve);
  server.listen(port, "127.0.0.1", () => server.close(resolve));
  const error = await promise;
  if (!error) return port;
  if (attempts === 1) throw error;
  return await freePort(attempts - 1);
}

/** The first of the paths that exists. @throws when none does: a missing service fails the tests, it skips nothing. */
export function findBinary(name: string, candidates: readonly string[]): string {
  for (const path of candidates) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch { /* The next one. */ }
  }
  throw new Error(`Cannot find ${name} in ${candidates.join(", ")}: install it (see .ci/run)`);
}

/** A child process of a test, with what it printed. */
export interface Service extends AsyncDisposable {
  readonly pid: number;
  /** Standard output and error so far. */
  output(): string;
  /** Resolves when the output holds `text`. @throws when it ends first or takes over `timeoutMs`. */
  printed(text: string | RegExp, timeoutMs?: number): Promise<void>;
  signal(signal: Deno.Signal): void;
  readonly status: Promise<Deno.CommandStatus>;
}

/** Starts a program; disposing it sends SIGTERM, then SIGKILL after 10 s, to that pid alone. */
export function startService(
  command: string,
  options: { args: string[]; env?: Record<string, string>; cwd?: string; clearEnv?: boolean },
): Service {
  const child = new Deno.Command(command, { ...options, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  let output = "";
  let ended = false;
  const waiters = new Set<() => void>();
  const wake = () => waiters.forEach((waiter) => waiter());
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      output += decoder.decode(chunk, { stream: true });
      wake();
    }
  };
  const closed = Promise.all([read(child.stdout), read(child.stderr), child.status]).then(() => {
    ended = true;
    wake();
  });
  const signal = (name: Deno.Signal) => {
    try {
      child.kill(name);
    } catch { /* It has ended already. */ }
  };
  return {
    pid: child.pid,
    status: child.status,
    output: () => output,
    signal,
    async printed(text, timeoutMs = 20_000) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const words = typeof text === "string" ? JSON.stringify(text) : String(text);
      const check = () => {
        if (typeof text === "string" ? output.includes(text) : text.test(output)) resolve();
        else if (ended) reject(new Error(`${command} ended before it printed ${words}:\n${output}`));
      };
      const timer = setTimeout(
        () => reject(new Error(`${command} did not print ${words} in ${timeoutMs} ms:\n${output}`)),
        timeoutMs,
      );
      waiters.add(check);
      check();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        waiters.delete(check);
      }
    },
    async [Symbol.asyncDispose]() {
      signal("SIGCONT");
      signal("SIGTERM");
      const timer = setTimeout(() => signal("SIGKILL"), 10_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Resolves when something listens on the port. @throws after `timeoutMs`. */
export async function listening(port: number, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`Nothing listens on port ${port}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
