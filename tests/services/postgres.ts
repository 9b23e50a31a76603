import {
  asPostgresUser,
  copyFrom,
  findBinaries,
  giveToPostgres,
  processTree,
  run,
  signalProcess,
} from "./postgres_cluster.ts";
import { INITIAL_PASSWORD, initialize } from "./postgres_template.ts";
import { freePort, type Service, startService } from "./process.ts";

export interface PostgresOptions {
  /** Settings of the server, such as `log_statement=all`. */
  readonly settings?: readonly string[];
  /** Certificate and key in PEM: TLS is then on, beside plain text. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** The primary that it follows, as a standby with the same users and databases. */
  readonly standbyOf?: PostgresService;
  /** Where its folder is made; among the temporary ones where left out. */
  readonly parent?: string;
}

export interface PsqlOptions {
  /** `aiagent` where left out; `postgres` is the superuser, with the same password. */
  readonly user?: string;
  readonly database?: string;
}

/** A real Postgres of the test's own on a free port of 127.0.0.1: user `aiagent`, database `mcpaudit`. */
export interface PostgresService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** What the server logged since it was last started. */
  output(): string;
  /**
   * What the real psql prints for a command, as `psql -c` does, or for a list of arguments.
   * @throws with what psql said when it fails.
   */
  psql(command: string | readonly string[], options?: PsqlOptions): Promise<string>;
  /** Makes a further database of the user's own, and gives its URL. */
  createDatabase(name: string): Promise<string>;
  /** Signals the postmaster alone. */
  signal(signal: Deno.Signal): void;
  /** SIGSTOP to all of it: connections stay open, new ones are taken by the kernel, and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL to all of it, as when its node dies. */
  kill(): Promise<void>;
  /** Starts it anew after `kill`, on the same port and data. */
  restart(): Promise<void>;
}

/** Starts a Postgres that keeps what it commits; disposing stops it by its pid and removes its folder. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresService> {
  const binaries = findBinaries();
  const folder = await Deno.makeTempDir({
    prefix: "postgres-",
    ...(options.parent !== undefined && { dir: options.parent }),
  });
  const port = await freePort();
  const [user, database] = ["aiagent", "mcpaudit"];
  const password = options.standbyOf?.password ?? crypto.randomUUID();
  let server: Service | undefined;

  const runPsql = (command: string | readonly string[], as: PsqlOptions, userPassword: string) => {
    const target = ["-X", "-h", "127.0.0.1", "-p", `${port}`, "-U", as.user ?? user, "-d", as.database ?? database];
    const args = typeof command === "string" ? ["-c", command] : command;
    return run(binaries.psql, [...target, ...args], { PGPASSWORD: userPassword, PGCONNECT_TIMEOUT: "10" });
  };
  const psql = (command: string | readonly string[], as: PsqlOptions = {}) => runPsql(command, as, password);

  const start = async () => {
    const settings = [
      "listen_addresses=127.0.0.1",
      `port=${port}`,
      `unix_socket_directories=${folder}`,
      "shared_buffers=32MB",
      ...(options.tls ? ["ssl=on", `ssl_cert_file=${folder}/tls.crt`, `ssl_key_file=${folder}/tls.key`] : []),
      ...options.settings ?? [],
    ].flatMap((setting) => ["-c", setting]);
    const [command, args] = asPostgresUser(binaries.postgres, ["-D", `${folder}/data`, ...settings]);
    server = startService(command, { args, cwd: "/" });
    await server.printed(/database system is ready to accept (read-only )?connections/);
  };

  const postmaster = () => {
    if (server === undefined) throw new Error("Postgres was not started");
    return server;
  };

  const signalAll = (signal: Deno.Signal) => {
    // The postmaster stands still first, so that no child comes after they are listed.
    postmaster().signal("SIGSTOP");
    for (const pid of processTree(postmaster().pid)) signalProcess(pid, signal);
  };

  const stop = async () => {
    if (server !== undefined) {
      signalAll("SIGCONT");
      // Postgres' immediate shutdown: SIGTERM waits until every client has left, SIGINT writes out what goes away here.
      server.signal("SIGQUIT");
      await server[Symbol.asyncDispose]();
    }
    await Deno.remove(folder, { recursive: true });
  };

  try {
    if (options.standbyOf) await copyFrom(binaries, folder, options.standbyOf.port, password);
    else await initialize(binaries, folder);
    if (options.tls) {
      const files = [`${folder}/tls.crt`, `${folder}/tls.key`] as const;
      await Deno.writeTextFile(files[0], options.tls.certificate);
      await Deno.writeTextFile(files[1], options.tls.key, { mode: 0o600 });
      await giveToPostgres(...files);
    }
    await start();
    if (!options.standbyOf) {
      const commands = [
        `ALTER ROLE postgres PASSWORD '${password}'`,
        `CREATE ROLE ${user} LOGIN PASSWORD '${password}'`,
        `CREATE DATABASE ${database} OWNER ${user}`,
      ].flatMap((command) => ["-c", command]);
      await runPsql(commands, { user: "postgres", database: "postgres" }, INITIAL_PASSWORD);
    }
  } catch (error) {
    await stop();
    throw error;
  }

  const urlOf = (name: string) => `postgres://${user}:${password}@127.0.0.1:${port}/${name}`;
  return {
    url: urlOf(database),
    port,
    user,
    password,
    database,
    output: () => postmaster().output(),
    psql,
    async createDatabase(name) {
      await psql(`CREATE DATABASE ${name} OWNER ${user}`, { user: "postgres", database: "postgres" });
      return urlOf(name);
    },
    signal: (signal) => postmaster().signal(signal),
    freeze: () => signalAll("SIGSTOP"),
    thaw: () => signalAll("SIGCONT"),
    async kill() {
      const killed = postmaster();
      signalAll("SIGKILL");
      server = undefined;
      await killed[Symbol.asyncDispose]();
    },
    restart: start,
    [Symbol.asyncDispose]: stop,
  };
}
