import assert from "node:assert/strict";
import { createChain } from "../../storage/audit/chain.ts";
import type { AuditSpool } from "../../storage/audit/spool.ts";
import { StorageError } from "../../storage/errors.ts";
import { newSigner, writeChain } from "./audit_chains.ts";
import { bareEntry, entryWith } from "./audit_entries.ts";

/** A spool that holds 100 records, and a way to put text into it by hand. */
export interface SpoolSubject extends AsyncDisposable {
  readonly spool: AuditSpool;
  putByHand(text: string): Promise<void>;
}

/** What every spool promises. */
export function describeAuditSpool(name: string, open: () => Promise<SpoolSubject>): void {
  const records = (count: number) =>
    createChain("chain-1").seal(Array.from({ length: count }, (_, i) => i % 2 ? bareEntry() : entryWith()));

  Deno.test(`${name}: records come out as they went in, oldest first, and stay until they are removed`, async () => {
    await using subject = await open();
    const { spool } = subject;
    const [first, ...rest] = records(5);
    assert(first);
    await spool.add([first]);
    await spool.add(rest);
    assert.equal(await spool.count(), 5);
    const oldest = await spool.oldest(3);
    assert.deepEqual(
      oldest.map(({ record }) => JSON.stringify(record)),
      [first, ...rest].slice(0, 3).map((r) => JSON.stringify(r)),
    );
    assert.deepEqual(await spool.oldest(3), oldest, "reading takes nothing out");
    await spool.remove(oldest.map(({ name }) => name));
    assert.deepEqual((await spool.oldest(9)).map(({ record }) => record?.seq), [4, 5]);
    await spool.remove([]);
    assert.equal(await spool.count(), 2);
  });

  Deno.test(`${name}: a chain's opening waits with its first record`, async () => {
    await using subject = await open();
    const { records, opening } = writeChain(newSigner(), 2);
    await subject.spool.add(records);
    assert.deepEqual((await subject.spool.oldest(2)).map(({ record }) => record?.opening), [opening, undefined]);
  });

  Deno.test(`${name}: text that no JSON escapes survives`, async () => {
    await using subject = await open();
    const [record] = createChain("chain-1").seal([
      entryWith({ params: '{"a":"\\u0000\\ud800"}', result: "é😀".repeat(500_000) }),
    ]);
    assert(record);
    await subject.spool.add([record]);
    const [read] = await subject.spool.oldest(1);
    assert.equal(read?.record?.hash, record.hash);
    assert.equal(read?.record?.result, record.result);
  });

  Deno.test(`${name}: a batch that would pass the bound is refused whole`, async () => {
    await using subject = await open();
    const all = records(101);
    await subject.spool.add(all.slice(0, 99));
    await assert.rejects(
      subject.spool.add(all.slice(99)),
      (error) => error instanceof StorageError && /100/.test(error.message),
    );
    assert.equal(await subject.spool.count(), 99);
    await subject.spool.add(all.slice(99, 100));
  });

  Deno.test(`${name}: what is no record, or one that was changed, reads as none and can be put aside`, async () => {
    await using subject = await open();
    const [record] = records(1);
    for (const text of ["", "no JSON", "{}", "null", JSON.stringify({ ...record, principal: "somebody" })]) {
      await subject.putByHand(text);
    }
    const strange = await subject.spool.oldest(9);
    assert.deepEqual(strange.map(({ record }) => record), Array(5).fill(undefined));
    await subject.spool.reject(strange.map(({ name }) => name));
    assert.equal(await subject.spool.count(), 0);
    assert.deepEqual(await subject.spool.oldest(9), []);
  });
}
