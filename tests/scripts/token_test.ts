import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { createApiKey, digestOf } from "../../server/auth/token/api_key.ts";
import { createTokenAuthenticator } from "../../server/auth/token/authenticator.ts";
import { openTokensFile } from "../../server/auth/token/watched_file.ts";
import { systemClock } from "../../storage/clock.ts";
import { openDatabase } from "../../storage/embedded/database.ts";
import { createEmbeddedTokenStore } from "../../storage/embedded/token_store.ts";
import { openRedis } from "../../storage/redis/connection.ts";
import { createRedisTokenStore } from "../../storage/redis/token_store.ts";
import type { TokenStore } from "../../storage/token_store.ts";
import { tokenRecord } from "../contracts/token_store.ts";
import { outcome } from "../server/auth/token/token_parts.ts";
import { SERVER_FLAGS } from "../services/server.ts";
import { freePort } from "../services/process.ts";
import { startRedis } from "../services/redis.ts";
import { tokenTask } from "../../scripts/token/task.ts";
import { runHere } from "./here.ts";
import { runToken } from "./token.ts";

const DAY_MS = 86_400_000;
const KEY = /^mcp_[a-z0-9]{16}_[\w-]{43}$/;

/** A store that is open in this process as in a server's, while the command line uses it. */
interface Opened extends AsyncDisposable {
  readonly store: TokenStore;
  /** Whether commands after the first run in this process: the other store has the same ones in processes of their own. */
  readonly inProcess: boolean;
  readonly settings: Record<string, string>;
  readonly place: RegExp;
}

const stores: Readonly<Record<string, () => Promise<Opened>>> = {
  async embedded() {
    const folder = await Deno.makeTempDir({ prefix: "tokens-" });
    const database = openDatabase(folder);
    return {
      store: createEmbeddedTokenStore(database, systemClock),
      inProcess: false,
      settings: { DATA_DIR: folder },
      place: /the embedded store in \S+/,
      async [Symbol.asyncDispose]() {
        database.close();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
  async redis() {
    await using stack = new AsyncDisposableStack();
    const service = stack.use(await startRedis());
    const redis = stack.use(openRedis(service.url, { onState: () => {} }));
    const owned = stack.move();
    return {
      store: createRedisTokenStore(redis, systemClock),
      inProcess: true,
      settings: { REDIS_URL: service.url },
      place: /Redis at 127\.0\.0\.1:\d+/,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  },
};

Deno.test("the task token has the rights of a server, no more", () => {
  assert.equal(deno.tasks.token.command, `deno run ${SERVER_FLAGS.join(" ")} scripts/token.ts`);
});

for (const [kind, open] of Object.entries(stores)) {
  Deno.test(`keys of the ${kind} store: created, listed, rotated, revoked, each at once for a running server`, async (t) => {
    await using opened = await open();
    const { store, settings, place, inProcess } = opened;
    const authenticator = createTokenAuthenticator({ store, file: undefined, clock: systemClock });
    const run = (...args: string[]) => inProcess ? runHere(tokenTask, args, settings) : runToken(args, settings);
    const verdict = async (key: string) => outcome(await authenticator.verify(key));
    let key = "";

    await t.step("create prints the key alone, and what is to be known beside it", async () => {
      const roles = ["--role", "viewer", "--role", "operator"];
      const { code, stdout, stderr } = await runToken(["create", "--name", "ci", ...roles], settings);
      assert.equal(code, 0, stderr);
      key = stdout.trimEnd();
      assert.match(key, KEY);
      const [token] = await store.list();
      assert(token);
      assert.deepEqual([token.name, token.roles, token.sha256], ["ci", ["viewer", "operator"], digestOf(key)]);
      assert.equal((token.expiresAtMs ?? 0) - token.createdAtMs, 90 * DAY_MS);
      assert.match(stderr, place);
      assert.match(
        stderr,
        new RegExp(`^Created API key ${token.id} of "ci" \\(viewer, operator\\), which ends 20\\S+Z in `),
      );
      assert.match(stderr, /shown this once/);
      assert(!stderr.includes(key.slice(21)));
      assert.equal(await verdict(key), "ci");
    });

    await t.step("list shows no key and no digest", async () => {
      await run("create", "--name", "other", "--role", "admin", "--expires", "never", "--json");
      const { code, stdout } = await run("list");
      assert.equal(code, 0);
      const rows = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
      assert.deepEqual(rows.map(([, ...cells]) => cells.map((cell) => cell.replace(/^20\S+Z$/, "TIME"))), [
        ["NAME", "ROLES", "CREATED", "EXPIRES", "STATE", "SOURCE"],
        ["ci", "viewer,operator", "TIME", "TIME", "active", "store"],
        ["other", "admin", "TIME", "never", "active", "store"],
      ]);
      assert(!stdout.includes(key.slice(21)) && !stdout.includes(digestOf(key)));
    });

    await t.step(
      "rotate makes a key with the same roles and lifetime, the old one ends after the overlap",
      async () => {
        const { code, stdout } = await run("rotate", "ci", "--overlap", "2s", "--json");
        assert.equal(code, 0);
        const rotated = JSON.parse(stdout);
        assert.match(rotated.key, KEY);
        assert.deepEqual([rotated.name, rotated.roles, rotated.state], ["ci", ["viewer", "operator"], "active"]);
        const [old, , renewed] = await store.list();
        assert(old && renewed);
        assert.deepEqual(rotated.ending, [old.id]);
        assert.equal(renewed.id, rotated.id);
        assert.equal((renewed.expiresAtMs ?? 0) - renewed.createdAtMs, 90 * DAY_MS);
        assert.equal((old.expiresAtMs ?? 0) - renewed.createdAtMs, 2000);
        assert.equal(await verdict(rotated.key), "ci");
        key = rotated.key;
      },
    );

    await t.step("two rotations that overlap: no end is put off", async () => {
      const before = await store.list();
      const { code, stdout, stderr } = await run("rotate", "ci", "--overlap", "7d", "--expires", "1h");
      assert.equal(code, 0);
      assert.match(stdout.trimEnd(), KEY);
      const [old, , renewed, third] = await store.list();
      assert.equal(old?.expiresAtMs, before[0]?.expiresAtMs, "the first rotation's overlap stays");
      assert.equal((renewed?.expiresAtMs ?? 0) - (third?.createdAtMs ?? 0), 7 * DAY_MS);
      assert.equal((third?.expiresAtMs ?? 0) - (third?.createdAtMs ?? 0), 3_600_000);
      assert.match(stderr, new RegExp(`API key ${renewed?.id} ends 20\\S+Z`));
    });

    await t.step("revoke by id takes one key, by name all, and says how many", async () => {
      const [, , renewed] = await store.list();
      const one = await run("revoke", renewed?.id ?? "");
      assert.equal(one.code, 0);
      assert.match(one.stdout, /\nRevoked 1 key in /);
      assert.equal(await store.find(renewed?.id ?? ""), undefined);
      const all = await run("revoke", "ci");
      assert.match(all.stdout, /\nRevoked 2 keys in /);
      assert.deepEqual((await store.list()).map(({ name }) => name), ["other"]);
      const none = await run("revoke", "ci");
      assert.equal(none.code, 1);
      assert.match(none.stderr, /^Found no API key with the id or name "ci" in /);
      const nobody = await run("rotate", "ci");
      assert.equal(nobody.code, 1);
      assert.match(nobody.stderr, /^Found no API key in force with the name "ci"/);
    });
  });
}

Deno.test("token tells what it can do, and refuses what it cannot in words", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "tokens-" });
  const settings = { DATA_DIR: folder };
  const { key, id } = createApiKey();
  try {
    for (const args of [[], ["--help"], ["create", "--help"], ["list", "-h"], ["revoke", "-h"], ["rotate", "-h"]]) {
      await t.step(`${args.join(" ") || "nothing"} prints help`, async () => {
        const { code, stdout } = await runHere(tokenTask, args, settings);
        assert.equal(code, 0);
        assert.match(stdout, /deno task token/);
      });
    }
    const granted = ["create", "--name", "ci", "--role", "viewer"];
    const refused: readonly (readonly [args: readonly string[], words: RegExp])[] = [
      [["destroy"], /^ERROR: Unknown command "destroy"/],
      [["constructor"], /Unknown command "constructor"/],
      [["create"], /expected --name, a name of 1 to 128 ASCII letters/],
      [["create", "--name", "ci"], /expected --role, once or more/],
      [["create", "--name", "c i", "--role", "viewer"], /Invalid --name "c i": expected a name/],
      [["create", "--name", key, "--role", "viewer"], /Invalid --name: expected a name, not a key/],
      [["create", "--name", "ci", "--role", "a,b"], /Invalid --role "a,b": expected a role/],
      [[...granted, "--role"], /--role/],
      [[...granted, key], /Unexpected argument 'mcp_[a-z0-9]{16}_\*\*\*'/],
      [[...granted, "--expires", "tomorrow"], /expected a day such as 2026-11-22 .*, a duration such as 90d, or never/],
      ...["0d", "2020-01-01", "99999d", "2999-01-01"].map((expires) =>
        [[...granted, "--expires", expires], /Invalid --expires .*: expected a time to come, at most 36500d/] as const
      ),
      [["revoke"], /expected its id or its name/],
      [["revoke", "a", "b"], /Unexpected argument 'b': expected one/],
      [["revoke", key], new RegExp(`not the key, .*; its id: ${id}`)],
      [["rotate"], /expected a name/],
      [["rotate", "ci", "--overlap", "soon"], /Invalid --overlap "soon": expected a duration such as 24h or 7d/],
      [["list", "--all"], /Unknown option '--all'/],
      [["hash", "--name", "ci", "--role", "viewer", key], /Unexpected argument 'mcp_/],
    ];
    for (const [args, words] of refused) {
      await t.step(`${args.join(" ").replace(key, "KEY")} ends with 2`, async () => {
        const { code, stdout, stderr } = await runHere(tokenTask, args, settings);
        assert.equal(code, 2, stdout);
        assert.match(stderr, words);
        assert.equal(stdout, "");
        assert(!stderr.includes(key.slice(21)));
      });
    }
    await t.step("a Redis that is away ends with 2, and so does a wrong setting", async () => {
      const away = await runToken(["list"], { REDIS_URL: `redis://:hunter2@127.0.0.1:${await freePort()}` });
      assert.equal(away.code, 2);
      assert.match(away.stderr, /^ERROR: Cannot list the API keys: Redis at 127\.0\.0\.1:\d+ is not connected/);
      assert(!away.stderr.includes("hunter2"));
      const wrong = await runToken(["list"], { PORT: "x" });
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /Invalid setting PORT="x"/);
    });
    await t.step("keys of one name with different roles are not rotated", async () => {
      const database = openDatabase(folder);
      const store = createEmbeddedTokenStore(database, systemClock);
      await store.add(tokenRecord("a", { roles: ["viewer"], expiresAtMs: undefined }));
      await store.add(tokenRecord("b", { roles: ["admin"], expiresAtMs: undefined }));
      const { code, stderr } = await runToken(["rotate", "alice"], settings);
      assert.equal(code, 2);
      assert.match(stderr, /Cannot rotate "alice": its keys have different roles \((viewer; admin|admin; viewer)\)/);
      assert.equal((await store.list()).length, 2);
      database.close();
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a full store says so, and how many keys it has", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tokens-" });
  try {
    const database = openDatabase(folder);
    const store = createEmbeddedTokenStore(database, systemClock);
    database.exec("BEGIN");
    for (let i = 0; i < 10_000; i++) await store.add(tokenRecord(`${i}x`, { expiresAtMs: undefined }));
    database.exec("COMMIT");
    const { code, stdout, stderr } = await runToken(["create", "--name", "ci", "--role", "viewer"], {
      DATA_DIR: folder,
    });
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /the store has 10000 keys, expected fewer; revoke those not needed/);
    database.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("hash prints entries of which a TOKENS_FILE is made, for a new key or one that is given", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "tokens-" });
  const settings = { DATA_DIR: `${folder}/none`, TOKENS_FILE: `${folder}/tokens.json` };
  const { key: given, id } = createApiKey();
  const options = ["--name", "ci", "--role", "viewer"];
  try {
    const made = await runToken(["hash", ...options, "--expires", "never"], settings);
    assert.equal(made.code, 0, made.stderr);
    const [key = "", entry = ""] = made.stdout.trimEnd().split("\n");
    assert.match(key, KEY);
    assert(!made.stderr.includes(key.slice(21)));

    const read = await runToken(["hash", "--stdin", "--name", "bob", "--role", "admin"], settings, `${given}\n`);
    assert.equal(read.code, 0, read.stderr);
    assert.deepEqual([JSON.parse(read.stdout).id, JSON.parse(read.stdout).sha256], [id, digestOf(given)]);
    assert(!`${read.stdout}${read.stderr}`.includes(given.slice(21)));

    await Deno.writeTextFile(settings.TOKENS_FILE, `{"tokens": [${entry}, ${read.stdout}]}`);
    const file = await openTokensFile(settings.TOKENS_FILE, { info() {}, error() {} });
    await using authenticator = createTokenAuthenticator({
      store: { find: () => Promise.resolve(undefined) },
      file,
      clock: systemClock,
    });
    for (const [each, name] of [[key, "ci"], [given, "bob"]] as const) {
      assert.equal(outcome(await authenticator.verify(each)), name);
    }
    await t.step("no store is made for it", async () => {
      await assert.rejects(Deno.stat(settings.DATA_DIR), Deno.errors.NotFound);
    });
    await t.step("list marks them, revoke sends to the file", async () => {
      const { stdout } = await runToken(["list", "--json"], settings);
      assert.deepEqual(
        JSON.parse(stdout).map((
          token: Record<string, unknown>,
        ) => [token.name, token.state, token.created, token.source]),
        [["ci", "active", null, "TOKENS_FILE"], ["bob", "active", null, "TOKENS_FILE"]],
      );
      const { code, stderr } = await runToken(["revoke", "bob"], settings);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`API key ${id} is in TOKENS_FILE, and works until it is taken out there`));
    });
    for (const input of ["", `${given} \n`, ` ${given}`, `${given}\n\n`, given.toUpperCase(), "x".repeat(100_000)]) {
      await t.step(`${JSON.stringify(input.slice(0, 80))} on standard input is no key`, async () => {
        const { code, stdout, stderr } = await runToken(["hash", "--stdin", ...options], settings, input);
        assert.equal(code, 2);
        assert.equal(stdout, "");
        assert.equal(stderr, "ERROR: Invalid key on standard input: expected mcp_<id>_<secret>, on one line\n");
      });
    }
    await t.step("a broken file hides no key of the store", async () => {
      await Deno.writeTextFile(settings.TOKENS_FILE, "{}");
      const { key: _key, ...stored } = JSON.parse((await runToken(["create", "--json", ...options], settings)).stdout);
      const { code, stdout, stderr } = await runToken(["list", "--json"], settings);
      assert.equal(code, 2);
      assert.deepEqual(JSON.parse(stdout), [stored]);
      assert.match(stderr, /^ERROR: Invalid setting TOKENS_FILE=".*": tokens: expected a list of keys\n$/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
