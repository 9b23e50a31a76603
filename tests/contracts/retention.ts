import assert from "node:assert/strict";
import { StorageError } from "../../storage/errors.ts";
import { readAndVerify } from "../../storage/audit/reading.ts";
import { retain, type RetainedChain } from "../../storage/audit/retention.ts";
import type { Verification } from "../../storage/audit/verify.ts";
import type { ChainRegisterSubject } from "./chain_register.ts";
import { newSigner, STARTED_MS, writeChain } from "./audit_chains.ts";

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/** Registers the tests of retention on a store. */
export function describeRetention(name: string, open: () => Promise<ChainRegisterSubject>): void {
  Deno.test(`${name}: retention removes whole prefixes, and what stays verifies`, async (t) => {
    await using subject = await open();
    const { store, register, retention } = subject;
    const signer = newSigner();
    const trustedKeys = new Set([signer.publicKey]);
    // Ten seconds of records a minute apart: one all old and closed, one that goes on, one all young.
    const old = writeChain(signer, 10);
    const live = writeChain(signer, 130, STARTED_MS + MINUTE_MS);
    const young = writeChain(signer, 10, STARTED_MS + 10 * MINUTE_MS);
    const chains = [old, live, young];
    await store.write([...old.records, ...live.records.slice(0, 120), ...young.records]);
    await register.close(old.closing());
    const checkpoints = [old.checkpointAt(5), old.checkpointAt(10), live.checkpointAt(30), live.checkpointAt(100)];

    const run = async (beforeMs: number, dryRun = false): Promise<readonly RetainedChain[]> =>
      await Array.fromAsync(retain(retention, { beforeMs, signer, trustedKeys, now: () => STARTED_MS, dryRun }));
    const verify = (): Promise<Verification> =>
      readAndVerify(retention, { checkpoints, trustedKeys, sinceMs: undefined });
    const summary = (retained: readonly RetainedChain[]) =>
      new Map(retained.map(({ chainId, throughSeq, removed }) => [
        ["old", "live", "young"][chains.findIndex(({ id }) => id === chainId)],
        [throughSeq, removed],
      ]));
    const beforeMs = STARTED_MS + MINUTE_MS + 60 * SECOND_MS;

    await t.step("a dry run says what would go, and nothing goes", async () => {
      assert.deepEqual(summary(await run(beforeMs, true)), new Map([["old", [10, 10]], ["live", [60, 60]]]));
      const { records, removed } = await verify();
      assert.deepEqual([records, removed], [140, 0]);
    });

    await t.step(
      "what is old goes, what is as old as the bound stays, and all verifies against the checkpoints",
      async () => {
        assert.deepEqual(summary(await run(beforeMs)), new Map([["old", [10, 10]], ["live", [60, 60]]]));
        const { findings, records, removed, unanchored } = await verify();
        assert.deepEqual(findings, []);
        assert.deepEqual({ records, removed, unanchored }, { records: 70, removed: 70, unanchored: 30 });
        const { tombstones } = await retention.snapshot((log) => log.register());
        const [own] = tombstones.filter(({ chainId }) => chainId === live.id);
        assert.deepEqual([own?.throughSeq, own?.hash, own?.count], [60, live.records[59]?.hash, 60]);
      },
    );

    await t.step("again, nothing is left to remove", async () => {
      assert.deepEqual(await run(beforeMs), []);
    });

    await t.step("a chain that has been cut goes on, and is cut again later", async () => {
      await store.write(live.records.slice(120));
      assert.deepEqual(summary(await run(beforeMs + 10 * SECOND_MS)), new Map([["live", [70, 10]]]));
      const { findings, removed } = await verify();
      assert.deepEqual([findings, removed], [[], 80]);
      assert.deepEqual((await readAndVerify(retention, { checkpoints, trustedKeys, sinceMs: beforeMs })).findings, []);
    });

    await t.step("a chain that does not verify stays whole, and the others are done", async () => {
      const forged = writeChain(newSigner(), 5);
      await store.write(forged.records);
      const retained = await run(beforeMs + 20 * SECOND_MS);
      const refused = retained.filter(({ refusal }) => refusal);
      assert.deepEqual(refused.map(({ chainId, removed, refusal }) => [chainId, removed, refusal?.kind]), [
        [forged.id, 0, "forged"],
      ]);
      assert.deepEqual(summary(retained).get("live"), [80, 10]);
      assert.equal((await retention.snapshot((log) => log.lastSeqs())).get(forged.id), 5);
    });

    await t.step("a chain with a gap stays whole: its records may be on their way from a spool", async () => {
      const late = writeChain(signer, 9);
      await store.write([...late.records.slice(0, 3), ...late.records.slice(6)]);
      const [refused] = (await run(beforeMs)).filter(({ chainId }) => chainId === late.id);
      assert.deepEqual([refused?.removed, refused?.refusal?.kind, refused?.refusal?.seq], [0, "missing", 4]);
      await store.write(late.records.slice(3, 6));
      const [done] = (await run(beforeMs)).filter(({ chainId }) => chainId === late.id);
      assert.deepEqual([done?.removed, done?.refusal], [9, undefined]);
    });

    await t.step("a store that removes another number of records than it should keeps them all", async () => {
      const wrong = {
        ...retention,
        change: <T>(work: Parameters<typeof retention.change<T>>[0]) =>
          retention.change<T>((log) => work({ ...log, remove: async (tombstone) => await log.remove(tombstone) - 1 })),
      };
      const options = { signer, trustedKeys, now: () => STARTED_MS, dryRun: false };
      const before = (await verify()).records;
      await assert.rejects(
        Array.fromAsync(retain(wrong, { ...options, beforeMs: STARTED_MS + 60 * MINUTE_MS })),
        (error) => error instanceof StorageError && /the store removed \d+/.test(error.message),
      );
      assert.equal((await verify()).records, before);
    });
  });
}
