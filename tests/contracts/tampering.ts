import assert from "node:assert/strict";
import { v7 } from "uuid";
import type { AuditRecord, AuditStore } from "../../storage/audit_log.ts";
import type { AuditSnapshot } from "../../storage/audit_reader.ts";
import { createChain } from "../../storage/audit/chain.ts";
import type { Checkpoint } from "../../storage/audit/checkpoint.ts";
import { cellOf, COLUMNS } from "../../storage/audit/columns.ts";
import { hashRecord } from "../../storage/audit/hash.ts";
import { cellsOf, CLOSINGS, OPENINGS, TOMBSTONES } from "../../storage/audit/register_tables.ts";
import { signClosing, signOpening, signTombstone } from "../../storage/audit/statements.ts";
import { type Verification, verifyAudit } from "../../storage/audit/verify.ts";
import type { ChainRegister } from "../../storage/chain_register.ts";
import { newSigner, STARTED_MS, writeChain, type WrittenChain } from "./audit_chains.ts";

/** A store whose rows can be changed by whoever has every right to it. */
export interface TamperingSubject extends AsyncDisposable {
  readonly store: AuditStore;
  readonly register: ChainRegister;
  readonly tables: { readonly openings: string; readonly closings: string; readonly tombstones: string };
  /** Drops what keeps an event id unique. */
  readonly dropUnique: string;
  /** Runs SQL that no trigger minds, then the work, and takes it all back. */
  tampered<T>(statements: readonly string[], work: (log: AuditSnapshot) => Promise<T>): Promise<T>;
}

/** What is expected of the first finding; the seq is the place that was attacked. */
interface Expected {
  readonly kind: string;
  readonly chain: WrittenChain | string;
  readonly seq?: number | undefined;
  /** The record that must be named, by its event id. */
  readonly event?: string | undefined;
}

interface Attack {
  readonly name: string;
  readonly statements: readonly string[];
  /** `undefined`: nothing shows, which is a limit that the docs state. */
  readonly expected: Expected | undefined;
  readonly checkpoints?: readonly Checkpoint[];
  /** `false`: nobody says whose keys count. */
  readonly trusted?: false;
}

/** Registers one test an attack. */
export function describeTampering(name: string, open: () => Promise<TamperingSubject>): void {
  Deno.test(`${name}: every attack on the log is found, and the first record that it touched is named`, async (t) => {
    await using subject = await open();
    const { store, register, tables } = subject;
    const signer = newSigner();
    // One was closed in order, one crashed, one is checkpointed in its middle.
    const [closed, crashed, live] = [writeChain(signer, 12), writeChain(signer, 12), writeChain(signer, 12)] as const;
    // As they come where three replicas write at once, and one of them out of a spool.
    for (const from of [0, 8, 4]) {
      for (const { records } of [closed, crashed, live]) await store.write(records.slice(from, from + 4));
    }
    await register.close(closed.closing());
    const checkpoints = [crashed.checkpointAt(4), crashed.checkpointAt(10), live.checkpointAt(3), live.checkpointAt(8)];
    const intruder = newSigner();

    const verify = (attack: Pick<Attack, "statements" | "checkpoints" | "trusted">): Promise<Verification> =>
      subject.tampered(attack.statements, async (log) =>
        await verifyAudit({
          pages: log.byChain(5),
          register: await log.register(),
          checkpoints: attack.checkpoints ?? checkpoints,
          trustedKeys: attack.trusted === false ? undefined : new Set([signer.publicKey]),
        }));

    await t.step("nothing is found where nothing was done, whatever order the records came in", async () => {
      const { findings, records, chains, unanchored, unclosed, removed } = await verify({ statements: [] });
      assert.deepEqual(findings, []);
      assert.deepEqual({ records, chains, unanchored, removed }, {
        records: 36,
        chains: 3,
        unanchored: 18,
        removed: 0,
      });
      assert.deepEqual(unclosed.toSorted(), [crashed.id, live.id].toSorted());
    });

    const record = (chain: WrittenChain, seq: number): AuditRecord => {
      const found = chain.records[seq - 1];
      assert(found);
      return found;
    };
    const at = (chain: WrittenChain, seq: number) => `chain_id = '${chain.id}' AND seq = ${seq}`;
    const set = (chain: WrittenChain, seq: number, change: string) =>
      `UPDATE audit_logs SET ${change} WHERE ${at(chain, seq)}`;
    const remove = (chain: WrittenChain, which: string) =>
      `DELETE FROM audit_logs WHERE chain_id = '${chain.id}' AND ${which}`;
    const named = (kind: string, chain: WrittenChain, seq: number, event = record(chain, seq).eventId): Expected => ({
      kind,
      chain,
      seq,
      event,
    });
    const gone = (chain: WrittenChain, seq: number): Expected => ({ kind: "missing", chain, seq, event: undefined });
    const forged = (chain: WrittenChain, seq?: number): Expected => ({ kind: "forged", chain, seq, event: undefined });

    const attacks: Attack[] = [];

    const edits: Readonly<Record<typeof COLUMNS[number]["type"], (column: string) => string>> = {
      uuid: () => `'${v7()}'`,
      timestamp: () => "'2024-01-15 10:35:27.457'",
      text: () => "'tampered'",
      integer: (column) => `coalesce("${column}", 0) + 1`,
      real: (column) => `"${column}" * 2`,
    };
    for (const { name: column, type, optional, member } of COLUMNS) {
      if (column === "seq" || column === "chain_id") continue;
      const values = [edits[type](column), ...(optional && record(live, 5)[member] !== undefined ? ["NULL"] : [])];
      if (type === "text") values.push("''", `"${column}" || ' '`);
      for (const value of values) {
        attacks.push({
          name: `${column} of one record set to ${value}`,
          statements: [set(live, 5, `"${column}" = ${value}`)],
          expected: column === "event_id" ? { kind: "changed", chain: live, seq: 5 } : named("changed", live, 5),
        });
      }
    }
    for (const seq of ["0", "-3", "6", "12", "13", "1000000"]) {
      attacks.push({
        name: `seq of one record set to ${seq}`,
        statements: [set(live, 5, `seq = ${seq}`)],
        expected: Number(seq) < 1 ? { kind: "inserted", chain: live, seq: Number(seq) } : gone(live, 5),
      });
    }
    attacks.push({
      name: "chain_id of one record set to another chain's",
      statements: [set(live, 5, `chain_id = '${closed.id}'`)],
      expected: closed.id < live.id
        ? { kind: "inserted", chain: closed, seq: 5, event: record(live, 5).eventId }
        : gone(live, 5),
    }, {
      name: "chain_id of one record set to no chain's",
      statements: [set(live, 5, "chain_id = '~'")],
      expected: gone(live, 5),
    });

    attacks.push(
      { name: "one record deleted", statements: [remove(live, "seq = 5")], expected: gone(live, 5) },
      { name: "the first record deleted", statements: [remove(live, "seq = 1")], expected: gone(live, 1) },
      { name: "a prefix deleted", statements: [remove(live, "seq <= 3")], expected: gone(live, 1) },
      { name: "several deleted", statements: [remove(live, "seq IN (4, 5, 7)")], expected: gone(live, 4) },
      {
        name: "the end of a closed chain cut off",
        statements: [remove(closed, "seq > 10")],
        expected: gone(closed, 11),
      },
      { name: "the end cut off before a checkpoint", statements: [remove(live, "seq > 6")], expected: gone(live, 7) },
      {
        name: "the end cut off behind the last checkpoint",
        statements: [remove(crashed, "seq > 10")],
        expected: undefined,
      },
      { name: "all records of a chain deleted", statements: [remove(live, "true")], expected: gone(live, 1) },
      {
        name: "all records of a chain deleted, without a checkpoint",
        statements: [remove(live, "true")],
        checkpoints: [],
        expected: gone(live, 1),
      },
      {
        name: "a whole chain removed, its opening too",
        statements: [remove(live, "true"), `DELETE FROM ${tables.openings} WHERE chain_id = '${live.id}'`],
        expected: gone(live, 1),
      },
      {
        name: "a whole chain removed that no checkpoint knows",
        statements: [remove(live, "true"), `DELETE FROM ${tables.openings} WHERE chain_id = '${live.id}'`],
        checkpoints: [],
        expected: undefined,
      },
    );

    const columns = COLUMNS.map(({ name: column }) => `"${column}"`).join(", ");
    /** Inserts a record as it is given. */
    const insert = (forgery: AuditRecord) =>
      `INSERT INTO audit_logs (${columns}) VALUES (${
        COLUMNS.map((column) => literal(cellOf(forgery, column))).join(", ")
      })`;
    const withHash = (forgery: AuditRecord): AuditRecord => ({ ...forgery, hash: hashRecord(forgery) });
    const forgery = (chain: WrittenChain, seq: number): AuditRecord => ({
      ...record(chain, Math.min(Math.max(seq, 1), 12)),
      eventId: v7(),
      method: "forged",
      seq,
    });
    const loose = { ...forgery(live, 1), chainId: "~" };
    const sameHash = forgery(live, 6);
    const ownHash = withHash(forgery(live, 6));
    const atEnd = withHash({ ...forgery(live, 12) });
    const unlinked = withHash({ ...forgery(live, 6), prevHash: "f".repeat(64) });
    const behindClosing = withHash({ ...forgery(closed, 13), prevHash: record(closed, 12).hash });
    const behindGap = withHash({ ...forgery(closed, 20), prevHash: record(closed, 12).hash });
    const atNothing = withHash({ ...forgery(live, 0), prevHash: "0".repeat(64) });
    attacks.push(
      {
        name: "a record inserted that no chain knows",
        statements: [insert(loose)],
        expected: { kind: "inserted", chain: "~", seq: 1, event: loose.eventId },
      },
      {
        name: "a record inserted that no chain knows, where any key is trusted",
        statements: [insert(loose)],
        trusted: false,
        expected: { kind: "inserted", chain: "~", seq: 1, event: loose.eventId },
      },
      {
        name: "a record inserted beside another, with its hash",
        statements: [insert(sameHash)],
        expected: named("inserted", live, 6, sameHash.eventId),
      },
      {
        name: "a record inserted beside another, with a hash of its own",
        statements: [insert(ownHash)],
        expected: named("inserted", live, 6, ownHash.eventId),
      },
      {
        name: "a record inserted beside the last, with a hash of its own",
        statements: [insert(atEnd)],
        expected: named("inserted", live, 12, atEnd.eventId),
      },
      {
        name: "a record inserted beside another, linked to nothing",
        statements: [insert(unlinked)],
        expected: named("inserted", live, 6, unlinked.eventId),
      },
      {
        name: "a record inserted beside another, and that one deleted",
        statements: [remove(live, "seq = 6"), insert(ownHash)],
        expected: named("rewritten", live, 6, ownHash.eventId),
      },
      {
        name: "a record inserted behind the closing",
        statements: [insert(behindClosing)],
        expected: named("inserted", closed, 13, behindClosing.eventId),
      },
      { name: "a record inserted far behind the end", statements: [insert(behindGap)], expected: gone(closed, 13) },
      {
        name: "a record inserted before the first",
        statements: [insert(atNothing)],
        expected: named("inserted", live, 0, atNothing.eventId),
      },
      {
        name: "a record inserted behind the end of a chain that nobody closed",
        statements: [insert(withHash({ ...forgery(live, 13), prevHash: record(live, 12).hash }))],
        expected: undefined,
      },
      {
        name: "twenty records inserted beside another",
        statements: Array.from({ length: 20 }, () => insert({ ...forgery(live, 6) })),
        expected: { kind: "inserted", chain: live, seq: 6 },
      },
    );

    const copy = v7();
    attacks.push(
      {
        name: "a record duplicated under a new event id",
        statements: [insert({ ...record(live, 7), eventId: copy })],
        expected: named("inserted", live, 7, copy),
      },
      {
        name: "a record duplicated to the letter",
        statements: [subject.dropUnique, insert(record(live, 7))],
        expected: named("inserted", live, 7),
      },
    );

    const swapSeqs = (a: number, b: number) =>
      `UPDATE audit_logs SET seq = ${a + b} - seq WHERE chain_id = '${live.id}' AND seq IN (${a}, ${b})`;
    const putAt = (seq: number, from: AuditRecord) =>
      set(
        live,
        seq,
        COLUMNS.filter(({ name: column }) => !["seq", "prev_hash", "hash", "chain_id", "event_id"].includes(column))
          .map((column) => `"${column.name}" = ${literal(cellOf(from, column))}`).join(", "),
      );
    attacks.push(
      {
        name: "two neighbours swapped",
        statements: [swapSeqs(5, 6)],
        expected: named("reordered", live, 5, record(live, 6).eventId),
      },
      {
        name: "two records swapped",
        statements: [swapSeqs(2, 11)],
        expected: named("reordered", live, 2, record(live, 11).eventId),
      },
      {
        name: "the contents of two records swapped",
        statements: [putAt(5, record(live, 9)), putAt(9, record(live, 5))],
        expected: named("changed", live, 5),
      },
    );

    /** The chain as it would be had every record from a place on been made otherwise. */
    const rewritten = (chain: WrittenChain, from: number, to = 12): readonly string[] => {
      const entries = chain.records.map((entry, i) => i + 1 >= from ? { ...entry, principal: "nobody" } : entry);
      return createChain(chain.id).seal(entries).slice(from - 1, to).map(({ seq, principal, prevHash, hash }) =>
        set(chain, seq, `principal = '${principal}', prev_hash = '${prevHash}', hash = '${hash}'`)
      );
    };
    const openAgain = (chain: WrittenChain) => [
      `DELETE FROM ${tables.openings} WHERE chain_id = '${chain.id}'`,
      `INSERT INTO ${tables.openings} VALUES (${literals(cellsOf(OPENINGS, signOpening(chain.opening, intruder)))})`,
    ];
    attacks.push(
      {
        name: "one record rewritten with its hash",
        statements: rewritten(live, 5, 5),
        expected: named("rewritten", live, 5),
      },
      {
        name: "some records rewritten with their hashes",
        statements: rewritten(live, 5, 7),
        expected: named("rewritten", live, 7),
      },
      {
        name: "a whole chain rewritten with its hashes",
        statements: rewritten(live, 1),
        expected: named("rewritten", live, 3),
      },
      {
        name: "a chain rewritten from a place on",
        statements: rewritten(live, 5),
        expected: named("rewritten", live, 8),
      },
      { name: "a closed chain rewritten", statements: rewritten(closed, 1), expected: named("rewritten", closed, 12) },
      { name: "records rewritten behind the last checkpoint", statements: rewritten(crashed, 11), expected: undefined },
      {
        name: "a chain rewritten and opened with another key",
        statements: [...rewritten(live, 1), ...openAgain(live)],
        expected: forged(live),
      },
      {
        name: "a chain rewritten and opened with another key, where any key is trusted, against a checkpoint",
        statements: [...rewritten(live, 1), ...openAgain(live)],
        trusted: false,
        expected: forged(live, 3),
      },
      {
        name: "a chain rewritten and opened with another key, where any key is trusted and no checkpoint is known",
        statements: [...rewritten(live, 1), ...openAgain(live)],
        trusted: false,
        checkpoints: [],
        expected: undefined,
      },
    );

    const close = (chain: WrittenChain, seq: number, by = signer) =>
      `INSERT INTO ${tables.closings} VALUES (${
        literals(
          cellsOf(
            CLOSINGS,
            signClosing({ chainId: chain.id, seq, hash: record(chain, seq).hash, closedAtMs: STARTED_MS }, by),
          ),
        )
      })`;
    const changeClosing = (change: string) => `UPDATE ${tables.closings} SET ${change} WHERE chain_id = '${closed.id}'`;
    attacks.push(
      { name: "a closing forged", statements: [close(live, 12, intruder)], expected: forged(live, 12) },
      { name: "the place of a closing changed", statements: [changeClosing("seq = 11")], expected: forged(closed, 11) },
      {
        name: "the hash of a closing changed",
        statements: [changeClosing("hash = 'x'")],
        expected: forged(closed, 12),
      },
      {
        name: "the time of a closing changed",
        statements: [changeClosing("closed_at = '2020-01-01 00:00:00.000'")],
        expected: forged(closed, 12),
      },
      {
        name: "a closing moved to another chain",
        statements: [changeClosing(`chain_id = '${live.id}'`)],
        expected: forged(live, 12),
      },
      {
        name: "the end cut off and the closing with it",
        statements: [remove(live, "seq > 6"), close(live, 6, intruder)],
        expected: forged(live, 6),
      },
      { name: "a second closing", statements: [close(closed, 11)], expected: forged(closed) },
      {
        name: "a closing deleted",
        statements: [`DELETE FROM ${tables.closings}`],
        expected: undefined,
      },
    );

    const changeOpening = (change: string) => `UPDATE ${tables.openings} SET ${change} WHERE chain_id = '${live.id}'`;
    attacks.push(
      { name: "an opening made with another key", statements: openAgain(live), expected: forged(live) },
      { name: "a second opening", statements: openAgain(live).slice(1), expected: forged(live) },
      {
        name: "a second opening, where any key is trusted",
        statements: openAgain(live).slice(1),
        trusted: false,
        expected: forged(live),
      },
      ...["replica = 'x'", "version = 'x'", "opened_at = '2020-01-01 00:00:00.000'", "signature = 'x'"].map((
        change,
      ) => ({
        name: `an opening changed: ${change}`,
        statements: [changeOpening(change)],
        expected: forged(live),
      })),
      {
        name: "an opening deleted",
        statements: [`DELETE FROM ${tables.openings} WHERE chain_id = '${live.id}'`],
        expected: { kind: "missing", chain: live, seq: undefined },
      },
    );

    const tombstone = (throughSeq: number, count: number, by = signer) =>
      `INSERT INTO ${tables.tombstones} VALUES (${
        literals(
          cellsOf(
            TOMBSTONES,
            signTombstone(
              { chainId: live.id, throughSeq, hash: record(live, throughSeq).hash, count, removedAtMs: STARTED_MS },
              by,
            ),
          ),
        )
      })`;
    attacks.push(
      {
        name: "a prefix removed with a forged tombstone",
        statements: [remove(live, "seq <= 4"), tombstone(4, 4, intruder)],
        expected: forged(live, 4),
      },
      {
        name: "more removed than a tombstone tells of",
        statements: [remove(live, "seq <= 6"), tombstone(4, 4)],
        expected: gone(live, 5),
      },
      {
        name: "less removed than a tombstone tells of",
        statements: [remove(live, "seq <= 3"), tombstone(4, 4)],
        expected: named("inserted", live, 4),
      },
      {
        name: "the first of two tombstones deleted",
        statements: [remove(live, "seq <= 6"), tombstone(6, 2)],
        expected: gone(live, 1),
      },
      {
        name: "a tombstone changed",
        statements: [remove(live, "seq <= 4"), tombstone(4, 4), `UPDATE ${tables.tombstones} SET through_seq = 5`],
        expected: forged(live, 5),
      },
    );

    attacks.push(
      {
        name: "a checkpoint signed with another key",
        statements: [],
        checkpoints: [live.checkpointAt(8, intruder)],
        expected: forged(live, 8),
      },
      {
        name: "a checkpoint whose hash was changed",
        statements: [],
        checkpoints: [{ ...live.checkpointAt(8), hash: record(live, 7).hash }],
        expected: forged(live, 8),
      },
      {
        name: "a checkpoint whose place was changed",
        statements: [],
        checkpoints: [{ ...live.checkpointAt(8), seq: 7 }],
        expected: forged(live, 7),
      },
      {
        name: "a checkpoint forged to fit a chain that was rewritten",
        statements: rewritten(live, 1),
        checkpoints: [{ ...live.checkpointAt(8, intruder) }],
        expected: forged(live, 8),
      },
      {
        name: "a checkpoint of a chain that never was",
        statements: [],
        checkpoints: [{ ...live.checkpointAt(8), chainId: "~" }],
        expected: { kind: "forged", chain: "~", seq: 8 },
      },
    );

    for (const { name: attack, expected, ...what } of attacks) {
      await t.step(expected ? attack : `${attack} (does not show)`, async () => {
        const { findings, findingCount } = await verify(what);
        assert.equal(findings.length, findingCount);
        const [first] = findings;
        if (!expected) return assert.equal(first, undefined);
        assert(first, "nothing was found");
        const { kind, chain, seq, ...named } = expected;
        const chainId = typeof chain === "string" ? chain : chain.id;
        assert.deepEqual([first.kind, first.chainId, first.seq], [kind, chainId, seq], first.reason);
        if ("event" in named) assert.equal(first.eventId, named.event, first.reason);
      });
    }
  });
}

function literals(cells: readonly (string | number | null)[]): string {
  return cells.map(literal).join(", ");
}

function literal(cell: string | number | null): string {
  return cell === null ? "NULL" : typeof cell === "number" ? String(cell) : `'${cell.replaceAll("'", "''")}'`;
}
