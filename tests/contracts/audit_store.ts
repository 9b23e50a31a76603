import assert from "node:assert/strict";
import { v7 } from "uuid";
import type { AuditQuery, AuditRecord, AuditStore, StoredAuditRecord } from "../../storage/audit_log.ts";
import { createChain, verifyRecords } from "../../storage/audit/chain.ts";
import { StorageError } from "../../storage/errors.ts";
import { awkwardTexts, bareEntry, entryWith } from "./audit_entries.ts";

/** An implementation under test, empty. */
export interface AuditStoreSubject extends AsyncDisposable {
  readonly store: AuditStore;
  /** The same log through another instance, as another replica has it. */
  readonly other: AuditStore;
  /** Runs SQL at the store as its owner, by other means than the store's. @throws as the store's database does */
  sql(statement: string): Promise<unknown>;
}

/** Registers the tests that every audit store must pass. */
export function describeAuditStore(name: string, open: () => Promise<AuditStoreSubject>): void {
  Deno.test(`${name} keeps the promises of an audit store`, async (t) => {
    await using subject = await open();
    const { store, other } = subject;
    const all = (query: Partial<AuditQuery> = {}) => store.query({ limit: 1000, ...query });

    await t.step("it begins empty and available, and an empty batch is no write", async () => {
      assert.equal(store.available, true);
      await store.write([]);
      assert.deepEqual(await all(), []);
    });

    await t.step(
      "records come back as they were sealed, newest first, from id 1 on in the order of the batch",
      async () => {
        const chain = createChain(v7());
        const batch = chain.seal([
          entryWith(),
          bareEntry({ outcome: "denied", errorCode: -32003, durationMs: 0 }),
          entryWith({ durationMs: 0.1 + 0.2, resultBytes: 2 ** 40, timestampMs: 1_700_000_000_100 }),
        ]);
        await store.write(batch);
        const stored = await all();
        assert.deepEqual(stored.map(withoutId), batch.toReversed());
        assert.deepEqual(stored.map(({ id }) => id), [3, 2, 1]);
        assert.deepEqual(await other.query({ limit: 1000 }), stored);
      },
    );

    await t.step(
      "a batch that is written again changes nothing, also in part and through another instance",
      async () => {
        const before = await all();
        const chain = createChain(v7());
        const batch = chain.seal([entryWith(), entryWith(), entryWith()]);
        await store.write(batch.slice(0, 2));
        await store.write(batch);
        await Promise.all([store.write(batch), other.write(batch)]);
        const added = (await all()).slice(0, -before.length);
        assert.deepEqual(added.map(withoutId), batch.toReversed());
      },
    );

    await t.step("an event id that is another record's fails the write rather than losing the record", async () => {
      const entry = entryWith();
      await store.write(createChain(v7()).seal([entry]));
      await assert.rejects(store.write(createChain(v7()).seal([entry])), StorageError);
      await assert.rejects(store.write(createChain(v7()).seal([entryWith(), entry])), StorageError);
    });

    await t.step("500 records in one batch keep their order", async () => {
      const chain = createChain(v7());
      const batch = chain.seal(Array.from({ length: 500 }, () => entryWith()));
      await store.write(batch);
      assert.deepEqual((await all({ limit: 500 })).map(({ hash }) => hash), batch.map(({ hash }) => hash).toReversed());
    });

    await t.step(
      "awkward text in every column fails no record of its batch and comes back as it was hashed",
      async () => {
        const chain = createChain(v7());
        const batch = chain.seal(
          Object.values(awkwardTexts).flatMap((text) => [
            entryWith({
              method: text,
              toolName: text,
              principal: text,
              authMethod: text,
              dialect: text,
              transport: text,
              clientName: text,
              clientVersion: text,
              clientAddress: text,
              session: text,
              requestId: text,
              traceId: text,
              params: text,
              result: text,
              replica: text,
            }),
            entryWith(),
          ]),
        );
        await store.write(batch);
        const stored = (await all({ limit: batch.length })).toReversed();
        assert.equal(verifyRecords(stored), undefined);
        for (const [i, record] of stored.entries()) assert.deepEqual(withoutId(record), batch[i]);
        assert.equal(stored.at(-2)?.params.length, 1_048_576);
      },
    );

    await t.step("numbers out of all bounds fail no record", async () => {
      const chain = createChain(v7());
      await store.write(chain.seal([NaN, Infinity, -Infinity, -0, 1e300, 0.5, -1.5].map((number) =>
        entryWith({
          timestampMs: number,
          resultBytes: number,
          resultTokens: number,
          errorCode: number,
          durationMs: number,
        })
      )));
      assert.equal(verifyRecords((await all({ limit: 7 })).toReversed()), undefined);
    });

    await t.step("three writers at once leave three whole chains", async () => {
      const chains = [createChain(v7()), createChain(v7()), createChain(v7())];
      await Promise.all(chains.map(async (chain, i) => {
        for (let n = 0; n < 20; n++) {
          await (i === 0 ? store : other).write(chain.seal([entryWith(), entryWith(), entryWith()]));
        }
      }));
      const stored = (await all({ limit: 180 })).toReversed();
      for (const { id, head } of chains) {
        const records = stored.filter(({ chainId }) => chainId === id);
        assert.equal(records.length, 60);
        assert.equal(verifyRecords(records), undefined);
        assert.equal(records.at(-1)?.hash, head.hash);
      }
    });

    await t.step("records are never changed nor removed", async () => {
      const before = await all();
      const changes = ["UPDATE audit_logs SET method = 'x' WHERE id = 1", "DELETE FROM audit_logs WHERE id = 1"];
      for (const change of changes) {
        await assert.rejects(async () => await subject.sql(change), /audit_logs: the audit log is append-only/);
      }
      assert.deepEqual(await all(), before);
    });
  });

  Deno.test(`${name} finds audit records by each filter, page by page`, async (t) => {
    await using subject = await open();
    const { store } = subject;
    const batch = createChain(v7()).seal(Array.from({ length: 40 }, (_, i) =>
      entryWith({
        toolName: [undefined, "ctx.get", "ctx.set", "a\0tool"][i % 4],
        principal: i % 2 === 0 ? "alice" : "bob",
        outcome: i % 5 === 0 ? "denied" : "ok",
        params: JSON.stringify({ key: `Incident_${i} 50%` }),
        result: JSON.stringify({ value: i === 7 ? "Größe\\" : "ok" }),
        resultTokens: i,
        durationMs: i / 2,
        timestampMs: 1_700_000_000_000 + i,
      })));
    await store.write(batch);

    const cases: readonly [
      name: string,
      query: Omit<AuditQuery, "limit">,
      expected: (record: AuditRecord) => boolean,
    ][] = [
      ["tool", { toolName: "ctx.set" }, ({ toolName }) => toolName === "ctx.set"],
      ["a tool with a NUL", { toolName: "a\0tool" }, ({ toolName }) => toolName === "a\ufffdtool"],
      ["a tool that nobody called", { toolName: "x' OR 1=1 --" }, () => false],
      ["principal", { principal: "bob" }, ({ principal }) => principal === "bob"],
      ["outcome", { outcome: "denied" }, ({ outcome }) => outcome === "denied"],
      ["time from", { fromMs: 1_700_000_000_010 }, ({ timestampMs }) => timestampMs >= 1_700_000_000_010],
      ["time to, exclusive", { toMs: 1_700_000_000_010 }, ({ timestampMs }) => timestampMs < 1_700_000_000_010],
      ["text of the params, in any case", { text: "INCIDENT_7 50%" }, ({ seq }) => seq === 8],
      ["text of the result", { text: "größe" }, ({ seq }) => seq === 8],
      ["text that nobody wrote", { text: "%' OR 1=1 --" }, () => false],
      ["id", { beforeId: 11 }, ({ seq }) => seq < 11],
      [
        "all of them",
        { toolName: "ctx.get", principal: "bob", outcome: "ok", fromMs: 1_700_000_000_003, toMs: 1_700_000_000_030 },
        ({ toolName, outcome, timestampMs }) =>
          toolName === "ctx.get" && outcome === "ok" && timestampMs >= 1_700_000_000_003 &&
          timestampMs < 1_700_000_000_030,
      ],
      ["members that are undefined", { toolName: undefined, beforeId: undefined }, () => true],
    ];
    for (const [filter, query, expected] of cases) {
      await t.step(filter, async () => {
        const found = await store.query({ ...query, limit: 1000 });
        assert.deepEqual(found.map(({ seq }) => seq), batch.filter(expected).map(({ seq }) => seq).toReversed());
      });
    }

    await t.step("sums are by tool and outcome, the most calls first, of some time and one principal", async () => {
      const from = 1_700_000_000_000;
      const all = await store.sums({ fromMs: from });
      assert.equal(all.reduce((sum, { calls }) => sum + calls, 0), 40);
      assert.equal(all.reduce((sum, { tokens }) => sum + tokens, 0), (39 * 40) / 2);
      assert.deepEqual(all.map(({ calls }) => calls), all.map(({ calls }) => calls).sort((a, b) => b - a));
      const [first, ...more] = (await store.sums({ fromMs: from + 1, toMs: from + 10, principal: "bob" }))
        .toSorted((a, b) => b.calls - a.calls || (a.toolName ?? "").localeCompare(b.toolName ?? ""));
      // Of 1, 3, 5, 7 and 9: 5 is denied.
      assert.deepEqual(first, {
        ...{ toolName: "a\ufffdtool", outcome: "ok", calls: 2, tokens: 10, meanMs: 2.5, maxMs: 3.5 },
      });
      assert.deepEqual(more.map(({ calls, outcome }) => [calls, outcome]).sort(), [[1, "denied"], [2, "ok"]]);
      assert.deepEqual(await store.sums({ fromMs: from + 1000 }), []);
    });

    await t.step("pages follow each other without gap or overlap", async () => {
      const seen: StoredAuditRecord[] = [];
      let page: readonly StoredAuditRecord[];
      do {
        page = await store.query({ limit: 7, principal: "alice", beforeId: seen.at(-1)?.id });
        seen.push(...page);
      } while (page.length === 7);
      assert.deepEqual(seen, await store.query({ limit: 1000, principal: "alice" }));
      assert.equal(seen.length, 20);
    });

    await t.step("a limit out of its bounds is refused", async () => {
      for (const limit of [0, -1, 1001, 1.5, NaN]) await assert.rejects(store.query({ limit }), RangeError);
    });
  });
}

function withoutId({ id: _, ...record }: StoredAuditRecord): AuditRecord {
  return record;
}
