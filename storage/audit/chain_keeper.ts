import { setInterval } from "node:timers";
import type { Clock } from "../clock.ts";
import { type ChainHead, GENESIS } from "./chain.ts";
import type { ChainOpening, ChainRegister } from "../chain_register.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Signer } from "./signing.ts";
import { signCheckpoint, signClosing, signOpening } from "./statements.ts";
import { name } from "./storable.ts";

/** Milliseconds that an orderly stop waits for the closing: the store has just taken the last batch. */
const CLOSE_MS = 1000;

export interface ChainKeeperOptions {
  readonly chainId: string;
  readonly replica: string;
  /** Of the server. */
  readonly version: string;
  readonly signer: Signer;
  readonly register: ChainRegister;
  readonly clock: Clock;
  /** Milliseconds between two checkpoints. */
  readonly checkpointMs: number;
  /** Takes a checkpoint out of the database's reach. Must not throw. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => void;
  /** Told that the closing could not be written. Must not throw. */
  readonly onUnclosed: (error: unknown) => void;
}

/** Says of one chain what others check it by: its opening, its checkpoints, its closing. */
export interface ChainKeeper {
  /** For the chain's first record to carry. */
  readonly opening: ChainOpening;
  /** The last one that was given out. */
  readonly checkpoint: Checkpoint | undefined;
  /** Takes note of the head that became durable; the first is checkpointed at once. */
  moved(head: ChainHead): void;
  /** The last checkpoint and, where nothing was given up, the closing. Never rejects. @param flushed all is durable */
  end(flushed: boolean): Promise<void>;
}

/** Keeps a chain; its timer holds no process open, and `end` stops it. */
export function createChainKeeper(options: ChainKeeperOptions): ChainKeeper {
  const { signer, register, clock } = options;
  const chainId = name(options.chainId);
  let head = GENESIS;
  let last: Checkpoint | undefined;
  const timer = setInterval(checkpoint, options.checkpointMs).unref();

  function checkpoint(): void {
    if (head.seq === (last?.seq ?? GENESIS.seq)) return;
    last = signCheckpoint({ chainId, ...head, atMs: clock.now() }, signer);
    options.onCheckpoint(last);
  }

  async function close(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const deadline = setTimeout(() => reject(new Error(`No answer within ${CLOSE_MS} ms`)), CLOSE_MS);
    try {
      await Promise.race([register.close(signClosing({ chainId, ...head, closedAtMs: clock.now() }, signer)), late]);
    } catch (error) {
      // The chain then ends as after a crash: a verifier says so, and nothing is lost.
      options.onUnclosed(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  return {
    opening: signOpening({
      chainId,
      replica: name(options.replica),
      version: options.version,
      openedAtMs: clock.now(),
    }, signer),
    get checkpoint() {
      return last;
    },
    moved(durable) {
      const first = head === GENESIS;
      head = durable;
      if (first) checkpoint();
    },
    async end(flushed) {
      clearInterval(timer);
      checkpoint();
      if (flushed && head !== GENESIS) await close();
    },
  };
}
