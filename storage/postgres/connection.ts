import { StorageError } from "../errors.ts";
import type { OnStoreState } from "../state.ts";
import {
  DeadlineError,
  type Parameter,
  type PostgresResult,
  type PostgresSession,
  Session,
  type SessionOptions,
} from "./session.ts";
import { parseTarget, type PostgresEnvironment, type PostgresHost, printHost, printTarget } from "./target.ts";
import { tlsOptions } from "./tls.ts";

/** Milliseconds for a statement: below the 5 s that an append waits, so that a second try is possible. */
const DEADLINE_MS = 4000;
/** Milliseconds between two tries while the server is away: soon at first, then so that a wrong password is no storm. */
const PROBE_MS_MIN = 125;
const PROBE_MS_MAX = 1000;
/** Milliseconds that an orderly end may take. */
const END_MS = 500;

export interface PostgresOptions {
  readonly onState: OnStoreState;
  /** `PGHOST` and its kin, for what the URL leaves out. */
  readonly environment: PostgresEnvironment;
  readonly deadlineMs?: number;
}

/** Work of its own kind has its own connection: an append never waits for somebody's long reading. */
export type Lane = "read" | "write";

/** @throws {StorageError} when the server will not do. */
export type ConnectStep = (session: PostgresSession) => Promise<void>;

/** A Postgres that may be away: it is looked for in the background from the start, and again whenever it is lost. */
export interface PostgresConnection extends AsyncDisposable {
  /** `host:port/database`, or `host:port,host:port/database`. */
  readonly address: string;
  /** `connecting` until the first try has ended. */
  readonly state: "connecting" | "connected" | "disconnected";
  /**
   * Runs one statement. While the server is known to be away it fails at once.
   * @throws {StorageError} when the server is away, too slow or refuses; a change may then have happened or not.
   */
  query(lane: Lane, text: string, parameters?: readonly Parameter[]): Promise<PostgresResult>;
  /**
   * Runs work on a connection of its own, whatever the state: for transactions and long reading. The server stops a
   * statement before the deadline of `query`: who needs longer sets `statement_timeout` as well.
   * @throws {StorageError} as `query`, and whatever the work throws.
   */
  session<T>(work: (session: PostgresSession) => Promise<T>): Promise<T>;
  /**
   * Adds a step that must succeed each time the server is found before it counts as connected; it is given the session
   * that found it.
   */
  onConnect(step: ConnectStep): void;
}

/**
 * Opens a connection to Postgres; nothing waits for it, and it heals by itself.
 *
 * @param url `undefined` = all of it from the environment
 * @throws {Error} when the URL, the environment or the certificates are not usable; never with the password
 */
export function openPostgres(url: string | undefined, options: PostgresOptions): PostgresConnection {
  return new Connection(url, options);
}

class Connection implements PostgresConnection {
  readonly address: string;
  readonly #hosts: readonly [PostgresHost, ...PostgresHost[]];
  readonly #openSession: (host: PostgresHost, onLost: SessionOptions["onLost"]) => Session;
  /** Whether the host has to take writes. */
  readonly #writable: boolean;
  readonly #onState: OnStoreState;
  readonly #deadlineMs: number;
  readonly #sessions = new Set<Session>();
  readonly #lanes = new Map<Lane, Session>();
  readonly #steps: ConnectStep[] = [];
  /** Which of the hosts is used, or tried. */
  #host: PostgresHost;
  /** Whether that one answered, and takes writes where it has to. */
  #isFound = false;
  #state: PostgresConnection["state"] = "connecting";
  /** Why it was last lost. */
  #reason: unknown;
  /** Whether the server answered since it was last lost, and every step succeeded. */
  #ready = false;
  #check: Promise<void> | undefined;
  #nextCheck: ReturnType<typeof setTimeout> | undefined;
  #probeMs = PROBE_MS_MIN;
  #ended = false;

  constructor(url: string | undefined, { onState, environment, deadlineMs = DEADLINE_MS }: PostgresOptions) {
    const target = parseTarget(url, environment);
    const [first, ...others] = target.hosts;
    if (!first) throw new Error("Cannot tell the host of Postgres");
    this.#hosts = [first, ...others];
    this.#host = first;
    this.#writable = target.writable;
    // Read at once, so that certificates that cannot be read stop the start.
    const tls = new Map(target.hosts.map((host) => [host, tlsOptions(host, target)]));
    this.address = printTarget(target);
    this.#onState = onState;
    this.#deadlineMs = deadlineMs;
    this.#openSession = (host, onLost) =>
      new Session(target, host, { tls: tls.get(host) ?? false, deadlineMs, onLost });
    this.#checkSoon(0);
  }

  get state(): PostgresConnection["state"] {
    return this.#state;
  }

  async query(lane: Lane, text: string, parameters?: readonly Parameter[]): Promise<PostgresResult> {
    await this.#usable();
    const session = this.#lane(lane);
    try {
      return await session.query(text, parameters);
    } catch (error) {
      // The host has become a standby under us: another one takes writes now, or will.
      if (this.#writable && isReadOnly(error)) session.lose(error);
      throw this.#asStorageError(error);
    }
  }

  async session<T>(work: (session: PostgresSession) => Promise<T>): Promise<T> {
    // Of several hosts the one that takes writes is known once one was found; a step of a check comes after that.
    if (!this.#isFound && this.#hosts.length > 1) await within(this.#deadlineMs, this.#checkNow());
    const session = this.#open(() => {});
    try {
      return await work(this.#asLent(session));
    } finally {
      await this.#end(session);
    }
  }

  onConnect(step: ConnectStep): void {
    this.#steps.push(step);
    this.#ready = false;
    this.#checkSoon(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#nextCheck);
    const ends = Array.from(this.#sessions, (session) => this.#end(session));
    await within(2 * END_MS, Promise.all([...ends, this.#check]));
  }

  /** Resolves when statements can be tried. */
  async #usable(): Promise<void> {
    if (this.#ready) return;
    // Not yet known, or just lost: the check that is due tells in a moment; or the next one, where a step came meanwhile.
    for (let checks = 0; checks < 2 && !this.#ready && this.#state !== "disconnected"; checks++) {
      await within(this.#deadlineMs, this.#checkNow());
    }
    if (!this.#ready) throw this.#asStorageError(this.#reason ?? new DeadlineError("It is still being connected to"));
  }

  #lane(lane: Lane): Session {
    const open = this.#lanes.get(lane);
    if (open?.alive) return open;
    const session = this.#open((_, error) => this.#lost(error));
    this.#lanes.set(lane, session);
    return session;
  }

  #open(onLost: SessionOptions["onLost"]): Session {
    if (this.#ended) throw this.#asStorageError(new Error("The connection is closed"));
    const session = this.#openSession(this.#host, (lost, error) => {
      this.#end(session);
      onLost(lost, error);
    });
    this.#sessions.add(session);
    return session;
  }

  /** Known until nothing of it is left, so that the end of all waits for it. */
  async #end(session: Session): Promise<void> {
    await session.end(END_MS);
    this.#sessions.delete(session);
  }

  #lost(error: Error): void {
    if (this.#ended) return;
    this.#ready = false;
    this.#isFound = false;
    // A server that does not answer is away; a connection that was closed may be the only one.
    if (error instanceof DeadlineError) this.#say("disconnected", error);
    this.#checkSoon(0);
  }

  #checkSoon(delayMs: number): void {
    if (this.#ended || this.#check) return;
    clearTimeout(this.#nextCheck);
    this.#nextCheck = setTimeout(() => this.#checkNow(), delayMs);
  }

  /** One check at a time; it never rejects. */
  #checkNow(): Promise<void> {
    clearTimeout(this.#nextCheck);
    return this.#check ??= this.#runCheck().finally(() => {
      this.#check = undefined;
      this.#probeMs = this.#ready ? PROBE_MS_MIN : Math.min(2 * this.#probeMs, PROBE_MS_MAX);
      if (!this.#ready) this.#checkSoon(this.#probeMs);
    });
  }

  async #runCheck(): Promise<void> {
    const steps = this.#steps.length;
    try {
      const session = await this.#find();
      for (const step of this.#steps) await step(this.#asLent(session));
      // A step may have been added and the connection lost meanwhile.
      this.#ready = session.alive && steps === this.#steps.length;
      if (this.#ready) this.#say("connected");
    } catch (error) {
      this.#isFound = false;
      this.#say("disconnected", error);
    }
  }

  /** A session at the first host that will do, beginning with the one that did last. @throws what the last one said */
  async #find(): Promise<Session> {
    const at = this.#hosts.indexOf(this.#host);
    const inTurn = [...this.#hosts.slice(at), ...this.#hosts.slice(0, at)];
    let reason: unknown = new Error("The connection is closed");
    for (const host of inTurn) {
      if (this.#ended) break;
      this.#host = host;
      try {
        const session = await this.#probe();
        this.#isFound = true;
        return session;
      } catch (error) {
        reason = error;
        // What is open leads to a host that will not do.
        if (this.#hosts.length > 1) this.#leave(error);
      }
    }
    throw reason;
  }

  /** A session that answers. */
  async #probe(): Promise<Session> {
    const open = this.#lanes.get("write");
    try {
      // One that is lost already repeats why, and would say so for ever.
      if (open?.alive) await open.query("SELECT 1");
    } catch (error) {
      // It may have been lost together with the one that made us look, and says nothing of the server then.
      if (open?.alive || error instanceof DeadlineError) throw error;
    }
    const session = this.#lane("write");
    if (session !== open) await session.query("SELECT 1");
    if (this.#writable) {
      const { rows } = await session.query("SELECT current_setting('transaction_read_only') AS read_only");
      if (rows[0]?.["read_only"] !== "off") {
        throw new Error(`${printHost(this.#host)} takes no writes: it is read-only`);
      }
    }
    return session;
  }

  #say(state: "connected" | "disconnected", reason?: unknown): void {
    this.#reason = reason;
    if (this.#ended || state === this.#state) return;
    this.#state = state;
    this.#onState(state, { address: this.address, ...(reason !== undefined && { reason: messageOf(reason) }) });
    if (state === "connected") return;
    // What is still open leads to a server that is gone or stands still: the next statement would only find that out.
    this.#leave(reason);
  }

  #leave(reason: unknown): void {
    for (const session of this.#lanes.values()) session.lose(new Error(messageOf(reason), { cause: reason }));
  }

  /** Lent to work that is told what goes wrong in our words. */
  #asLent(session: Session): PostgresSession {
    return {
      get alive() {
        return session.alive;
      },
      query: (...statement) =>
        session.query(...statement).catch((error) => {
          throw this.#asStorageError(error);
        }),
    };
  }

  #asStorageError(cause: unknown): StorageError {
    if (cause instanceof StorageError) return cause;
    return new StorageError(`Postgres at ${this.address}: ${messageOf(cause)}`, { cause });
  }
}

/** The server's code for a write where none is taken. */
const READ_ONLY = "25006";

function isReadOnly(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === READ_ONLY;
}

/** The driver's own errors can be several in one, with an empty message around them. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  const message = error instanceof Error ? error.message : String(error);
  // What a pooler says to the settings that a session of its own may have.
  return message.startsWith("unsupported startup parameter")
    ? `${message}; behind a pooler set PG_PREPARE=false`
    : message;
}

/** Resolves when the promise does, or after `ms`. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
