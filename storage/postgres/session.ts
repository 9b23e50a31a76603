import { connect, type Socket } from "node:net";
import postgres from "postgres";
import { UnderWay } from "../under_way.ts";
import type { PostgresHost, PostgresTarget } from "./target.ts";
import type { Tls } from "./tls.ts";

/** Milliseconds for the TCP handshake: a lost SYN is sent anew after 1, 3, 7 s, so a new try is the faster way. */
const TCP_CONNECT_MS = 2000;
const SECOND_MS = 1000;

/** Arrays travel as Postgres' array literals. */
export type Parameter = string | number | null;

/** A row by its columns; bigint comes as text. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

export interface PostgresResult {
  readonly rows: readonly Row[];
  /** Rows that the statement returned or changed. */
  readonly count: number;
}

/** One connection for one life: once it is lost, it stays lost. */
export interface PostgresSession {
  /** False once it is lost. */
  readonly alive: boolean;
  /**
   * Runs a statement; without parameters it may be several, which are then one transaction.
   * A deadline that passes ends the session: its server does not answer, and what it does next is unknown.
   */
  query(text: string, parameters?: readonly Parameter[], deadlineMs?: number): Promise<PostgresResult>;
}

export interface SessionOptions {
  readonly tls: Tls;
  /** Milliseconds for a statement, opening the connection included. */
  readonly deadlineMs: number;
  /** Told once when it is lost, but not when it is ended. */
  readonly onLost: (session: PostgresSession, error: Error) => void;
}

/** The server did not answer in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/**
 * A session over postgres.js, opened by its first statement.
 *
 * Of the driver one connection without a second attempt is used, and its socket is ours. Its own pool reconnects a
 * statement of a transaction as if nothing had happened, waits for ever on a frozen server, and ends sockets only when
 * the peer agrees; and its `cancel()` and `begin()` throw where nobody can catch when the server is gone. So a deadline
 * here drops the socket; the server stops the statement by its `statement_timeout`.
 */
export class Session implements PostgresSession {
  readonly #options: SessionOptions;
  readonly #sql: postgres.Sql;
  readonly #pending = new UnderWay<(error: Error) => void>();
  #socket: Socket | undefined;
  #over: Error | undefined;
  #gone: Promise<void> | undefined;

  constructor(target: PostgresTarget, at: PostgresHost, options: SessionOptions) {
    this.#options = options;
    const driverOptions = {
      host: at.host,
      port: at.port,
      user: target.user,
      password: target.password,
      database: target.database,
      ssl: options.tls,
      // The types of the driver leave it out.
      socket: () => this.#connect(at),
      max: 1,
      backoff: () => 0,
      connect_timeout: options.deadlineMs / SECOND_MS,
      idle_timeout: 0,
      max_lifetime: null,
      fetch_types: false,
      prepare: !target.pooled,
      onnotice: () => {},
      onclose: () => this.lose(new Error("The server closed the connection")),
      connection: {
        application_name: target.applicationName,
        ...(target.options !== undefined && { options: target.options }),
        // A pooler refuses settings at the start that it does not know.
        ...(!target.pooled && serverTimeouts(options.deadlineMs)),
      },
    };
    this.#sql = postgres(driverOptions);
  }

  get alive(): boolean {
    return this.#over === undefined;
  }

  query(text: string, parameters: readonly Parameter[] = [], deadlineMs = this.#options.deadlineMs) {
    if (this.#over) return Promise.reject(this.#over);
    const { promise, resolve, reject } = Promise.withResolvers<PostgresResult>();
    const timer = setTimeout(
      () => this.lose(new DeadlineError(`The server did not answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
    const settle = () => {
      clearTimeout(timer);
      this.#pending.end(place);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    const place = this.#pending.begin(fail);
    // Copied, since the driver writes into the array.
    this.#sql.unsafe(text, [...parameters], { prepare: parameters.length > 0 }).then((rows) => {
      settle();
      resolve({ rows: Array.from(rows), count: rows.count });
    }, (error: Error) => {
      // Whatever is not the server's refusal of this one statement leaves a connection that is broken, or soon will be.
      if (!(error instanceof postgres.PostgresError && error.severity === "ERROR")) this.lose(error);
      fail(error);
    });
    return promise;
  }

  /** Ends it, orderly where the server takes part within `timeoutMs`; resolves when nothing of it is left. */
  async end(timeoutMs: number): Promise<void> {
    if (this.#over === undefined) {
      this.#over = new Error("The connection is closed");
      await this.#sql.end({ timeout: timeoutMs / SECOND_MS });
      this.#gone = this.#abandon(this.#over);
    }
    await this.#gone;
  }

  /** Drops the connection at once. */
  lose(error: Error): void {
    if (this.#over) return;
    this.#over = error;
    this.#gone = this.#abandon(error);
    this.#options.onLost(this, error);
  }

  async #abandon(error: Error): Promise<void> {
    // Each that fails leaves its place.
    for (let place = this.#pending.first; place; place = this.#pending.first) place.value?.(error);
    const socket = this.#socket;
    if (socket && !socket.closed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.once("close", () => resolve());
      socket.destroy();
      await promise;
    }
    // Stops what the driver still has in mind, such as a second attempt.
    await this.#sql.end({ timeout: 0 });
  }

  #connect({ host, port }: PostgresHost): Socket {
    // The driver comes for a second socket when it lost the first one before it was ready.
    if (this.#socket) this.lose(new Error("The server closed the connection while it was being opened"));
    if (this.#over) throw this.#over;
    const socket = this.#socket = connect({ host, port });
    const timer = setTimeout(
      () => socket.destroy(new DeadlineError(`No connection within ${TCP_CONNECT_MS} ms`)),
      TCP_CONNECT_MS,
    );
    const stop = () => clearTimeout(timer);
    socket.once("connect", stop).once("close", stop);
    return socket;
  }
}

/** The server gives up before we do, so that a deadline of ours means that it does not answer at all. */
function serverTimeouts(deadlineMs: number) {
  return {
    statement_timeout: Math.floor(deadlineMs * 0.75),
    idle_in_transaction_session_timeout: 2 * deadlineMs,
  };
}
