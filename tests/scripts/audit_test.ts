import assert from "node:assert/strict";
import { createSigner } from "../../storage/audit/signing.ts";
import { generateSigningKey, printPrivateKey, printPublicKey } from "../../storage/audit/signing_key.ts";
import { type Checkpoint, CHECKPOINT_MESSAGE, checkpointFields } from "../../storage/audit/checkpoint.ts";
import { createEmbeddedAuditStore } from "../../storage/embedded/audit_store.ts";
import { openDatabase } from "../../storage/embedded/database.ts";
import { keepSigningKey } from "../../storage/embedded/signing_key_file.ts";
import { newSigner, STARTED_MS, writeChain } from "../contracts/audit_chains.ts";
import { entryWith } from "../contracts/audit_entries.ts";
import { createChain } from "../../storage/audit/chain.ts";
import deno from "../../deno.json" with { type: "json" };
import { SERVER_FLAGS } from "../services/server.ts";
import { auditTask } from "../../scripts/audit/task.ts";
import { runAudit } from "./audit.ts";
import { runHere } from "./here.ts";

/** An embedded log of one chain, with the key beside it. */
async function openLog() {
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  const signer = createSigner(keepSigningKey(folder));
  const database = openDatabase(folder);
  const store = createEmbeddedAuditStore(database);
  const chain = writeChain(signer, 10);
  await store.write(chain.records);
  const logFile = `${folder}/server.log`;
  await Deno.writeTextFile(logFile, linesOf(chain.checkpointAt(4), chain.checkpointAt(8)));
  return {
    folder,
    database,
    store,
    signer,
    chain,
    logFile,
    run: (...args: string[]) => runAudit(args, { DATA_DIR: folder }),
    async [Symbol.asyncDispose]() {
      database.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A log as a server writes it, other lines among them. */
function linesOf(...checkpoints: readonly Checkpoint[]): string {
  const lines = checkpoints.flatMap((checkpoint) => [
    "INFO: Connected to Redis: redis-mcp:6379",
    JSON.stringify({
      time: "2026-11-22T10:00:00.000Z",
      level: "info",
      message: CHECKPOINT_MESSAGE,
      ...checkpointFields(checkpoint),
    }),
  ]);
  return `${lines.join("\n")}\nERROR: ${"x".repeat(200_000)}\nlast line without its end`;
}

Deno.test("the task audit has the rights of a server, no more", () => {
  assert.equal(deno.tasks.audit.command, `deno run ${SERVER_FLAGS.join(" ")} scripts/audit.ts`);
});

Deno.test("audit tells what it can do, and refuses what it cannot in words", async (t) => {
  const settings = { DATA_DIR: "/nowhere" };
  for (const args of [[], ["--help"], ["-h"], ["verify", "--help"], ["export", "-h"]]) {
    await t.step(`${args.join(" ") || "nothing"} prints help`, async () => {
      const { code, stdout } = await runHere(auditTask, args, settings);
      assert.equal(code, 0);
      assert.match(stdout, /deno task audit/);
    });
  }
  const refused: readonly (readonly [args: readonly string[], words: RegExp])[] = [
    [["destroy"], /Unknown command "destroy"/],
    [["constructor"], /Unknown command "constructor"/],
    [["verify", "--wrong"], /Unknown option '--wrong'/],
    [["verify", "more"], /Unexpected argument 'more'/],
    [["verify", "--since", "yesterday"], /Invalid --since "yesterday": expected a day such as/],
    [["verify", "--since", "2026-13-01"], /Invalid --since/],
    [["verify", "--key", "/nowhere"], /^ERROR: Cannot read --key "\/nowhere": No such file/],
    [["verify", "--checkpoints", "/nowhere"], /^ERROR: Cannot read --checkpoints "\/nowhere": No such file/],
    [["verify"], /Cannot open the embedded database in DATA_DIR "\/nowhere"/],
    [["export"], /Invalid --format "": expected jsonl or csv/],
    [["export", "--format", "xml"], /Invalid --format "xml"/],
    [["retain"], /expected --days N/],
    [["retain", "--days", "0"], /Invalid --days "0": expected a whole number from 1 to 36500/],
    [["retain", "--days", "30"], /Cannot sign tombstones: expected AUDIT_SIGNING_KEY/],
    [["migrate", "--app-role", "x"], /The embedded log has no roles/],
  ];
  for (const [args, words] of refused) {
    await t.step(`${args.join(" ")} ends with 2`, async () => {
      const { code, stdout, stderr } = await runHere(auditTask, args, settings);
      assert.equal(code, 2, stdout);
      assert.match(stderr, words);
      assert.equal(stdout, "");
    });
  }
  await t.step("a wrong setting ends with 2 and is named, a secret one without its value", async () => {
    const { code, stderr } = await runAudit(["verify"], { ...settings, AUDIT_SIGNING_KEY: "hunter2" });
    assert.equal(code, 2);
    assert.match(stderr, /Invalid setting AUDIT_SIGNING_KEY: expected an Ed25519 private key/);
    assert(!stderr.includes("hunter2"));
  });
});

Deno.test("audit verify", async (t) => {
  await using log = await openLog();
  const { chain, signer, logFile, run } = log;

  await t.step("a log that nobody touched ends with 0, and says what is anchored", async () => {
    const { code, stdout } = await run("verify", "--checkpoints", logFile);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^Verified 10 records in 1 chain of the embedded log in /);
    assert.match(stdout, /Up to their chain's last checkpoint: 8\. Behind it, unanchored: 2/);
    assert.match(stdout, new RegExp(`Trusted keys: ${signer.publicKey}`));
    assert.match(stdout, new RegExp(`Without an orderly closing.*: ${chain.id}`));
    assert.match(stdout, /OK: nothing was changed, removed, inserted or reordered\n$/);
  });

  await t.step("the same as JSON", async () => {
    const { code, stdout } = await run("verify", "--json", "--checkpoints", logFile, "--since", "2024-01-15T10:35:05Z");
    assert.equal(code, 0);
    const { source, heads, ...report } = JSON.parse(stdout);
    assert.equal(source, `the embedded log in ${log.folder}`);
    assert.deepEqual(heads, { [chain.id]: { seq: 10, hash: chain.records[9]?.hash } });
    assert.deepEqual(report, {
      ok: true,
      since: "2024-01-15T10:35:05Z",
      checkpoints: 2,
      trustedKeys: [signer.publicKey],
      records: 5,
      chains: 1,
      removed: 0,
      unanchored: 2,
      unclosed: [chain.id],
      findings: [],
      openIntents: [],
      findingCount: 0,
    });
  });

  await t.step("without checkpoints or keys it says what does not show", async () => {
    await Deno.rename(`${log.folder}/audit-signing-key.pem`, `${log.folder}/key.pem`);
    const { code, stdout } = await run("verify");
    await Deno.rename(`${log.folder}/key.pem`, `${log.folder}/audit-signing-key.pem`);
    assert.equal(code, 0);
    assert.match(stdout, /Unanchored: all, since no checkpoints were given/);
    assert.match(stdout, /Trusted keys: none given/);
  });

  await t.step("a file without a checkpoint is refused, and so is a file without a key", async () => {
    const empty = `${log.folder}/empty`;
    await Deno.writeTextFile(empty, "INFO: MCP Server starting...\n");
    assert.match((await run("verify", "--checkpoints", empty)).stderr, /Found no checkpoint in ".*empty"/);
    assert.equal((await run("verify", "--checkpoints", empty)).code, 2);
    assert.match((await run("verify", "--key", empty)).stderr, /Invalid --key/);
  });

  await t.step("another's key does not do", async () => {
    const other = `${log.folder}/other.pem`;
    await Deno.writeTextFile(other, printPublicKey(generateSigningKey()));
    const { code, stdout } = await run("verify", "--key", other);
    assert.equal(code, 1);
    assert.match(stdout, /forged: chain .*which is no trusted key/);
    const both = await run("verify", "--key", other, "--key", `${log.folder}/audit-signing-key.pem`);
    assert.equal(both.code, 0, both.stdout);
  });

  await t.step("a checkpoint line that was edited is found", async () => {
    const edited = `${log.folder}/edited.log`;
    await Deno.writeTextFile(edited, linesOf({ ...chain.checkpointAt(8), seq: 9 }));
    const { code, stdout } = await run("verify", "--checkpoints", edited);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /TAMPERING FOUND, in 1 place\. The first:\n {2}forged: chain \S+ seq 9: The signature of the checkpoint/,
    );
  });

  await t.step("what was done is found, with 1, and the first record is named", async () => {
    log.database.exec("DROP TRIGGER audit_logs_no_update; UPDATE audit_logs SET principal = 'x' WHERE seq IN (3, 6)");
    const { code, stdout } = await run("verify");
    assert.equal(code, 1);
    const record = chain.records[2];
    const first = `  changed: chain ${chain.id} seq 3 (id 3, event ${record?.eventId}): Expected hash `;
    assert(stdout.includes(`TAMPERING FOUND, in 2 places. The first:\n${first}`), stdout);
    const json = await run("verify", "--json");
    assert.equal(json.code, 1);
    const { ok, findings } = JSON.parse(json.stdout);
    assert.equal(ok, false);
    assert.deepEqual(findings.map(({ seq, id }: { seq: number; id: number }) => [seq, id]), [[3, 3], [6, 6]]);
  });
});

Deno.test("audit export", async (t) => {
  await using log = await openLog();
  const awkward = createChain("awkward", undefined).seal([
    entryWith({
      principal: "=1+1",
      clientName: 'a "quoted", name',
      clientVersion: "",
      session: undefined,
      params: "-1\r\n\t",
    }),
    entryWith({ principal: "@x", method: "+x", replica: "-x", errorCode: -32603, timestampMs: STARTED_MS + 3_600_000 }),
  ]);
  await log.store.write(awkward);

  await t.step("jsonl gives every record as it is, in the order of the ids", async () => {
    const { code, stdout } = await log.run("export", "--format", "jsonl");
    assert.equal(code, 0);
    const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(rows.map(({ id }) => id), Array.from({ length: 12 }, (_, i) => i + 1));
    const row = rows[10];
    assert.deepEqual([row.principal, row.client_name, row.client_version, row.session, row.params], [
      "=1+1",
      'a "quoted", name',
      "",
      null,
      "-1\r\n\t",
    ]);
    assert.equal(rows[0].hash, log.chain.records[0]?.hash);
    assert.equal(rows[0].timestamp, "2024-01-15 10:35:00.000");
  });

  await t.step("csv is RFC 4180, and no cell is a formula", async () => {
    const { stdout } = await log.run("export", "--format", "csv");
    const [head, ...rows] = parseCsv(stdout);
    assert.equal(rows.length, 12);
    const row = (i: number) => Object.fromEntries((head ?? []).map((name, at) => [name, rows[i]?.[at]]));
    assert.deepEqual(
      [row(10)["principal"], row(10)["client_name"], row(10)["params"], row(11)["method"], row(11)["error_code"]],
      ["'=1+1", 'a "quoted", name', "'-1\r\n\t", "'+x", "-32603"],
    );
    // NULL and empty text are told apart by the quotes alone.
    assert(stdout.includes(',"a ""quoted"", name","",'));
    for (const cells of rows) {
      for (const cell of cells) assert(!/^[=+@\t\r]/.test(cell) && !/^-(?!\d+$)/.test(cell), cell);
    }
  });

  await t.step("only what came in some time", async () => {
    const ids = async (...args: string[]) => {
      const { stdout } = await log.run("export", "--format", "jsonl", ...args);
      return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).id);
    };
    assert.deepEqual(await ids("--since", "2024-01-15T10:35:08Z", "--until", "2024-01-15T10:35:23.456Z"), [9, 10]);
    assert.deepEqual(await ids("--since", "2024-01-15T12:35:00+01:00"), [12]);
    assert.deepEqual(await ids("--until", "2024-01-15"), []);
  });

  await t.step("a reader that has seen enough ends it without noise", async () => {
    const big = createChain("big").seal(Array.from({ length: 3000 }, () => entryWith({ result: "x".repeat(1000) })));
    await log.store.write(big);
    const command = `'${Deno.execPath()}' run -A --quiet scripts/audit.ts export --format jsonl | head -n 1 | wc -l`;
    const { stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", command],
      cwd: new URL("../..", import.meta.url).pathname,
      env: { DATA_DIR: log.folder },
    }).output();
    assert.deepEqual([new TextDecoder().decode(stdout).trim(), new TextDecoder().decode(stderr)], ["1", ""]);
  });
});

Deno.test("audit retain removes what is old, and what stays verifies against checkpoints of before", async () => {
  await using log = await openLog();
  const young = writeChain(log.signer, 3, Date.now());
  await log.store.write(young.records);
  const dry = await log.run("retain", "--days", "30", "--dry-run");
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, new RegExp(`^Would remove 10 records of chain ${log.chain.id}, through seq 10\\n`));
  const { code, stdout } = await runAudit(["retain"], { DATA_DIR: log.folder, AUDIT_RETENTION_DAYS: "30" });
  assert.equal(code, 0);
  assert.match(stdout, /\nRemoved 10 records from before \S+Z, kept 0 chains that do not verify\n$/);
  const verified = await log.run("verify", "--json", "--checkpoints", log.logFile);
  const { ok, records, removed } = JSON.parse(verified.stdout);
  assert.deepEqual([ok, records, removed], [true, 3, 10]);
  // Whoever cannot sign cannot retain either.
  const forged = writeChain(newSigner(), 2);
  await log.store.write(forged.records);
  const refused = await log.run("retain", "--days", "30");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`Kept chain ${forged.id}, which does not verify: forged: `));
});

Deno.test("audit keygen prints a pair that signs and verifies", async () => {
  const { code, stdout } = await runAudit(["keygen"], {});
  assert.equal(code, 0);
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  try {
    await Deno.writeTextFile(`${folder}/pair`, stdout);
    const publicKey = /^Public key: ([0-9a-f]{64})$/m.exec(stdout)?.[1];
    assert(publicKey);
    openDatabase(folder).close();
    const settings = { DATA_DIR: folder, AUDIT_SIGNING_KEY_FILE: `${folder}/pair` };
    assert.equal((await runAudit(["migrate"], settings)).code, 0);
    const { stdout: report } = await runAudit(["verify", "--json"], settings);
    assert.deepEqual(JSON.parse(report).trustedKeys, [publicKey]);
    const { stdout: given } = await runAudit(["verify", "--json", "--key", `${folder}/pair`], { DATA_DIR: folder });
    assert.deepEqual(new Set(JSON.parse(given).trustedKeys), new Set([publicKey]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the key that is kept beside the embedded log is its owner's alone, and stays", async () => {
  const folder = await Deno.makeTempDir({ prefix: "audit-" });
  try {
    const [one, two] = [keepSigningKey(`${folder}/new`), keepSigningKey(`${folder}/new`)];
    assert.equal(printPrivateKey(one), printPrivateKey(two));
    const { mode } = await Deno.stat(`${folder}/new/audit-signing-key.pem`);
    assert.equal((mode ?? 0) & 0o777, 0o600);
    assert.deepEqual(Array.from(Deno.readDirSync(`${folder}/new`), ({ name }) => name), ["audit-signing-key.pem"]);
    await Deno.writeTextFile(`${folder}/new/audit-signing-key.pem`, "");
    assert.throws(() => keepSigningKey(`${folder}/new`), /expected an Ed25519 private key in PEM/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Cells by RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? bare ?? "" : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
