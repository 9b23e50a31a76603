import { Redis } from "ioredis";
import { StorageError } from "../errors.ts";
import type { OnStoreState, StoreState } from "../state.ts";
import { redisOptions, TIMEOUT_MS } from "./options.ts";
import { parseRedisUrl, type RedisTarget } from "./url.ts";

/** An idle connection is asked for a sign of life this often, so that a loss is seen without traffic. */
const PING_INTERVAL_MS = 2_000;
/** Closing takes no longer than this, whatever the server does; a little more than the driver's own timer. */
const CLOSE_TIMEOUT_MS = 400;
/** Reasons that are told in one outage. */
const REASONS_MAX = 8;

/** One connection to Redis that comes back by itself; what the Redis adapters share. */
export interface RedisConnection extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  state(): Exclude<StoreState, "embedded">;
  /**
   * Gives the client to `command` if it is connected. Calls made before the first attempt to connect has ended wait
   * for it.
   * @param action what is being done, for the message: `get context "version"`
   * @throws {StorageError} when Redis is away, does not answer within 1 s, or answers with an error.
   */
  run<T>(action: string, command: (client: Redis) => Promise<T>): Promise<T>;
  /** Makes a script a command of the client, sent by its digest (EVALSHA) once the server knows it. */
  define(name: string, script: { readonly numberOfKeys: number; readonly lua: string }): void;
  /** Calls back at each connect from now on, and at once where it is connected. */
  onConnect(listener: () => void): void;
  /**
   * A further connection to the same server, which its owner disposes.
   * @param configure is given the new client before it connects, to listen to its events
   */
  duplicate(configure: (client: Redis) => void): RedisConnection;
}

/**
 * Connects in the background, and again after each loss, for ever; it never throws for a server that is away.
 *
 * `onState` hears of each change, and in an outage of each new reason once (a server that first refuses the
 * connection may then refuse the password).
 * @param url `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS
 * @throws {StorageError} when the URL is no such URL.
 */
export function openRedis(url: string, options: { readonly onState: OnStoreState }): RedisConnection {
  return new Connection(parseRedisUrl(url), options.onState);
}

class Connection implements RedisConnection {
  readonly #target: RedisTarget;
  readonly #onState: OnStoreState;
  readonly #client: Redis;
  readonly #firstAttempt = Promise.withResolvers<void>();
  readonly #firstAttemptTimer: ReturnType<typeof setTimeout>;
  readonly #pingTimer: ReturnType<typeof setInterval>;
  readonly #reasonsTold = new Set<string>();
  /** Why the last attempt failed, or the connection was lost; empty while all is well. */
  #reason = "";
  #attemptFailed = false;
  #closing = false;

  constructor(target: RedisTarget, onState: OnStoreState) {
    this.#target = target;
    this.#onState = onState;
    this.#firstAttemptTimer = setTimeout(this.#firstAttempt.resolve, TIMEOUT_MS);
    const client = this.#client = new Redis(redisOptions(target));
    client.on("connecting", () => this.#attemptFailed = false);
    client.on("error", (error: Error) => this.#failed(error));
    client.on("ready", () => this.#connected());
    client.on("close", () => this.#disconnected());
    // A failed ping needs no answer here: the driver's socket timeout closes a connection that is silent.
    this.#pingTimer = setInterval(() => client.status === "ready" && client.ping().catch(() => {}), PING_INTERVAL_MS);
  }

  get address(): string {
    return this.#target.address;
  }

  state(): "connected" | "disconnected" {
    return this.#client.status === "ready" ? "connected" : "disconnected";
  }

  async run<T>(action: string, command: (client: Redis) => Promise<T>): Promise<T> {
    if (this.#client.status !== "ready") await this.#firstAttempt.promise;
    if (this.#client.status !== "ready") {
      throw this.#storageError(action, `is not connected${this.#because()}`);
    }
    try {
      return await command(this.#client);
    } catch (error) {
      // Only the driver runs in `command`, and it rejects with errors alone.
      const cause = withoutArguments(error as Error);
      throw this.#storageError(action, this.#describeFailure(cause), { cause });
    }
  }

  define(name: string, script: { readonly numberOfKeys: number; readonly lua: string }): void {
    this.#client.defineCommand(name, script);
  }

  onConnect(listener: () => void): void {
    this.#client.on("ready", listener);
    if (this.#client.status === "ready") listener();
  }

  duplicate(configure: (client: Redis) => void): RedisConnection {
    const duplicate = new Connection(this.#target, () => {});
    configure(duplicate.#client);
    return duplicate;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#pingTimer);
    const { promise, resolve } = Promise.withResolvers<void>();
    // Between two attempts the driver ends without saying so, and leaves a timer: hence a wait with a deadline.
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    this.#client.once("end", resolve);
    this.#client.disconnect();
    await promise;
    clearTimeout(timer);
    this.#endFirstAttempt();
  }

  #connected(): void {
    this.#endFirstAttempt();
    this.#reason = "";
    this.#reasonsTold.clear();
    this.#onState("connected", { address: this.address });
  }

  #failed(error: Error): void {
    // The first error of an attempt is its cause, the others follow from it.
    if (!this.#attemptFailed) this.#reason = isTimeout(error) ? `No answer within ${TIMEOUT_MS} ms` : error.message;
    this.#attemptFailed = true;
    // Where SELECT fails the driver would go on with database 0: no connection is better than somebody else's keys.
    if (this.#client.status === "connect" && isReply(error)) this.#client.disconnect(true);
  }

  #disconnected(): void {
    this.#endFirstAttempt();
    if (this.#closing) return;
    const reason = this.#reason ||= "Connection closed";
    if (this.#reasonsTold.has(reason) || this.#reasonsTold.size === REASONS_MAX) return;
    this.#reasonsTold.add(reason);
    this.#onState("disconnected", { address: this.address, reason });
  }

  #endFirstAttempt(): void {
    clearTimeout(this.#firstAttemptTimer);
    this.#firstAttempt.resolve();
  }

  #describeFailure(error: Error): string {
    if (isReply(error)) return `answered ${JSON.stringify(error.message)}`;
    if (isTimeout(error)) return `did not answer within ${TIMEOUT_MS} ms`;
    return `was disconnected${this.#because()}`;
  }

  #because(): string {
    return this.#reason && `: ${this.#reason}`;
  }

  #storageError(action: string, what: string, options?: ErrorOptions): StorageError {
    return new StorageError(`Cannot ${action}: Redis at ${this.address} ${what}`, options);
  }
}

function isReply(error: Error): boolean {
  return error.name === "ReplyError";
}

/** Of a command, or of the whole connection. */
function isTimeout(error: Error): boolean {
  return /^(Command timed out|Socket timeout)/.test(error.message);
}

/** The driver hangs the whole command on its error: context values and passwords must not reach a log that way. */
function withoutArguments(error: Error & { command?: unknown }): Error {
  delete error.command;
  return error;
}
