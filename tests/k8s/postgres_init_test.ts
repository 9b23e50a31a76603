import assert from "node:assert/strict";
import { z } from "zod";
import { openPostgres } from "../../storage/postgres/connection.ts";
import { migrate, readMigrations } from "../../storage/postgres/migrate.ts";
import { testBeside } from "../services/beside.ts";
import { startPostgres } from "../services/postgres.ts";
import { findBinaries, run } from "../services/postgres_cluster.ts";
import { ROOT } from "../services/server.ts";
import { configMaps, withEntries } from "./config_maps.ts";
import { find, readManifest } from "./objects.ts";

Deno.test("what ConfigMaps repeat is what the files say: else run `deno run -A tests/k8s/config_maps.ts`", async () => {
  for (const source of await configMaps()) {
    assert.equal(await Deno.readTextFile(`${ROOT}${source.manifest}`), await withEntries(source), source.manifest);
  }
});

const initial = z.record(z.string(), z.string())
  .parse(find(await readManifest("k8s/postgres.yaml"), "ConfigMap", "postgres-init")["data"]);

Deno.test("the init ConfigMap has every migration under its name, to the letter", async () => {
  const migrations = await readMigrations();
  assert.deepEqual(initial, Object.fromEntries(migrations.map(({ name, sql }) => [`${name}.sql`, sql])));
});

testBeside("a database that the init scripts made is one that the server migrates without effect", async () => {
  await using postgres = await startPostgres();
  const urls = [await postgres.createDatabase("scripts_first"), await postgres.createDatabase("server_alone")];
  const file = await Deno.makeTempFile({ suffix: ".sql" });
  try {
    // As the image's entry point does: psql, in the order of the names, stopping at the first error.
    for (const name of Object.keys(initial).sort()) {
      await Deno.writeTextFile(file, initial[name] ?? "");
      await postgres.psql(["-v", "ON_ERROR_STOP=1", "-q", "-f", file], { database: "scripts_first" });
    }
  } finally {
    await Deno.remove(file);
  }
  assert.match(
    await postgres.psql("\\dt", { database: "scripts_first" }),
    /public \| audit_logs \| table \| aiagent\n\(1 row/,
  );
  for (const url of urls) {
    await using connection = openPostgres(url, { onState: () => {}, environment: {} });
    assert.equal((await migrate(connection)).length, Object.keys(initial).length);
  }
  const [scripts, server] = await Promise.all(urls.map(schemaOf));
  assert.match(scripts ?? "", /CREATE TABLE public\.audit_logs/);
  assert.equal(scripts, server);
});

/** What pg_dump says of a database's schema, without its key against injection, which is made anew each time. */
async function schemaOf(url: string): Promise<string> {
  const dump = findBinaries().psql.replace(/psql$/, "pg_dump");
  return (await run(dump, ["--schema-only", "--dbname", url])).replaceAll(/^\\(un)?restrict .*$/gm, "");
}
