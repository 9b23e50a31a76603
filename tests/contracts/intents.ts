import assert from "node:assert/strict";
import { v7 } from "uuid";
import { readAndVerify } from "../../storage/audit/reading.ts";
import { retain } from "../../storage/audit/retention.ts";
import type { AuditIntent, IntentLog } from "../../storage/intent_log.ts";
import { newSigner, STARTED_MS, writeChain } from "./audit_chains.ts";
import type { ChainRegisterSubject } from "./chain_register.ts";

export interface IntentLogSubject extends ChainRegisterSubject {
  readonly intents: IntentLog;
  /** The name of their table. */
  readonly intentTable: string;
}

function intentOf(eventId: string, atMs = STARTED_MS): AuditIntent {
  const params = JSON.stringify({ name: "grüße 😀 '\\ \u0000" });
  return { eventId, atMs, toolName: "k8s.scale", principal: "ann", params, paramsSha256: "0".repeat(64), replica: "r" };
}

/** Registers the tests that every log of intents must pass, and a reader and retention with it. */
export function describeIntentLog(name: string, open: () => Promise<IntentLogSubject>): void {
  Deno.test(`${name} keeps intents`, async (t) => {
    await using subject = await open();
    const { store, intents, retention } = subject;
    const signer = newSigner();
    const chain = writeChain(signer, 3);
    const openIntents = () => retention.snapshot((log) => log.openIntents());
    const lost = [intentOf(v7(), STARTED_MS + 2), intentOf(v7(), STARTED_MS + 1)] as const;

    await t.step(
      "an intent is open until its record is there, and comes back to the letter, the oldest first",
      async () => {
        for (const intent of lost) await intents.intend(intent);
        for (const { eventId } of chain.records) await intents.intend(intentOf(eventId));
        assert.equal((await openIntents()).length, 5);
        await store.write(chain.records);
        assert.deepEqual(await openIntents(), lost.toReversed());
      },
    );

    await t.step("writing one again changes nothing", async () => {
      await intents.intend({ ...lost[0], toolName: "k8s.other" });
      assert.deepEqual(await openIntents(), lost.toReversed());
    });

    await t.step("a verification lists what is open, and finds no tampering in it", async () => {
      const trustedKeys = new Set([signer.publicKey]);
      const verification = await readAndVerify(retention, { checkpoints: [], trustedKeys, sinceMs: undefined });
      assert.deepEqual([verification.openIntents, verification.findings], [lost.toReversed(), []]);
    });

    for (const change of ["UPDATE", "DELETE"]) {
      await t.step(`${change} is refused, where the record is there and where it is not`, async () => {
        const sql = (eventId: string) =>
          change === "UPDATE"
            ? `UPDATE ${subject.intentTable} SET principal = 'x' WHERE event_id = '${eventId}'`
            : `DELETE FROM ${subject.intentTable} WHERE event_id = '${eventId}'`;
        for (const eventId of [lost[0].eventId, chain.records[0]?.eventId ?? ""]) {
          await assert.rejects(async () => void await subject.sql(sql(eventId)), /append-only/);
        }
      });
    }

    await t.step("retention takes an intent with its record, and leaves those that have none", async () => {
      const trustedKeys = new Set([signer.publicKey]);
      const beforeMs = STARTED_MS + 3_600_000;
      const retained = await Array.fromAsync(
        retain(retention, { beforeMs, signer, trustedKeys, now: () => beforeMs, dryRun: false }),
      );
      assert.deepEqual(retained.map(({ removed }) => removed), [3]);
      assert.deepEqual(await openIntents(), lost.toReversed());
    });
  });
}
