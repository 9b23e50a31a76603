import { findBinary, freePort, listening, startService } from "./process.ts";
import { asPostgresUser, giveToPostgres } from "./postgres_cluster.ts";
import type { PostgresService } from "./postgres.ts";

/** A real PgBouncer in transaction mode before a Postgres of the test, with few connections to it. */
export interface PgBouncerService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** What it logged. */
  output(): string;
}

/** Connections to Postgres, whatever the number of clients. */
const POOL_SIZE = 2;

export async function startPgBouncer(postgres: PostgresService): Promise<PgBouncerService> {
  const binary = findBinary("pgbouncer", ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/usr/bin/pgbouncer"]);
  const port = await freePort();
  const folder = await Deno.makeTempDir({ prefix: "pgbouncer-" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const [config, users] = [`${folder}/pgbouncer.ini`, `${folder}/users.txt`];
  await Deno.writeTextFile(
    config,
    [
      "[databases]",
      `* = host=127.0.0.1 port=${postgres.port}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = scram-sha-256",
      `auth_file = ${users}`,
      "pool_mode = transaction",
      `default_pool_size = ${POOL_SIZE}`,
      "",
    ].join("\n"),
  );
  await Deno.writeTextFile(users, `"${postgres.user}" "${postgres.password}"\n`);
  await giveToPostgres(folder, config, users);
  const [command, args] = asPostgresUser(binary, [config]);
  const service = stack.use(startService(command, { args, cwd: "/" }));
  await listening(port);
  const owned = stack.move();
  return {
    url: postgres.url.replace(`:${postgres.port}/`, `:${port}/`),
    port,
    output: () => service.output(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
