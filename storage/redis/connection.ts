import { Cluster, Redis } from "ioredis";
import { Deadlines } from "../deadlines.ts";
import { StorageError } from "../errors.ts";
import type { OnStoreState, StoreState } from "../state.ts";
import { createClient, createListener, endOf, type RedisClient } from "./client.ts";
import { troubleOf } from "./cluster_health.ts";
import { TIMEOUT_MS } from "./options.ts";
import { parseRedisUrl, type RedisTarget } from "./url.ts";

/** An idle connection is asked for a sign of life this often, so that a loss is seen without traffic. */
const PING_INTERVAL_MS = 2_000;
/** Closing takes no longer than this, whatever the server does; a little more than the driver's own timer. */
const CLOSE_TIMEOUT_MS = 400;
/** Reasons that are told in one outage. */
const REASONS_MAX = 8;
/** As the driver words it, of a command. */
const TIMED_OUT = "Command timed out";

/** A script of Redis. */
export interface Script {
  readonly lua: string;
  readonly numberOfKeys?: number;
}

/** One connection to Redis, of one server or of a Cluster, that comes back by itself; what the Redis adapters share. */
export interface RedisConnection extends AsyncDisposable {
  /** `host:port`, or several of them. */
  readonly address: string;
  /** Whether it may give its role to another that has not got all of its writes. */
  readonly failsOver: boolean;
  /** Of a Cluster `connected` means that all of it answers. */
  state(): Exclude<StoreState, "embedded">;
  /**
   * Gives the client to `command` if it is connected. Calls made before the first attempt to connect has ended wait
   * for it.
   * @param action what is being done, for the message: `get context "version"`
   * @throws {StorageError} when Redis is away, does not answer within 1 s, or answers with an error.
   */
  run<T>(action: string, command: (client: RedisClient) => Promise<T>): Promise<T>;
  /** As `run`, on each server that holds a part of the keys: on every master of a Cluster. */
  runOnEach<T>(action: string, command: (client: Redis) => Promise<T>): Promise<readonly T[]>;
  /**
   * Makes a script a command of the client, sent by its digest (EVALSHA) once the server knows it.
   * @param script without a number of keys the command takes it as its first argument
   */
  define(name: string, script: Script): void;
  /** Calls back at each connect and each change of a Cluster's nodes from now on, and at once where it is connected. */
  onConnect(listener: () => void): void;
  /**
   * A further connection to the same server, or to any one node of the Cluster, to listen by; its owner disposes it.
   * @param configure is given the new client before it connects, to listen to its events
   */
  duplicate(configure: (client: Redis) => void): RedisConnection;
}

/**
 * Connects in the background, and again after each loss, for ever; it never throws for a server that is away.
 *
 * `onState` hears of each change, and in an outage of each new reason once (a server that first refuses the
 * connection may then refuse the password).
 * @param url as `parseRedisUrl` reads it
 * @throws {StorageError} when the URL is no such URL.
 */
export function openRedis(url: string, options: { readonly onState: OnStoreState }): RedisConnection {
  return new Connection(parseRedisUrl(url), options.onState);
}

class Connection implements RedisConnection {
  readonly #target: RedisTarget;
  readonly #onState: OnStoreState;
  readonly #client: RedisClient;
  /** Of the commands under way. */
  readonly #deadlines = new Deadlines(TIMEOUT_MS);
  readonly #firstAttempt = Promise.withResolvers<void>();
  readonly #firstAttemptTimer: ReturnType<typeof setTimeout>;
  readonly #watchTimer: ReturnType<typeof setInterval>;
  readonly #reasonsTold = new Set<string>();
  readonly #listeners: (() => void)[] = [];
  /** Why the last attempt failed, or the connection was lost; empty while all is well. */
  #reason = "";
  #attemptFailed = false;
  /** Whether a part of a Cluster that is connected is away. */
  #isTroubled = false;
  /** Whether a Cluster's nodes changed since it was last looked at. */
  #isChanged = false;
  #looking: Promise<void> | undefined;
  #closing = false;

  constructor(target: RedisTarget, onState: OnStoreState, client = createClient(target)) {
    this.#target = target;
    this.#onState = onState;
    this.#firstAttemptTimer = setTimeout(this.#firstAttempt.resolve, TIMEOUT_MS);
    this.#client = client;
    client.on("connecting", () => this.#attemptFailed = false);
    client.on("error", (error: Error) => this.#failed(error));
    client.on("ready", () => this.#connected());
    client.on("close", () => this.#disconnected());
    // Of a Cluster: the reason behind its "error".
    client.on("node error", (error: Error) => this.#failed(error));
    client.on("+node", () => this.#nodesChanged());
    client.on("-node", () => this.#nodesChanged());
    this.#watchTimer = setInterval(() => this.#watch(), PING_INTERVAL_MS);
  }

  get address(): string {
    return this.#target.address;
  }

  get failsOver(): boolean {
    return this.#target.kind === "sentinel";
  }

  state(): "connected" | "disconnected" {
    return this.#client.status === "ready" && !this.#isTroubled ? "connected" : "disconnected";
  }

  async run<T>(action: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#client.status !== "ready") await this.#firstAttempt.promise;
    if (this.#client.status !== "ready") {
      throw this.#storageError(action, `is not connected${this.#because()}`);
    }
    try {
      return await this.#inTime(command(this.#client));
    } catch (error) {
      // Only the driver runs in `command`, and it rejects with errors alone.
      const cause = withoutArguments(error as Error);
      throw this.#storageError(action, this.#describeFailure(cause), { cause });
    }
  }

  async runOnEach<T>(action: string, command: (client: Redis) => Promise<T>): Promise<readonly T[]> {
    // Of a part that is away the driver knows nothing: what the others say would pass for all of it.
    if (this.#isTroubled) throw this.#storageError(action, `is not connected${this.#because()}`);
    return await this.run(
      action,
      (client) => Promise.all(client instanceof Cluster ? client.nodes("master").map(command) : [command(client)]),
    );
  }

  define(name: string, script: Script): void {
    this.#client.defineCommand(name, script);
  }

  onConnect(listener: () => void): void {
    this.#listeners.push(listener);
    if (this.#client.status === "ready") listener();
  }

  duplicate(configure: (client: Redis) => void): RedisConnection {
    const client = createListener(this.#target, this.#client);
    configure(client);
    return new Connection(this.#target, () => {}, client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#watchTimer);
    const { promise, resolve } = Promise.withResolvers<void>();
    // Between two attempts the driver ends without saying so, and leaves a timer: hence a wait with a deadline.
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    endOf(this.#client).then(resolve);
    this.#client.disconnect();
    await promise;
    clearTimeout(timer);
    await this.#looking;
    this.#endFirstAttempt();
  }

  #inTime<T>(answer: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const deadline = this.#deadlines.begin(() => reject(new Error(TIMED_OUT)));
    answer.then(
      (value) => {
        this.#deadlines.end(deadline);
        resolve(value);
      },
      (error) => {
        this.#deadlines.end(deadline);
        reject(error);
      },
    );
    return promise;
  }

  #connected(): void {
    this.#endFirstAttempt();
    this.#reason = "";
    this.#isTroubled = false;
    this.#reasonsTold.clear();
    this.#onState("connected", { address: this.address });
    for (const listener of this.#listeners) listener();
  }

  #nodesChanged(): void {
    this.#isChanged = true;
    this.#watch();
  }

  #watch(): void {
    if (this.#closing || this.#client.status !== "ready") return;
    if (this.#client instanceof Cluster) this.#looking ??= this.#look(this.#client);
    // A failed ping needs no answer here: the driver's socket timeout closes a connection that is silent.
    else this.#client.ping().catch(() => {});
  }

  /** The driver is content with one node of a Cluster: whether the others are there is looked up. */
  async #look(cluster: Cluster): Promise<void> {
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    const trouble = await troubleOf(cluster);
    this.#looking = undefined;
    if (this.#closing || cluster.status !== "ready") return;
    if (trouble !== undefined) {
      this.#isTroubled = true;
      this.#reason = trouble;
      this.#disconnected();
    } else if (this.#isTroubled) {
      this.#connected();
    } else if (isChanged) {
      for (const listener of this.#listeners) listener();
    }
  }

  #failed(error: Error): void {
    // A node of a Cluster that is connected: what that means is looked up.
    if (this.#client instanceof Cluster && this.#client.status === "ready") return this.#watch();
    // Of a Cluster: what the driver says of a node whose own reason is told as well.
    if (this.#client instanceof Cluster && error.message === "Connection is closed.") return;
    // The first error of an attempt is its cause, the others follow from it.
    if (!this.#attemptFailed) this.#reason = isTimeout(error) ? `No answer within ${TIMEOUT_MS} ms` : error.message;
    this.#attemptFailed = true;
    // None of the Sentinels answers: the driver goes on asking them, and no connection will have been closed.
    if (this.#target.kind === "sentinel" && this.#client.status === "connecting") this.#disconnected();
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
