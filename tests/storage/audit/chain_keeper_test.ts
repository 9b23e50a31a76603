import assert from "node:assert/strict";
import type { ChainClosing } from "../../../storage/chain_register.ts";
import { createChain } from "../../../storage/audit/chain.ts";
import { createChainKeeper } from "../../../storage/audit/chain_keeper.ts";
import type { Checkpoint } from "../../../storage/audit/checkpoint.ts";
import { createGroupCommitLog } from "../../../storage/audit/group_commit.ts";
import { isCheckpointSigned, isClosingSigned, isOpeningSigned } from "../../../storage/audit/statements.ts";
import { StorageError } from "../../../storage/errors.ts";
import { newSigner } from "../../contracts/audit_chains.ts";
import { entryWith } from "../../contracts/audit_entries.ts";
import { manualClock } from "../../contracts/manual_clock.ts";
import { createControlledStore } from "./controlled_store.ts";

/** A log as the server has it, on a store whose writes end when the test says so. */
function open(
  options: { checkpointMs?: number; close?: (closing: ChainClosing) => Promise<void>; flushMs?: number } = {},
) {
  const clock = manualClock();
  const store = createControlledStore();
  const checkpoints: Checkpoint[] = [];
  const closings: ChainClosing[] = [];
  const unclosed: unknown[] = [];
  const waiting = new Set<() => void>();
  const keeper = createChainKeeper({
    chainId: "one",
    replica: "replica-1",
    version: "1.2.3",
    signer: newSigner(),
    register: { close: options.close ?? ((closing) => Promise.resolve(void closings.push(closing))) },
    clock,
    checkpointMs: options.checkpointMs ?? 60_000,
    onCheckpoint(checkpoint) {
      checkpoints.push(checkpoint);
      for (const check of [...waiting]) check();
    },
    onUnclosed: (error) => unclosed.push(error),
  });
  const log = createGroupCommitLog(store, createChain("one", keeper.opening), {
    clock,
    onHead: keeper.moved,
    beforeClose: keeper.end,
    flushMs: options.flushMs ?? 2500,
  });
  const checkpointed = async (count: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => checkpoints.length >= count && resolve();
    waiting.add(check);
    check();
    await promise;
    waiting.delete(check);
  };
  /** Appends one record and lets the store take it. */
  const append = async () => {
    const appended = log.append(entryWith());
    (await store.nth(store.writes.length)).succeed();
    await appended;
  };
  return { clock, store, keeper, log, checkpoints, closings, unclosed, checkpointed, append };
}

Deno.test("the opening goes with the first record and with no other, signed", async () => {
  const { clock, store, keeper, log, append } = open();
  await append();
  await append();
  const records = store.writes.flatMap(({ batch }) => batch);
  assert.deepEqual(records.map(({ opening }) => opening), [keeper.opening, undefined]);
  const { replica, version, openedAtMs, chainId } = keeper.opening;
  assert.deepEqual([chainId, replica, version, openedAtMs], ["one", "replica-1", "1.2.3", clock.now()]);
  assert(isOpeningSigned(keeper.opening));
  await log[Symbol.asyncDispose]();
});

Deno.test("the first durable batch is checkpointed at once, and none before it is durable", async () => {
  const { clock, store, log, checkpoints } = open();
  const appended = [log.append(entryWith()), log.append(entryWith())];
  const write = await store.nth(0);
  assert.equal(checkpoints.length, 0);
  clock.advance(5);
  write.succeed();
  await Promise.all(appended);
  const [checkpoint] = checkpoints;
  assert(checkpoint && isCheckpointSigned(checkpoint));
  const last = write.batch.at(-1);
  assert.deepEqual(
    [checkpoint.chainId, checkpoint.seq, checkpoint.hash, checkpoint.atMs],
    ["one", 2, last?.hash, clock.now()],
  );
  await log[Symbol.asyncDispose]();
});

Deno.test("later heads are checkpointed by the timer, each once", async () => {
  const { log, checkpoints, checkpointed, append } = open({ checkpointMs: 5 });
  await append();
  await append();
  await append();
  await checkpointed(2);
  await append();
  await checkpointed(3);
  const seqs = checkpoints.map(({ seq }) => seq);
  assert.equal(new Set(seqs).size, seqs.length, `${seqs}`);
  assert.equal(seqs.at(-1), 4);
  await log[Symbol.asyncDispose]();
  assert.equal(checkpoints.at(-1)?.seq, 4);
});

Deno.test("an orderly stop flushes, checkpoints the last head and closes the chain", async () => {
  const { store, keeper, log, checkpoints, closings, unclosed, append } = open();
  await append();
  const appended = log.append(entryWith());
  const stopped = log[Symbol.asyncDispose]();
  (await store.nth(1)).succeed();
  await Promise.all([appended, stopped]);
  const last = store.writes[1]?.batch.at(-1);
  assert.deepEqual(checkpoints.map(({ seq }) => seq), [1, 2]);
  assert.deepEqual(closings.map(({ seq, hash }) => [seq, hash]), [[2, last?.hash]]);
  const [closing] = closings;
  assert(closing && isClosingSigned(closing, keeper.opening.publicKey));
  assert.deepEqual(unclosed, []);
});

Deno.test("a chain without a record leaves nothing behind", async () => {
  const { log, checkpoints, closings } = open();
  await log[Symbol.asyncDispose]();
  assert.deepEqual([checkpoints, closings], [[], []]);
});

Deno.test("a stop that has to give up records closes no chain, and checkpoints what is durable", async () => {
  const { store, log, checkpoints, closings, append } = open({ flushMs: 5 });
  await append();
  const lost = assert.rejects(log.append(entryWith()), StorageError);
  const write = await store.nth(1);
  await log[Symbol.asyncDispose]();
  await lost;
  write.succeed();
  assert.deepEqual([checkpoints.map(({ seq }) => seq), closings], [[1], []]);
});

for (
  const [what, close] of [
    ["fails", () => Promise.reject(new StorageError("The store is away"))],
    ["never ends", () => new Promise<void>(() => {})],
  ] as const
) {
  Deno.test(`a closing that ${what} holds up no stop, and is told`, async () => {
    const { log, unclosed, append } = open({ close });
    await append();
    await log[Symbol.asyncDispose]();
    assert.equal(unclosed.length, 1);
  });
}
