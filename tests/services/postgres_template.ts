import { tmpdir } from "node:os";
import { asPostgresUser, giveToPostgres, type PostgresBinaries, run } from "./postgres_cluster.ts";

/** Of the superuser `postgres` in a new data folder: whoever starts a server on it sets another one. */
export const INITIAL_PASSWORD = "initial";

/**
 * Makes the data folder of a server. initdb takes more than a second of a processor, so it is run once for all tests:
 * this is a copy of what it made.
 */
export async function initialize(binaries: PostgresBinaries, folder: string): Promise<void> {
  await giveToPostgres(folder);
  await run("/usr/bin/cp", ["--archive", await findTemplate(binaries), `${folder}/data`]);
}

/** A data folder that no server has run on. It stays among the temporary folders, one for each version of Postgres. */
async function findTemplate(binaries: PostgresBinaries): Promise<string> {
  const [version = ""] = /\d+[.\d]*/.exec(await run(binaries.postgres, ["--version"])) ?? [];
  const template = `${tmpdir()}/mcp-tests-postgres-${version}-${Deno.uid()}`;
  if (await isOurs(template)) return `${template}/data`;
  const folder = await Deno.makeTempDir({ prefix: "postgres-template-" });
  try {
    await runInitdb(binaries, folder);
    // In one step, so that nobody finds half of it.
    await Deno.rename(folder, template);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    // Another test was faster.
    if (!await isOurs(template)) throw error;
  }
  return `${template}/data`;
}

/** Other users may write among the temporary folders too. */
async function isOurs(path: string): Promise<boolean> {
  try {
    const { isDirectory, uid } = await Deno.lstat(path);
    if (isDirectory && uid === Deno.uid()) return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  throw new Error(`Expected ${path} to be a folder of this user`);
}

async function runInitdb(binaries: PostgresBinaries, folder: string): Promise<void> {
  const [data, password] = [`${folder}/data`, `${folder}/password`];
  await Deno.mkdir(data);
  await Deno.writeTextFile(password, INITIAL_PASSWORD);
  await giveToPostgres(folder, data, password);
  const auth = ["-U", "postgres", "--auth=scram-sha-256", `--pwfile=${password}`];
  // `--no-sync` is for initdb alone: a machine that dies in a test takes the test with it. What is not copied is saved
  // in each test: a segment of the log has 16 MiB where nothing is said.
  const args = ["-D", data, ...auth, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=4"];
  await run(...asPostgresUser(binaries.initdb, args));
  await Deno.chown(folder, Deno.uid(), Deno.gid());
}
