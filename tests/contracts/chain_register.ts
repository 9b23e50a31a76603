import assert from "node:assert/strict";
import { v7 } from "uuid";
import type { AuditStore, StoredAuditRecord } from "../../storage/audit_log.ts";
import type { AuditRetention, AuditSnapshot } from "../../storage/audit_reader.ts";
import { signTombstone } from "../../storage/audit/statements.ts";
import type { ChainRegister } from "../../storage/chain_register.ts";
import { StorageError } from "../../storage/errors.ts";
import { newSigner, STARTED_MS, writeChain } from "./audit_chains.ts";

/** An implementation under test, empty. */
export interface ChainRegisterSubject extends AsyncDisposable {
  readonly store: AuditStore;
  readonly register: ChainRegister;
  readonly retention: AuditRetention;
  /** The names of the tables of openings, closings and tombstones. */
  readonly tables: readonly [openings: string, closings: string, tombstones: string];
  /** Runs SQL at the store as its owner. @throws as the store's database does */
  sql(statement: string): Promise<unknown>;
}

/** Registers the tests that every register, reader and retention must pass. */
export function describeChainRegister(name: string, open: () => Promise<ChainRegisterSubject>): void {
  Deno.test(`${name} keeps the chains' register`, async (t) => {
    await using subject = await open();
    const { store, register, retention } = subject;
    const signer = newSigner();
    const registered = () => retention.snapshot((log) => log.register());
    const chains = [writeChain(signer, 3), writeChain(signer, 2), writeChain(signer, 2)] as const;

    await t.step("it begins empty", async () => {
      assert.deepEqual(await registered(), { openings: [], closings: [], tombstones: [] });
    });

    await t.step("an opening is there with the first record, also where one batch begins two chains", async () => {
      const [one, two, three] = chains;
      await store.write(one.records.slice(0, 1));
      assert.deepEqual((await registered()).openings, [one.opening]);
      await store.write([...two.records, ...one.records.slice(1), ...three.records]);
      assert.deepEqual((await registered()).openings, sorted(chains.map(({ opening }) => opening)));
    });

    await t.step("a batch that is written again opens nothing again, and one that fails opens nothing", async () => {
      await store.write(chains[0].records);
      const [taken] = chains[0].records;
      const [first] = writeChain(signer, 1).records;
      assert(taken && first);
      await assert.rejects(store.write([{ ...first, eventId: taken.eventId }]), StorageError);
      const { openings } = await registered();
      assert.deepEqual(openings.filter(({ chainId }) => chainId !== first.chainId).length, 3);
    });

    await t.step("closings come back as they were written, once each", async () => {
      const closings = chains.slice(0, 2).map((chain) => chain.closing());
      for (const closing of [...closings, ...closings]) await register.close(closing);
      assert.deepEqual((await registered()).closings, sorted(closings));
    });

    // A row in each, so that there is something to change.
    await retention.change((log) => log.remove(tombstoneOf(chains[2].id, 0, "0".repeat(64), 0)));
    for (const table of subject.tables) {
      await t.step(`${table} only ever grows`, async () => {
        for (const change of [`UPDATE ${table} SET signature = 'x'`, `DELETE FROM ${table}`]) {
          await assert.rejects(async () => await subject.sql(change), /the audit log is append-only/);
        }
      });
    }

    function tombstoneOf(chainId: string, throughSeq: number, hash: string, count: number) {
      return signTombstone({ chainId, throughSeq, hash, count, removedAtMs: STARTED_MS }, signer);
    }

    await t.step("a record is removed only with a tombstone that tells of it", async () => {
      const [{ id, records }] = chains;
      const tombstone = tombstoneOf(id, 2, records[1]?.hash ?? "", 2);
      await assert.rejects(async () => await subject.sql("DELETE FROM audit_logs"), /append-only/);
      assert.equal(await retention.change((log) => log.remove(tombstone)), 2);
      assert.deepEqual((await registered()).tombstones.filter(({ chainId }) => chainId === id), [tombstone]);
      assert.deepEqual(await seqsOf(id), [3]);
      await assert.rejects(
        async () => await subject.sql(`DELETE FROM audit_logs WHERE chain_id = '${id}'`),
        /append-only/,
      );
    });

    await t.step("what a change did before it threw is undone", async () => {
      const before = await registered();
      const { id } = chains[1];
      const change = retention.change(async (log) => {
        assert.equal(await log.remove(tombstoneOf(id, 2, "0".repeat(64), 2)), 2);
        throw new RangeError("no");
      });
      await assert.rejects(change, RangeError);
      assert.deepEqual(await registered(), before);
      assert.deepEqual(await seqsOf(id), [1, 2]);
    });

    async function seqsOf(chainId: string): Promise<readonly number[]> {
      return (await all(retention, (log) => log.ofChain(chainId, 1, 10))).map(({ seq }) => seq);
    }
  });

  Deno.test(`${name} reads the log whole and in order`, async (t) => {
    await using subject = await open();
    const { store, retention } = subject;
    const signer = newSigner();
    const chains = [
      writeChain(signer, 11),
      writeChain(signer, 12, STARTED_MS + 60_000),
      writeChain(signer, 1),
    ] as const;
    // Interleaved, the end first: ids tell nothing of the order of a chain.
    for (let from = 10; from >= 0; from -= 5) {
      for (const { records } of chains) await store.write(records.slice(from, from + 5));
    }
    const [a, b, c] = chains;
    const [record] = a.records.slice(3);
    assert(record);
    await store.write([{ ...record, eventId: v7(), method: "claims the same place" }]);
    const everything = [...a.records.slice(0, 4), record, ...a.records.slice(4), ...b.records, ...c.records];
    const places = (records: readonly { chainId: string; seq: number }[]) =>
      records.map(({ chainId, seq }) => `${chainId} ${seq}`);

    for (const pageMax of [1, 2, 5, 24, 25, 1000]) {
      await t.step(`by chain, in pages of ${pageMax}`, async () => {
        const read = await all(retention, (log) => log.byChain(pageMax));
        assert.deepEqual(places(read), places(everything));
        const [first, second] = read.filter(({ chainId, seq }) => chainId === a.id && seq === record.seq);
        assert(first && second && first.id < second.id);
        assert.equal(second.method, "claims the same place");
      });

      await t.step(`by id, in pages of ${pageMax}`, async () => {
        const read = await all(retention, (log) => log.byId({}, pageMax));
        assert.deepEqual(read.map(({ id }) => id), read.map(({ id }) => id).toSorted((x, y) => x - y));
        assert.equal(read.length, everything.length);
      });
    }

    await t.step("one chain from a place on", async () => {
      assert.deepEqual(places(await all(retention, (log) => log.ofChain(b.id, 11, 1))), places(b.records.slice(10)));
      assert.deepEqual(await all(retention, (log) => log.ofChain(b.id, 13, 1)), []);
      assert.deepEqual(await all(retention, (log) => log.ofChain("x' OR 1=1 --", 1, 1)), []);
    });

    await t.step("what came in some time, the end excluded", async () => {
      const range = { fromMs: STARTED_MS + 60_000, toMs: STARTED_MS + 61_000 };
      assert.deepEqual(places(await all(retention, (log) => log.byId(range, 10))), places(b.records.slice(0, 1)));
      const since = await all(retention, (log) => log.byId({ fromMs: range.fromMs }, 10));
      assert.deepEqual(new Set(since.map(({ chainId }) => chainId)), new Set([b.id]));
    });

    await t.step("where each chain ends, and where it goes on after some time", async () => {
      const ends = await retention.snapshot((log) => log.lastSeqs());
      assert.deepEqual(ends, new Map([[a.id, 11], [b.id, 12], [c.id, 1]]));
      const since = await retention.snapshot((log) => log.firstSeqsSince(STARTED_MS + 5000));
      assert.deepEqual(since, new Map([[a.id, 6], [b.id, 1]]));
    });

    await t.step("a snapshot does not see what is written while it is read", async () => {
      const late = writeChain(signer, 3);
      const seen = await retention.snapshot(async (log) => {
        const before = await collect(log.byChain(10));
        await store.write(late.records);
        assert.equal((await log.register()).openings.length, 3);
        return [before.length, (await collect(log.byChain(10))).length];
      });
      assert.deepEqual(seen, [everything.length, everything.length]);
      assert.equal((await all(retention, (log) => log.byChain(10))).length, everything.length + 3);
    });

    await t.step("numbers that no double holds stop no reading", async () => {
      const [last] = writeChain(signer, 1).records;
      assert(last);
      for (const seq of [2 ** 60, 2 ** 60 + 4096, -(2 ** 60)]) {
        await store.write([{ ...last, eventId: v7(), chainId: "huge", seq, opening: undefined }]);
      }
      const read = (await all(retention, (log) => log.byChain(1))).filter(({ chainId }) => chainId === "huge");
      assert.equal(read.length, 3);
    });

    await t.step("pages that nobody reads to the end leave nothing open", async () => {
      await retention.snapshot(async (log) => {
        for await (const page of log.byChain(1)) {
          assert.equal(page.length, 1);
          break;
        }
      });
    });
  });
}

async function all(
  retention: AuditRetention,
  read: (log: AuditSnapshot) => AsyncIterable<readonly StoredAuditRecord[]>,
): Promise<readonly StoredAuditRecord[]> {
  return await retention.snapshot((log) => collect(read(log)));
}

async function collect(pages: AsyncIterable<readonly StoredAuditRecord[]>): Promise<readonly StoredAuditRecord[]> {
  const records: StoredAuditRecord[] = [];
  for await (const page of pages) records.push(...page);
  return records;
}

function sorted<T extends { readonly chainId: string }>(statements: readonly T[]): readonly T[] {
  return statements.toSorted((a, b) => a.chainId < b.chainId ? -1 : 1);
}
