import { openRedis, type RedisConnection } from "../../../storage/redis/connection.ts";
import type { StoreState } from "../../../storage/state.ts";

/** A connection with all that it told of its state. */
export interface ObservedRedis extends AsyncDisposable {
  readonly redis: RedisConnection;
  /** `connected 127.0.0.1:6379`, `disconnected 127.0.0.1:6379 Connection closed`, … */
  readonly told: readonly string[];
  /** Resolves once it is in that state, and has told a reason with that text. @throws after 5 s: it heals sooner. */
  reached(state: StoreState, reason?: string, timeoutMs?: number): Promise<void>;
}

export function observeRedis(url: string): ObservedRedis {
  const told: string[] = [];
  let wake = () => {};
  const redis = openRedis(url, {
    onState(state, { address, reason }) {
      told.push([state, address, reason].filter(Boolean).join(" "));
      wake();
    },
  });
  return {
    redis,
    told,
    async reached(state, reason = "", timeoutMs = 5_000) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      wake = () => {
        const last = told.at(-1) ?? "";
        if (last.startsWith(`${state} `) && last.includes(reason) && redis.state() === state) resolve();
      };
      wake();
      const timer = setTimeout(
        () => reject(new Error(`Not ${state} in ${timeoutMs} ms; told: ${told.join(", ")}`)),
        timeoutMs,
      );
      try {
        await promise;
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

/** Milliseconds that a promise takes. */
export async function elapsedMs(promise: PromiseLike<unknown>): Promise<number> {
  const start = performance.now();
  await promise;
  return performance.now() - start;
}

/** The error that a promise rejects with. @throws when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("Expected an error");
}
