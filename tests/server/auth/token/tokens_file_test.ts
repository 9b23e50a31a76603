import assert from "node:assert/strict";
import { createApiKey } from "../../../../server/auth/token/api_key.ts";
import { parseTokensFile } from "../../../../server/auth/token/tokens_file.ts";
import { openTokensFile, readTokensFile } from "../../../../server/auth/token/watched_file.ts";

const ENTRY = { id: "a".repeat(16), name: "ci@example", roles: ["viewer", "unheard-of"], sha256: "0f".repeat(32) };

const fileOf = (...tokens: readonly unknown[]) => JSON.stringify({ tokens });

/** A file of a test, and what was logged about it. */
async function openFile(text: string, options = {}) {
  const folder = await Deno.makeTempDir({ prefix: "tokens-" });
  const path = `${folder}/tokens.json`;
  await Deno.writeTextFile(path, text);
  const lines: string[] = [];
  let wake = () => {};
  const write = (level: string) => (message: string) => {
    lines.push(`${level} ${message}`);
    wake();
  };
  const file = await openTokensFile(path, { info: write("INFO"), error: write("ERROR") }, options);
  return {
    path,
    file,
    lines,
    /** Resolves when something was logged. @throws after 5 s */
    async logged() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new Error("Nothing was logged in 5 s")), 5_000);
      wake = resolve;
      if (lines.length > 0) resolve();
      await promise.finally(() => clearTimeout(timer));
    },
    async [Symbol.asyncDispose]() {
      await file[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("a file of keys is read: names and roles that nobody knows are fine", () => {
  assert.deepEqual(parseTokensFile('{"tokens": []}'), []);
  const [token] = parseTokensFile(fileOf(ENTRY));
  assert.deepEqual(token, { ...ENTRY, expiresAtMs: undefined });
  const ends = ["2026-11-22", "2026-11-22T10:30:00Z", "2026-11-22T10:30:00.5+01:00"];
  const entries = ends.map((expires, index) => ({ ...ENTRY, id: `${index}`.repeat(16), expires }));
  assert.deepEqual(parseTokensFile(fileOf(...entries)).map(({ expiresAtMs }) => expiresAtMs), [
    Date.UTC(2026, 10, 22),
    Date.UTC(2026, 10, 22, 10, 30),
    Date.UTC(2026, 10, 22, 9, 30, 0, 500),
  ]);
});

Deno.test("a file that is wrong is refused with its place, and repeats nothing that might be a key", async (t) => {
  const { key } = createApiKey();
  const { sha256: _sha256, ...withoutDigest } = ENTRY;
  const wrong: readonly (readonly [text: string, words: RegExp])[] = [
    ["", /^expected JSON$/],
    [key, /^expected JSON$/],
    [`{"tokens": [{"id" ${key}`, /^expected JSON, which ends at line 1 column \d+$/],
    ["null", /^expected an object such as \{"tokens": \[\]\}$/],
    ["[]", /^expected an object such as/],
    ["{}", /^tokens: expected a list of keys$/],
    [`{"tokens": {}}`, /^tokens: expected a list of keys$/],
    [`{"tokens": [], "version": 1}`, /^unknown member "version": expected tokens$/],
    [`{"tokens": [], "__proto__": []}`, /^unknown member "__proto__": expected tokens$/],
    [`{"tokens": [], "${key}": 1}`, /^unknown member one of an odd name: expected tokens$/],
    [fileOf("x"), /^tokens\[0\]: expected an object with id, name/],
    [fileOf({ ...ENTRY, role: "admin" }), /^tokens\[0\]: unknown member "role": expected id, name, roles, sha256 and/],
    [fileOf({ ...ENTRY, key }), /^tokens\[0\]: unknown member "key"/],
    [fileOf(ENTRY, { ...ENTRY, id: "b".repeat(16), created: 1 }), /^tokens\[1\]: unknown member "created"/],
    [fileOf(withoutDigest), /^tokens\[0\]\.sha256: expected the SHA-256 of a key in 64 lower-case hex digits/],
    [fileOf({ ...ENTRY, sha256: key }), /^tokens\[0\]\.sha256: expected the SHA-256/],
    [fileOf({ ...ENTRY, sha256: "0F".repeat(32) }), /^tokens\[0\]\.sha256: expected/],
    [fileOf({ ...ENTRY, sha256: "" }), /^tokens\[0\]\.sha256: expected/],
    [fileOf({ ...ENTRY, id: key }), /^tokens\[0\]\.id: expected 16 lower-case letters and digits$/],
    [fileOf({ ...ENTRY, id: "A".repeat(16) }), /^tokens\[0\]\.id: expected/],
    [fileOf(ENTRY, ENTRY), /^tokens\[1\]\.id: expected another than tokens\[0\] has$/],
    ...["", " ", "a b", "a\n", "*", "system/x", "é", ".", "x".repeat(129)].map((name) =>
      [fileOf({ ...ENTRY, name }), /^tokens\[0\]\.name: expected a name of 1 to 128 ASCII letters/] as const
    ),
    [fileOf({ ...ENTRY, roles: [] }), /^tokens\[0\]\.roles: expected a list of 1 to 32 roles$/],
    [fileOf({ ...ENTRY, roles: "admin" }), /^tokens\[0\]\.roles: expected a list/],
    [fileOf({ ...ENTRY, roles: Array(33).fill("r") }), /^tokens\[0\]\.roles: expected a list/],
    [fileOf({ ...ENTRY, roles: ["viewer", "*"] }), /^tokens\[0\]\.roles\[1\]: expected a role of/],
    ...["never", "", "tomorrow", "2026-13-01", "2026-02-30", "22.11.2026", 1, null].map((expires) =>
      [fileOf({ ...ENTRY, expires }), /^tokens\[0\]\.expires: expected a day such as/] as const
    ),
    [fileOf(...Array(10_001).fill(ENTRY)), /^tokens: expected at most 10000 keys$/],
    [fileOf(...Array(7).fill({})), /; and \d+ more$/],
  ];
  for (const [text, words] of wrong) {
    await t.step(`${text.slice(0, 60)}: ${words}`, () => {
      assert.throws(() => parseTokensFile(text), (error) => {
        assert(error instanceof Error && error.name === "TokensFileError", String(error));
        assert.match(error.message, words);
        assert(!error.message.includes(key) && !error.message.includes(key.slice(21)), error.message);
        return true;
      });
    });
  }
});

Deno.test("a start with a broken or missing file stops, and names the setting and the file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tokens-" });
  try {
    const path = `${folder}/tokens.json`;
    const missing = {
      name: "SettingError",
      message: `Invalid setting TOKENS_FILE="${path}": expected a readable file (NotFound)`,
    };
    await assert.rejects(readTokensFile(path), missing);
    await assert.rejects(openTokensFile(path, { info() {}, error() {} }), missing);
    await assert.rejects(readTokensFile(folder), /expected a file of at most 8388608 bytes$/);
    await Deno.writeTextFile(path, fileOf({ ...ENTRY, colour: "red" }));
    await assert.rejects(readTokensFile(path), {
      name: "SettingError",
      message: `Invalid setting TOKENS_FILE="${path}": tokens[0]: unknown member "colour": ` +
        "expected id, name, roles, sha256 and expires, which may be left out",
    });
    await Deno.writeTextFile(path, " ".repeat(8_388_609));
    await assert.rejects(readTokensFile(path), /expected a file of at most 8388608 bytes$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that changes is read again; one that breaks is logged once, and the keys before stay", async () => {
  await using opened = await openFile(fileOf(ENTRY));
  const { file, path, lines } = opened;
  const ids = () => file.tokens.map(({ id }) => id[0]).join("");
  await file.look();
  assert.equal(lines.length, 0);

  await Deno.writeTextFile(path, fileOf({ ...ENTRY, id: "b".repeat(16) }));
  await Promise.all([file.look(), file.look()]);
  assert.equal(ids(), "b");
  assert.equal(file.find("a".repeat(16)), undefined);
  assert.equal(file.find("b".repeat(16))?.name, "ci@example");
  assert.deepEqual(lines.splice(0), ["INFO TOKENS_FILE was read again"]);

  await Deno.writeTextFile(path, "{");
  for (let i = 0; i < 3; i++) await file.look();
  await Deno.remove(path);
  for (let i = 0; i < 3; i++) await file.look();
  assert.equal(ids(), "b");
  const kept = "ERROR TOKENS_FILE cannot be used, the keys read before stay in force";
  assert.deepEqual(lines.splice(0).map((line) => line.replace(/, which ends at.*/, "")), [
    `${kept}: expected JSON`,
    `${kept}: expected a readable file (NotFound)`,
  ]);

  await Deno.writeTextFile(path, fileOf({ ...ENTRY, id: "b".repeat(16) }));
  for (let i = 0; i < 3; i++) await file.look();
  assert.deepEqual(lines, ["INFO TOKENS_FILE was read again"]);
});

Deno.test("a mounted Secret rotates: the link to its folder is swapped, and nobody has to say so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "secret-" });
  await using opened = await openFile(fileOf(ENTRY), { lookMs: 10 });
  const { file, path } = opened;
  try {
    await Deno.writeTextFile(`${folder}/tokens.json`, fileOf(ENTRY, { ...ENTRY, id: "c".repeat(16) }));
    await Deno.symlink(`${folder}/tokens.json`, `${path}.new`);
    await Deno.rename(`${path}.new`, path);
    await opened.logged();
    assert.equal(file.tokens.length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
