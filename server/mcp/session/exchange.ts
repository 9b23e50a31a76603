import {
  isJSONRPCErrorResponse,
  isJSONRPCRequest,
  isJSONRPCResponse,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
  type Transport,
} from "@modelcontextprotocol/server";
import { type EventStream, openEventStream } from "./event_stream.ts";

/** A call that takes longer is streamed, so that a client that loses its connection meanwhile can come back for it. */
export const STREAMS_AFTER_MS = 2000;

/** What the server's own request gets for an answer where none will come; nobody else sees it. */
const CANNOT_ASK = -32000;

export interface ExchangeOptions {
  /** Names the exchange, and the stream of what it sends, in its session. */
  readonly name: string;
  readonly request: JSONRPCRequest;
  /** Whether the client takes a stream; if not, what comes before the answer is dropped. */
  readonly takesStream: boolean;
  /** Keeps a message for a client that comes back. @returns its place in the stream */
  readonly keep: (text: string) => Promise<string>;
  /** Says that the reply is on its way as a stream, until it is disposed. */
  readonly lease?: (() => Disposable) | undefined;
  readonly onFault: (error: unknown) => void;
}

/** A message as it is kept: the last one of a stream says so. */
export interface KeptMessage {
  readonly message: JSONRPCMessage;
  readonly last: boolean;
}

/**
 * One request of a session and all that is sent for it: a transport of the SDK that lives as long as the request.
 *
 * The answer is plain JSON where it is all there is to say. A stream begins with the first message before it, or when
 * it takes long; from then on every message is kept, whether or not the client is still there.
 */
export class Exchange implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport["onmessage"];
  readonly #options: ExchangeOptions;
  readonly #response = Promise.withResolvers<Response>();
  readonly #ended = Promise.withResolvers<void>();
  /** Answers to what is asked before the request itself, by id. */
  readonly #primed = new Map<RequestId, (message: JSONRPCMessage) => void>();
  /** Requests of the server that the client has not answered yet. */
  readonly #unanswered = new Set<RequestId>();
  #hasGivenUp: boolean;
  #stream: EventStream | undefined;
  #lease: Disposable | undefined;
  #isJson = false;
  #isOver = false;
  #longCall: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#hasGivenUp = !options.takesStream;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Settles when the answer was sent, or will never be. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  async start(): Promise<void> {}

  /** Asks the server something of which the client hears nothing: how a new instance learns what the session knows. */
  async prime(request: JSONRPCRequest): Promise<JSONRPCMessage> {
    const answered = Promise.withResolvers<JSONRPCMessage>();
    this.#primed.set(request.id, answered.resolve);
    this.onmessage?.(request);
    return await answered.promise;
  }

  /** Hands the request to the server. @returns the response to the client, once its form is known */
  run(): Promise<Response> {
    const { request, takesStream } = this.#options;
    if (takesStream) this.#longCall = setTimeout(() => this.#openStream(), STREAMS_AFTER_MS);
    this.onmessage?.(request, { closeSSEStream: () => this.#hangUp() });
    return this.#response.promise;
  }

  /** Begins the stream: for a request that was handed to somebody else, and takes long. */
  stream(): Promise<Response> {
    this.#openStream();
    return this.#response.promise;
  }

  /** A client's answer to a request of this exchange, under the id that `send` gave it. */
  take(message: JSONRPCMessage): void {
    if (!isJSONRPCResultResponse(message) && !isJSONRPCErrorResponse(message)) return;
    const id = Number(String(message.id).slice(this.#options.name.length + 1));
    if (this.#unanswered.delete(id)) this.onmessage?.({ ...message, id });
  }

  /** The client will answer nothing any more: what was asked of it fails, and so the request comes to its end. */
  giveUp(): void {
    this.#hasGivenUp = true;
    for (const id of this.#unanswered) this.#fail(id);
  }

  #fail(id: RequestId): void {
    this.#unanswered.delete(id);
    const message = "The client cannot be asked: its session has ended, or it takes no stream";
    this.onmessage?.({ jsonrpc: "2.0", id, error: { code: CANNOT_ASK, message } });
  }

  cancel(): void {
    const { id: requestId } = this.#options.request;
    this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
    // Nothing is sent any more, and the client does not wait.
    this.#finish();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (isJSONRPCResponse(message)) {
      const primed = message.id === undefined ? undefined : this.#primed.get(message.id);
      if (primed && message.id !== undefined) {
        this.#primed.delete(message.id);
        primed(message);
        return Promise.resolve();
      }
    }
    if (isJSONRPCRequest(message)) {
      this.#unanswered.add(message.id);
      // Not before the SDK waits for it.
      if (this.#hasGivenUp) queueMicrotask(() => this.#fail(message.id));
    }
    // The SDK counts the requests of each instance from 0; a session has many.
    const named = isJSONRPCRequest(message) ? { ...message, id: `${this.#options.name}_${message.id}` } : message;
    this.#sending = this.#sending.then(() => this.#write(named)).catch(this.#options.onFault);
    return this.#sending;
  }

  close(): Promise<void> {
    this.#finish();
    const { onclose } = this;
    delete this.onclose;
    onclose?.();
    return Promise.resolve();
  }

  async #write(message: JSONRPCMessage): Promise<void> {
    // What a cancelled call still says.
    if (this.#isOver) return;
    const isLast = isJSONRPCResponse(message) && message.id === this.#options.request.id;
    if (isLast && !this.#stream) {
      this.#isJson = true;
      this.#response.resolve(Response.json(message));
      return this.#finish();
    }
    if (!this.#options.takesStream) return;
    const stream = this.#openStream();
    stream.write(await this.#keep({ message, last: isLast }), JSON.stringify(message));
    if (isLast) this.#finish();
  }

  /** @returns the event's id; `undefined` where the store is away: a client that is still there is told nonetheless */
  async #keep(message: KeptMessage): Promise<string | undefined> {
    try {
      return `${this.#options.name}_${await this.#options.keep(JSON.stringify(message))}`;
    } catch (error) {
      this.#options.onFault(error);
      return undefined;
    }
  }

  #openStream(): EventStream {
    clearTimeout(this.#longCall);
    if (!this.#stream) {
      this.#lease = this.#options.lease?.();
      this.#stream = openEventStream(`${this.#options.name}_0-0`);
      this.#response.resolve(this.#stream.response);
    }
    return this.#stream;
  }

  /** Ends the connection and not the call: the client comes back for the rest. */
  #hangUp(): void {
    if (!this.#isOver && !this.#isJson && this.#options.takesStream) this.#openStream().close();
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#longCall);
    this.#stream?.close();
    this.#lease?.[Symbol.dispose]();
    this.#response.resolve(new Response(null, { status: 202 }));
    this.#ended.resolve();
  }
}
