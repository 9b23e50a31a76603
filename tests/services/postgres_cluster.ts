import { findBinary } from "./process.ts";

/** The programs of an installed Postgres, the newest where there are several. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly psql: string;
  readonly pg_basebackup: string;
}

/** @throws when Postgres is not installed. */
export function findBinaries(): PostgresBinaries {
  const root = "/usr/lib/postgresql";
  let versions: string[] = [];
  try {
    versions = Array.from(Deno.readDirSync(root), ({ name }) => name).sort((a, b) => Number(b) - Number(a));
  } catch { /* Not Debian's: then on the usual paths. */ }
  const folders = [...versions.map((version) => `${root}/${version}/bin`), "/usr/local/bin", "/usr/bin"];
  const find = (name: string) => findBinary(name, folders.map((folder) => `${folder}/${name}`));
  return {
    initdb: find("initdb"),
    postgres: find("postgres"),
    psql: find("psql"),
    pg_basebackup: find("pg_basebackup"),
  };
}

/** Postgres refuses to run as root: then it runs as the user `postgres`, in the same process (its pid is ours). */
export function asPostgresUser(command: string, args: readonly string[]): [command: string, args: string[]] {
  if (Deno.uid() !== 0) return [command, [...args]];
  return ["/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", command, ...args]];
}

/** Gives files to the user that Postgres runs as. */
export async function giveToPostgres(...paths: readonly string[]): Promise<void> {
  if (Deno.uid() === 0) await run("/usr/bin/chown", ["postgres:postgres", ...paths]);
}

/** Makes the data folder of a standby, which follows the primary on that port with the superuser's password. */
export async function copyFrom(binaries: PostgresBinaries, folder: string, port: number, password: string) {
  await giveToPostgres(folder);
  const from = ["-h", "127.0.0.1", "-p", `${port}`, "-U", "postgres", "--no-sync", "--checkpoint=fast"];
  const args = ["-D", `${folder}/data`, ...from, "--write-recovery-conf", "--wal-method=stream"];
  await run(...asPostgresUser(binaries.pg_basebackup, args), { PGPASSWORD: password });
}

/** Runs a program to its end. @throws with what it printed when it fails. */
export async function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const output = await new Deno.Command(command, { args: [...args], env, cwd: "/" }).output();
  const decoder = new TextDecoder();
  if (!output.success) throw new Error(`${command} failed: ${decoder.decode(output.stderr)}`);
  return decoder.decode(output.stdout);
}

/** A process and all below it; the process itself comes first. */
export function processTree(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (name) state parent …": the name may hold anything, so read from behind its last parenthesis.
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch { /* It has ended meanwhile. */ }
  }
  const tree = [pid];
  for (const parent of tree) {
    for (const [child, of] of parents) if (of === parent) tree.push(child);
  }
  return tree;
}

/** Signals a process of ours. */
export function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch { /* It has ended already. */ }
}
