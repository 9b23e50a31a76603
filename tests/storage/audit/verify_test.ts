import assert from "node:assert/strict";
import fc from "fast-check";
import type { AuditRecord, StoredAuditRecord } from "../../../storage/audit_log.ts";
import type { Register } from "../../../storage/audit_reader.ts";
import type { ChainStart } from "../../../storage/audit/chain_check.ts";
import { COLUMNS } from "../../../storage/audit/columns.ts";
import { type Verification, verifyAudit, type VerifyInput } from "../../../storage/audit/verify.ts";
import { newSigner, stored, writeChain, type WrittenChain } from "../../contracts/audit_chains.ts";

const signer = newSigner();

/** Verifies records as a store would give them. */
function verify(
  records: readonly StoredAuditRecord[],
  more: Partial<VerifyInput> & { register: Register },
): Promise<Verification> {
  const ordered = records.toSorted((a, b) =>
    a.chainId === b.chainId ? a.seq - b.seq || a.id - b.id : a.chainId < b.chainId ? -1 : 1
  );
  return verifyAudit({ pages: pagesOf(ordered), checkpoints: [], trustedKeys: new Set([signer.publicKey]), ...more });
}

async function* pagesOf(records: readonly StoredAuditRecord[]): AsyncGenerator<readonly StoredAuditRecord[]> {
  for (let from = 0; from < records.length; from += 7) yield records.slice(from, from + 7);
}

function registerOf(chains: readonly WrittenChain[], closed: readonly WrittenChain[] = chains): Register {
  return {
    openings: chains.map(({ opening }) => opening),
    closings: closed.map((chain) => chain.closing()),
    tombstones: [],
  };
}

type Change = readonly [what: string, apply: (records: AuditRecord[], at: number) => void];

const CHANGES: readonly Change[] = [
  ...COLUMNS.map(({ name, member }): Change => [`${name} edited`, (records, at) => {
    const record = records[at];
    const value = record?.[member];
    if (record) records[at] = { ...record, [member]: typeof value === "number" ? value + 1 : `${value}!` };
  }]),
  ["removed", (records, at) => void records.splice(at, 1)],
  ["swapped with the next", (records, at) => {
    const [one, two] = [records[at], records[at + 1] ?? records[at - 1]];
    if (!one || !two) return;
    records[records.indexOf(two)] = { ...two, seq: one.seq };
    records[at] = { ...one, seq: two.seq };
  }],
  ["duplicated", (records, at) => void records.splice(at, 0, { ...records[at] as AuditRecord, eventId: "another" })],
];

Deno.test("whatever is done to one record of a closed chain is found, at its place, and there first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.nat(),
      fc.constantFrom(...CHANGES),
      async (count, place, [what, apply]) => {
        fc.pre(count > 1 || !what.startsWith("swapped"));
        const [chain, other] = [writeChain(signer, count), writeChain(signer, 5)];
        const at = place % count;
        const records: AuditRecord[] = [...chain.records];
        apply(records, at);
        const { findings } = await verify(stored([...other.records, ...records] as AuditRecord[]), {
          register: registerOf([chain, other]),
        });
        const own = findings.find(({ chainId }) => chainId === chain.id);
        assert(own, `${what} is not found`);
        const expected = what.startsWith("swapped") && at === count - 1 ? at : at + 1;
        assert.equal(own.seq, expected, own.reason);
        assert(findings.every(({ chainId }) => chainId !== other.id), "another chain is named");
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("chains that nobody touched verify, however many, long and interleaved", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }), async (counts) => {
      const chains = counts.map((count) => writeChain(signer, count));
      const closed = chains.filter((_, i) => i % 2 === 0);
      const checkpoints = chains.flatMap((chain, i) => i % 3 === 0 ? [chain.checkpointAt(1)] : []);
      const records = stored(chains.flatMap(({ records }) => records));
      const result = await verify(records, { register: registerOf(chains, closed), checkpoints });
      assert.deepEqual(result.findings, []);
      assert.deepEqual([result.records, result.chains], [records.length, chains.length]);
      assert.equal(result.unclosed.length, chains.length - closed.length);
      assert.equal(result.unanchored, records.length - checkpoints.length);
      assert.deepEqual(
        new Map(result.heads),
        new Map(chains.map(({ id, records }) => [id, { seq: records.length, hash: records.at(-1)?.hash }])),
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("an empty log verifies, and nothing is said of it", async () => {
  const { heads, ...result } = await verify([], { register: registerOf([]) });
  assert.equal(heads.size, 0);
  assert.deepEqual(result, {
    records: 0,
    chains: 0,
    removed: 0,
    unanchored: 0,
    unclosed: [],
    findings: [],
    findingCount: 0,
  });
});

Deno.test("of one edit only the edited record is named, of one removal only the gap", async () => {
  const chain = writeChain(signer, 30);
  const records = stored(chain.records);
  const edited = records.map((record) => record.seq === 9 || record.seq === 20 ? { ...record, method: "x" } : record);
  const { findings } = await verify(edited, { register: registerOf([chain]) });
  assert.deepEqual(findings.map(({ kind, seq }) => [kind, seq]), [["changed", 9], ["changed", 20]]);
  const thinned = await verify(records.filter(({ seq }) => seq !== 9 && seq !== 10), { register: registerOf([chain]) });
  assert.deepEqual(thinned.findings.map(({ kind, seq }) => [kind, seq]), [["missing", 9]]);
});

Deno.test("a chain is verified from a place on, against what was known of it", async () => {
  const chain = writeChain(signer, 20);
  const records = stored(chain.records).slice(9);
  const known = { seq: 10, known: { seq: 10, hash: chain.records[9]?.hash ?? "" } };
  const register = registerOf([chain]);
  const from = (start: ChainStart, rest = records) => verify(rest, { register, starts: new Map([[chain.id, start]]) });
  assert.deepEqual((await from(known)).findings, []);
  assert.deepEqual((await from({ seq: 10 })).findings, []);
  const kinds = async (result: Promise<Verification>) => (await result).findings.map(({ kind, seq }) => [kind, seq]);
  assert.deepEqual(await kinds(from({ seq: 10, known: { seq: 10, hash: "0".repeat(64) } })), [["rewritten", 10]]);
  assert.deepEqual(await kinds(from(known, records.slice(1))), [["missing", 10]]);
  assert.deepEqual(await kinds(from(known, [])), [["missing", 10]]);
  assert.deepEqual(await kinds(from(known, records.slice(0, -1))), [["missing", 20]]);
});

Deno.test("findings beyond a thousand are counted and not kept", async () => {
  const chain = writeChain(signer, 1200);
  const records = stored(chain.records).map((record) => ({ ...record, method: "x" }));
  const { findings, findingCount } = await verify(records, { register: registerOf([chain]) });
  assert.deepEqual([findings.length, findingCount], [1000, 1200]);
});
