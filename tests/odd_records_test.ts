import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ChainWatch } from "./chaos/chains.ts";
import { startPostgres } from "./services/postgres.ts";
import { startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

const MIB = 1_048_576;

/** Values whose JSON text fills a frame of 1 MiB, with so much left for the rest of the message. */
const filled = (character: string) => character.repeat((MIB - 200) / (JSON.stringify(character).length - 2));

/** Text that a store of well-formed text without NUL cannot hold as it is, and text that fills a message. */
const ODD: readonly (readonly [name: string, value: unknown])[] = [
  ["NUL", "a\0b"],
  ["NUL in a key", { "\0": { "\0\0": ["\0"] } }],
  ["a lone high surrogate", "\ud800"],
  ["a lone low surrogate", ["\udfff", "x\udc00\ud800y"]],
  ["lone surrogates in a key", { "\ud83d": "\ude00\ud83d" }],
  ["both", "\0\ud800\0"],
  ["1 MiB", filled("x")],
  ["1 MiB of NUL", filled("\0")],
  ["1 MiB of lone surrogates", filled("\udbff")],
];

/** What a record has in place of an argument that is too long for any tool. */
function told(value: unknown): string {
  const json = JSON.stringify(value);
  return `[${json.length} characters of JSON, SHA-256 ${createHash("sha256").update(json).digest("hex")}]`;
}

const ROUNDS = 3;
const ORDINARY = 20;

Deno.test("NUL, lone surrogates and 1 MiB strings are recorded, and fail no other record of their batch", async () => {
  await using postgres = await startPostgres();
  await using server = await startServer({ DATABASE_URL: postgres.url, RATE_LIMIT_PER_MINUTE: "0" });
  await using sockets = new AsyncDisposableStack();
  const sent = new Map<string, Readonly<Record<string, unknown>>>();
  const answered: Promise<unknown>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [ordinary, odd] = [
      sockets.use(await openSocket(server.socketUrl)),
      sockets.use(await openSocket(server.socketUrl)),
    ];
    const send = (socket: typeof odd, id: string, args: Readonly<Record<string, unknown>>) => {
      sent.set(JSON.stringify(id), args);
      answered.push(socket.next());
      const direct = { jsonrpc: "2.0", id, method: "ctx.set", params: args };
      socket.send(JSON.stringify(direct));
    };
    for (let call = 0; call < ORDINARY; call++) {
      send(ordinary, `ordinary ${round} ${call}`, { key: `ordinary-${call}`, value: call });
      const [name, value] = ODD[call] ?? [];
      if (name !== undefined) send(odd, `odd \0 \ud800 ${name} ${round}`, { key: `odd-${call}`, value });
    }
  }
  for (const reply of await Promise.all(answered)) {
    assert.match(String(reply), /"result":\{"success":true|"code":-32602/);
  }
  assert.equal(sent.size, ROUNDS * (ORDINARY + ODD.length));

  // The text of an id has its odd characters escaped, so that it is the same in the log.
  const rows: { request: string; sha: string; params: string; outcome: string }[] = JSON.parse(
    await postgres.psql([
      "-Atc",
      `SELECT json_agg(json_build_object('request', request_id, 'sha', params_sha256, 'outcome', outcome,
        'params', params)) FROM audit_logs`,
    ]),
  );
  assert.deepEqual(
    rows.map(({ request }) => request).sort(),
    [...sent.keys()].sort(),
    "each has its row, and one only",
  );
  for (const { request, sha, params, outcome } of rows) {
    const args = sent.get(request) ?? {};
    const isTaken = JSON.stringify(args).length < 65_536;
    // A context value has a bound of 64 KiB: what is longer is refused, and on record by its length and digest.
    const text = JSON.stringify(isTaken ? args : { ...args, value: told(args["value"]) });
    assert.equal(outcome, isTaken ? "ok" : "invalid", request);
    assert.equal(sha, createHash("sha256").update(text).digest("hex"), request);
    assert.equal(params.slice(0, 1000), text.slice(0, 1000), request);
  }
  const mixed = await postgres.psql([
    "-Atc",
    `SELECT count(*) FROM (SELECT 1 FROM audit_logs GROUP BY xmin::text
      HAVING bool_or(request_id LIKE '"odd%') AND bool_or(request_id LIKE '"ordinary%')) AS batches`,
  ]);
  assert(Number(mixed) > 0, "odd records and others went in one batch");
  assert.deepEqual(await new ChainWatch(postgres.url).verify(), []);
});
