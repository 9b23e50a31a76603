import assert from "node:assert/strict";
import { dirname } from "node:path";
import { generateSigningKey, printPrivateKey } from "../storage/audit/signing_key.ts";
import { findBinaries, run } from "./services/postgres_cluster.ts";
import { startPostgres } from "./services/postgres.ts";
import { startService } from "./services/process.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS, startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

const bin = dirname(findBinaries().psql);

/** As in docs/operate.md: dump, restore into an empty database, verify against what the server's log says. */
Deno.test("a restored audit log verifies against the checkpoints of the log, and a server goes on with it", async () => {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres());
  const folder = await Deno.makeTempDir({ prefix: "mcp-backup-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const AUDIT_SIGNING_KEY = printPrivateKey(generateSigningKey());
  const verify = async (url: string) => {
    const args = ["run", ...SERVER_FLAGS, `${ROOT}scripts/audit.ts`, "verify", "--checkpoints", `${folder}/server.log`];
    const env = { ...bareEnvironment(), DATABASE_URL: url, AUDIT_SIGNING_KEY };
    await using command = startService(Deno.execPath(), { args, env, clearEnv: true, cwd: ROOT });
    const { code } = await command.status;
    await command[Symbol.asyncDispose]();
    return { code, output: command.output() };
  };

  /** Calls a server on a database so often, and lets it stop. */
  const serve = async (url: string, calls: number) => {
    await using server = await startServer({ DATABASE_URL: url, AUDIT_SIGNING_KEY });
    await using socket = await openSocket(server.socketUrl);
    for (let call = 0; call < calls; call++) assert((await socket.call("ctx.get", { key: `${call}` })).result);
    server.signal("SIGTERM");
    assert.equal((await server.status).code, 0);
    await Deno.writeTextFile(`${folder}/server.log`, server.output(), { append: true });
  };

  await serve(postgres.url, 20);
  await run(`${bin}/pg_dump`, ["--format=custom", "--file", `${folder}/audit.dump`, postgres.url]);
  const restored = await postgres.createDatabase("restored");
  await run(`${bin}/pg_restore`, [
    ...["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"],
    ...["--dbname", restored, `${folder}/audit.dump`],
  ]);
  const whole = await verify(restored);
  assert.deepEqual([whole.code, /^Verified 20 records in 1 chain/m.test(whole.output)], [0, true], whole.output);

  await serve(restored, 5);
  const later = await verify(restored);
  assert.deepEqual([later.code, /^Verified 25 records in 2 chains/m.test(later.output)], [0, true], later.output);
  // What came after the dump is not in it, and the log knows.
  await serve(postgres.url, 3);
  const old = await verify(restored);
  assert.equal(old.code, 1, old.output);
});
