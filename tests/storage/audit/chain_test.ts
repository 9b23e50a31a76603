import assert from "node:assert/strict";
import fc from "fast-check";
import type { AuditEntry, AuditRecord } from "../../../storage/audit_log.ts";
import { createChain, GENESIS, hashRecord, verifyRecords } from "../../../storage/audit/chain.ts";
import { COLUMNS } from "../../../storage/audit/columns.ts";
import { bareEntry, entryWith } from "../../contracts/audit_entries.ts";

/** Any text: control characters, quotes, lone surrogates. */
const text = fc.string({ unit: "binary", maxLength: 20 });
const name = fc.option(text, { nil: undefined });

const entry: fc.Arbitrary<AuditEntry> = fc.record({
  eventId: fc.uuid(),
  timestampMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  method: text,
  toolName: name,
  principal: text,
  clientName: name,
  requestId: name,
  params: text,
  result: text,
  resultBytes: fc.nat(),
  errorCode: fc.option(fc.integer({ min: -32_768, max: 0 }), { nil: undefined }),
  durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
}).map(entryWith);

const chainOf = fc.array(entry, { minLength: 2, maxLength: 8 }).map((entries) => createChain("one").seal(entries));

/** A value that is another one than the given. */
function other(value: AuditRecord[keyof AuditRecord]): string | number {
  return typeof value === "number" ? value + 1 : `${value ?? ""}x`;
}

Deno.test("what was sealed verifies, however it was cut into batches", () => {
  fc.assert(fc.property(fc.array(fc.array(entry, { maxLength: 4 }), { maxLength: 5 }), (batches) => {
    const chain = createChain("one");
    const records = batches.flatMap((batch) => chain.seal(batch));
    assert.equal(verifyRecords(records), undefined);
    assert.deepEqual(records.map(({ seq }) => seq), records.map((_, i) => i + 1));
    assert.deepEqual(records, createChain("one").seal(batches.flat()), "the batches leave no trace");
    const { seq, hash } = records.at(-1) ?? GENESIS;
    assert.deepEqual(chain.head, { seq, hash });
  }));
});

Deno.test("an edit of any column is found, and the record is named", () => {
  const column = fc.constantFrom(...COLUMNS.map(({ member }) => member));
  fc.assert(fc.property(chainOf, fc.nat(), column, (records, at, member) => {
    const index = at % records.length;
    const edited = records.map((record, i) => i === index ? { ...record, [member]: other(record[member]) } : record);
    const found = verifyRecords(edited);
    assert.equal(found?.seq, index + 1, member);
  }));
});

Deno.test("an edit that is hashed anew is found at the next record, or by the head", () => {
  fc.assert(fc.property(chainOf, fc.nat(), (records, at) => {
    const index = at % records.length;
    const forged = records.map((record, i) => {
      if (i !== index) return record;
      const changed = { ...record, result: `${record.result}x` };
      return { ...changed, hash: hashRecord(changed) };
    });
    const found = verifyRecords(forged);
    if (index < records.length - 1) assert.equal(found?.seq, index + 2);
    else assert.notEqual(forged.at(-1)?.hash, records.at(-1)?.hash);
  }));
});

Deno.test("a gap in the count of what was hashed anew is found at itself", () => {
  fc.assert(fc.property(chainOf, fc.integer({ min: -1, max: 2 }), (records, gap) => {
    const last = records.at(-1);
    assert(last);
    const counted = { ...last, seq: last.seq + gap };
    const found = verifyRecords(records.with(-1, { ...counted, hash: hashRecord(counted) }));
    assert.equal(found?.seq, gap === 0 ? undefined : last.seq);
  }));
});

Deno.test("a removal is found, but for the end, which only a head shows", () => {
  fc.assert(fc.property(chainOf, fc.nat(), (records, at) => {
    const index = at % records.length;
    const found = verifyRecords(records.filter((_, i) => i !== index));
    assert.equal(found?.seq, index === records.length - 1 ? undefined : index + 1);
  }));
});

Deno.test("a swap is found at its first record", () => {
  fc.assert(fc.property(chainOf, fc.nat(), fc.nat(), (records, one, two) => {
    const [a, b] = [one % records.length, two % records.length];
    fc.pre(a !== b);
    const swapped = records.map((record, i) => records[i === a ? b : i === b ? a : i] ?? record);
    assert.equal(verifyRecords(swapped)?.seq, Math.min(a, b) + 1);
  }));
});

Deno.test("an insertion is found: a copy, another chain's record, and one made up to fit", () => {
  fc.assert(fc.property(chainOf, entry, fc.nat(), (records, made, at) => {
    const index = at % (records.length - 1);
    const before = records[index];
    assert(before);
    const unhashed = { ...before, ...made, seq: before.seq + 1, prevHash: before.hash };
    const [foreign] = createChain("two").seal([made]);
    assert(foreign);
    for (const inserted of [before, foreign, { ...unhashed, hash: hashRecord(unhashed) }]) {
      const found = verifyRecords(records.toSpliced(index + 1, 0, inserted));
      // What is made up to fit is found by the true record behind it.
      assert.equal(found?.seq, inserted.seq === before.seq + 1 && inserted.chainId === "one" ? index + 3 : index + 2);
    }
  }));
});

Deno.test("records verify page by page, each after the head of the page before", () => {
  fc.assert(fc.property(chainOf, fc.nat(), (records, at) => {
    const cut = 1 + at % (records.length - 1);
    const { seq, hash } = records[cut - 1] ?? GENESIS;
    assert.equal(verifyRecords(records.slice(0, cut)), undefined);
    assert.equal(verifyRecords(records.slice(cut), { seq, hash }), undefined);
    assert.equal(verifyRecords(records.slice(cut))?.seq, 1);
  }));
});

// Computed by another program from the words of hashRecord.
Deno.test("the canonical form never changes: the hashes of two known records", () => {
  const eventId = "01890a5d-ac96-774b-bcce-b302099a8057";
  const [full, bare] = createChain("0f8fad5b-d9cb-469f-a165-70867728950e").seal([
    entryWith({ eventId, result: '{"text":"\\u0000 ä 😀 \\"quoted\\""}' }),
    bareEntry({ eventId, outcome: "denied", errorCode: -32003 }),
  ]);
  assert.equal(full?.hash, "4c2b423f306c6a3fe873eab6f3843861d99a48f844bb73a270b1d4ec9ce9204b");
  assert.equal(bare?.prevHash, full?.hash);
  assert.equal(bare?.hash, "bef10a9f07356a209e4c730391d877ef5fde7be715fc85782ea6f3058162bb61");
});

Deno.test("NUL and lone surrogates are replaced before the hash, long names are cut, params and result are not", () => {
  const long = "x".repeat(1_048_576);
  const [record] = createChain("a\0b").seal([
    entryWith({ method: "a\0\ud800b", toolName: long, params: `${long}\0`, result: "\udc00" }),
  ]);
  assert.equal(record?.chainId, "a\ufffdb");
  assert.equal(record?.method, "a\ufffd\ufffdb");
  assert.equal(record?.toolName, `${"x".repeat(511)}…`);
  assert.equal(record?.params, `${long}\ufffd`);
  assert.equal(record?.result, "\ufffd");
  const [emoji] = createChain("one").seal([entryWith({ principal: "x".repeat(510) + "😀😀" })]);
  assert.equal(emoji?.principal.isWellFormed(), true);
});
