import assert from "node:assert/strict";
import type { AuditStore, SealedRecord } from "../../../storage/audit_log.ts";

/** A write that waits for the test to say how it ends. */
export interface PendingWrite {
  readonly batch: readonly SealedRecord[];
  succeed(): void;
  fail(error: unknown): void;
}

/** A store whose writes end when the test says so. */
export interface ControlledStore extends AuditStore {
  available: boolean;
  readonly disposed: boolean;
  /** Writes begun so far, one after the other. */
  readonly writes: readonly PendingWrite[];
  /** The nth write, from 0, once it has begun. @throws after 5 s */
  write: AuditStore["write"];
  nth(n: number): Promise<PendingWrite>;
}

export function createControlledStore(): ControlledStore {
  const writes: PendingWrite[] = [];
  const begun = new Set<() => void>();
  let inFlight = 0;
  let disposed = false;
  return {
    available: true,
    writes,
    get disposed() {
      return disposed;
    },
    write(batch) {
      assert.equal(++inFlight, 1, "one write at a time");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      writes.push({ batch, succeed: resolve, fail: reject });
      for (const check of [...begun]) check();
      return promise.finally(() => inFlight--);
    },
    query: () => Promise.resolve([]),
    scan: () => Promise.resolve({ records: [], next: undefined, isOverdue: false }),
    sums: () => Promise.resolve([]),
    async nth(n) {
      const { promise, resolve, reject } = Promise.withResolvers<PendingWrite>();
      const check = () => {
        const write = writes[n];
        if (write) resolve(write);
      };
      const timer = setTimeout(() => reject(new Error(`Write ${n} did not begin: there were ${writes.length}`)), 5000);
      begun.add(check);
      check();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        begun.delete(check);
      }
    },
    [Symbol.asyncDispose]() {
      disposed = true;
      return Promise.resolve();
    },
  };
}
