import process from "node:process";
import type {
  AuditEntry,
  AuditQuery,
  AuditScanQuery,
  AuditState,
  AuditStore,
  AuditSumQuery,
  QueuedAuditLog,
  SealedRecord,
} from "../audit_log.ts";
import type { Clock } from "../clock.ts";
import { StorageError } from "../errors.ts";
import { nextTurn } from "../next_turn.ts";
import type { Chain, ChainHead } from "./chain.ts";
import { isEventId } from "./storable.ts";

const RETRY_MS_MIN = 25;
const RETRY_MS_MAX = 500;
/**
 * Callers told in one turn of the event loop that their records are durable: each goes on with its call in that turn. As
 * many as begin in one, or callers would wait here while the store has nothing to do.
 */
const ANSWERED_AT_ONCE = 256;
/** What a record weighs besides its params and its result, roughly. */
const RECORD_CHARS = 1024;

export interface GroupCommitOptions {
  readonly clock: Clock;
  /** Records that may wait, those in flight included; beyond it `append` is refused. */
  readonly queueMax?: number;
  /** Characters that may wait: what bounds the memory where records are large. */
  readonly queueCharsMax?: number;
  /** Records in one write. */
  readonly batchMax?: number;
  /** Characters in one write; a larger record goes alone. */
  readonly batchCharsMax?: number;
  /** Milliseconds that `append` waits for its record to be durable. */
  readonly deadlineMs?: number;
  /** Milliseconds that an orderly stop waits for what is queued. */
  readonly flushMs?: number;
  /** Told of each batch that became durable: its records, and milliseconds since it was first tried. Must not throw. */
  readonly onCommit?: (records: number, durationMs: number) => void;
  /** Told of the chain's head as each batch becomes durable. Must not throw. */
  readonly onHead?: (head: ChainHead) => void;
  /** Awaited at the orderly stop before the store is closed; `flushed`: nothing was given up. Must not reject. */
  readonly beforeClose?: (flushed: boolean) => Promise<void>;
  /** Told once when writes begin to fail. Must not throw. */
  readonly onOutage?: (error: unknown) => void;
  /** Told once when they succeed again. Must not throw. */
  readonly onRecovery?: () => void;
}

/** An appended record, and who waits for it. */
interface Waiter {
  readonly record: SealedRecord;
  readonly chars: number;
  readonly dueMs: number;
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

/**
 * A log that writes one batch at a time: the first append on an idle log goes at once, and everything that is appended
 * while it is being written goes with the next. A record is sealed once, when it is appended; a batch keeps its order,
 * and is tried again unchanged until the store has it; no later record overtakes it.
 */
export function createGroupCommitLog(
  store: AuditStore,
  chain: Chain,
  options: GroupCommitOptions,
): QueuedAuditLog {
  return new GroupCommitLog(store, chain, options);
}

class GroupCommitLog implements QueuedAuditLog {
  readonly #store: AuditStore;
  readonly #chain: Chain;
  readonly #options:
    & Required<Omit<GroupCommitOptions, "onCommit" | "onHead" | "beforeClose" | "onOutage" | "onRecovery">>
    & GroupCommitOptions;
  #waiting: Waiter[] = [];
  #inFlight: readonly Waiter[] = [];
  /** Written, and not yet told. */
  readonly #durable: Waiter[] = [];
  /** Of all that waits and is in flight. */
  #chars = 0;
  #running = false;
  #lastError: unknown;
  #failing = false;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** Ends the pause before the next try. */
  #retryNow: (() => void) | undefined;
  /** `closing` writes what is queued and takes nothing more; `closed` gives up. */
  #phase: "open" | "closing" | "closed" = "open";
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: AuditStore, chain: Chain, options: GroupCommitOptions) {
    this.#store = store;
    this.#chain = chain;
    this.#options = {
      queueMax: 10_000,
      queueCharsMax: 32 * 1_048_576,
      batchMax: 500,
      batchCharsMax: 4 * 1_048_576,
      deadlineMs: 5000,
      flushMs: 2500,
      ...options,
    };
  }

  get queued(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  get unanswered(): number {
    return this.queued + this.#durable.length;
  }

  get state(): AuditState {
    if (this.#full) return "full";
    if (this.#failing || !this.#store.available) return "away";
    return this.#store.spooling ? "spooling" : "ready";
  }

  get room(): number {
    return this.#options.queueMax - this.queued;
  }

  get #full(): boolean {
    return this.room <= 0 || this.#chars >= this.#options.queueCharsMax;
  }

  get #closed(): boolean {
    return this.#phase === "closed";
  }

  append(entry: AuditEntry): Promise<void> {
    const refusal = this.#refusal(entry);
    if (refusal !== undefined) return Promise.reject(new StorageError(`Cannot append to the audit log: ${refusal}`));
    const chars = entry.params.length + entry.result.length + RECORD_CHARS;
    const dueMs = this.#options.clock.elapsed() + this.#options.deadlineMs;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Now, and not with its batch: between two writes the store would wait for hundreds of hashes.
    for (const record of this.#chain.seal([entry])) this.#waiting.push({ record, chars, dueMs, resolve, reject });
    this.#chars += chars;
    this.#deadline ??= setTimeout(this.#rejectOverdue, this.#options.deadlineMs);
    if (!this.#running) {
      this.#running = true;
      // What else is appended before the event loop goes on goes along: an embedded store writes without letting more come.
      process.nextTick(() => this.#run());
    }
    return promise;
  }

  query(query: AuditQuery): ReturnType<QueuedAuditLog["query"]> {
    return this.#store.query(query);
  }

  scan(query: AuditScanQuery): ReturnType<QueuedAuditLog["scan"]> {
    return this.#store.scan(query);
  }

  sums(query: AuditSumQuery): ReturnType<QueuedAuditLog["sums"]> {
    return this.#store.sums(query);
  }

  /** Writes what is queued, for as long as `flushMs`, and closes the store. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  #refusal({ eventId }: AuditEntry): string | undefined {
    if (this.#phase !== "open") return "it is closed";
    if (this.#full) return `${this.queued} records wait to be written already`;
    if (!isEventId(eventId)) return `expected a UUID as event id, but got ${JSON.stringify(eventId)}`;
    return undefined;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#inFlight = this.#take();
      const written = await this.#write(batch.map(({ record }) => record));
      if (!written) break;
      this.#inFlight = [];
      for (const { chars } of batch) this.#chars -= chars;
      this.#durable.push(...batch);
      // Others are being answered already where some are left.
      if (this.#durable.length === batch.length) this.#answer();
    }
    this.#running = false;
    this.#onIdle?.();
  }

  /** The next write is under way meanwhile. */
  readonly #answer = () => {
    for (const { resolve } of this.#durable.splice(0, ANSWERED_AT_ONCE)) resolve();
    if (this.#durable.length > 0) nextTurn(this.#answer);
  };

  /** The oldest that fit into one write, at least one. */
  #take(): readonly Waiter[] {
    const { batchMax, batchCharsMax } = this.#options;
    let count = 0;
    let chars = 0;
    for (const waiter of this.#waiting) {
      chars += waiter.chars;
      if (count === batchMax || (count > 0 && chars > batchCharsMax)) break;
      count++;
    }
    if (count < this.#waiting.length) return this.#waiting.splice(0, count);
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  /** @returns false when the log was closed before the store had the batch. */
  async #write(records: readonly SealedRecord[]): Promise<boolean> {
    const { clock, onCommit, onHead, onOutage, onRecovery } = this.#options;
    const startedMs = clock.elapsed();
    for (let pauseMs = RETRY_MS_MIN; !this.#closed; pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX)) {
      try {
        await this.#store.write(records);
      } catch (error) {
        this.#lastError = error;
        if (!this.#failing) {
          this.#failing = true;
          onOutage?.(error);
        }
        if (!this.#closed) await this.#pause(pauseMs);
        continue;
      }
      onCommit?.(records.length, clock.elapsed() - startedMs);
      const last = records.at(-1);
      if (last) onHead?.({ seq: last.seq, hash: last.hash });
      if (this.#failing) {
        this.#failing = false;
        onRecovery?.();
      }
      return true;
    }
    return false;
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#retryNow = resolve;
    await promise;
    clearTimeout(timer);
    this.#retryNow = undefined;
  }

  /** One timer for all: the oldest is due first. It goes on while appends come; rejecting again does nothing. */
  readonly #rejectOverdue = () => {
    const nowMs = this.#options.clock.elapsed();
    this.#deadline = undefined;
    for (const waiter of [...this.#inFlight, ...this.#waiting]) {
      if (waiter.dueMs > nowMs) {
        this.#deadline = setTimeout(this.#rejectOverdue, waiter.dueMs - nowMs);
        return;
      }
      waiter.reject(this.#notDurable(`within ${this.#options.deadlineMs} ms: it is still retried`));
    }
  };

  #notDurable(fate: string): StorageError {
    return new StorageError(`The audit log could not keep the record ${fate}`, { cause: this.#lastError });
  }

  async #close(): Promise<void> {
    this.#phase = "closing";
    if (this.#running) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, this.#options.flushMs);
      this.#onIdle = resolve;
      this.#retryNow?.();
      await promise;
      clearTimeout(timer);
    }
    this.#phase = "closed";
    this.#retryNow?.();
    clearTimeout(this.#deadline);
    for (const { reject } of [...this.#inFlight, ...this.#waiting]) reject(this.#notDurable("before it was closed"));
    await this.#options.beforeClose?.(this.queued === 0);
    await this.#store[Symbol.asyncDispose]();
  }
}
