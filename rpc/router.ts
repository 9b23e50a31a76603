import { INTERNAL_ERROR, METHOD_NOT_FOUND, RpcError } from "./error.ts";
import { type Id, type Message, type Params, parseMessage, type ParseOptions, type Rejection } from "./message.ts";

/** A result that is JSON text already, so that a large one is printed once. */
export class JsonText {
  readonly text: string;

  /** @param text valid JSON */
  constructor(text: string) {
    this.text = text;
  }
}

/** What a handler knows of its request. */
export interface Request {
  readonly method: string;
  /** `undefined` in a notification. */
  readonly id: Id | undefined;
  readonly params: Params;
}

/**
 * Answers one method. What it throws as an RpcError goes out as it stands; anything else goes out as −32603 without
 * a word about its cause.
 */
export type Method<Context> = (request: Request, context: Context) => unknown;

/** Methods by name. */
export type MethodTable<Context> = Readonly<Record<string, Method<Context>>>;

/** Why the router itself turns a message or a reply away. */
export type Refusal = Rejection | "unknown_method" | "batch_bytes";

export interface RouterOptions<Context = unknown> extends ParseOptions {
  /** Bytes that the results in the reply to one batch may have together. */
  readonly batchBytesMax: number;
  /** What a request of a batch is answered with when its result is beyond that: it has run already. */
  readonly batchBytesError: () => RpcError;
  /** Told of each message that reaches no method, and of each result that does not fit into its batch's reply. */
  readonly onRefusal: (reason: Refusal) => void;
  /** What a −32601 says in its `data.hint`. */
  readonly unknownMethodHint: (method: string, context: Context) => string;
  /** Told of what a handler threw that is no RpcError: a fault of ours. */
  readonly onFault: (error: unknown, request: Request) => void;
}

/** An answer, ready to be sent. */
export interface Reply {
  readonly text: string;
  /** The error's code where the answer is one error; `undefined` for results and batches. */
  readonly errorCode: number | undefined;
}

/** Text in, text out; `undefined` where nothing is to be said. Never throws. */
export type Router<Context> = (text: string, context: Context) => Promise<Reply | undefined>;

/**
 * A JSON-RPC 2.0 router (https://www.jsonrpc.org/specification): pure but for what its handlers do. The messages of a
 * batch run at the same time.
 */
export function createRouter<Context>(methods: MethodTable<Context>, options: RouterOptions<Context>): Router<Context> {
  async function answer(message: Message, context: Context): Promise<Reply | undefined> {
    if (message.kind === "reject") {
      options.onRefusal(message.reason);
      return failure(message.id, message.error);
    }
    const isRequest = message.kind === "request";
    const request: Request = { method: message.method, id: isRequest ? message.id : undefined, params: message.params };
    try {
      const result = await handlerOf(message.method, context)(request, context);
      return isRequest ? success(message.id, result) : undefined;
    } catch (thrown) {
      const error = thrown instanceof RpcError ? thrown : fault(thrown, request);
      if (!isRequest) return undefined;
      try {
        return failure(message.id, error);
      } catch (unprintable) {
        return failure(message.id, fault(unprintable, request));
      }
    }
  }

  function fault(thrown: unknown, request: Request): RpcError {
    try {
      options.onFault(thrown, request);
    } catch { /* The peer is answered even where the fault cannot be told. */ }
    return new RpcError(INTERNAL_ERROR, "Internal error", {
      kind: "internal",
      hint: "Try again; the server has logged it",
    });
  }

  function handlerOf(method: string, context: Context): Method<Context> {
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (handler) return handler;
    options.onRefusal("unknown_method");
    throw new RpcError(METHOD_NOT_FOUND, "Method not found", {
      kind: "unknown_method",
      hint: options.unknownMethodHint(method, context),
    });
  }

  /** The replies in their order. What does not fit is let go as it comes, not when all of it is in memory. */
  async function answerBatch(messages: readonly Message[], context: Context): Promise<Reply | undefined> {
    let bytes = 0;
    const bounded = async (message: Message): Promise<Reply | undefined> => {
      const reply = await answer(message, context);
      if (reply?.errorCode !== undefined || message.kind !== "request" || !reply) return reply;
      bytes += byteLength(reply.text);
      if (bytes <= options.batchBytesMax) return reply;
      options.onRefusal("batch_bytes");
      return failure(message.id, options.batchBytesError());
    };
    const replies = await Promise.all(messages.map(bounded));
    const texts = replies.flatMap((reply) => reply ? [reply.text] : []);
    return texts.length > 0 ? { text: `[${texts.join(",")}]`, errorCode: undefined } : undefined;
  }

  return (text, context) => {
    const incoming = parseMessage(text, options);
    return incoming.kind === "single" ? answer(incoming.message, context) : answerBatch(incoming.messages, context);
  };
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).byteLength;
}

function success(id: Id, result: unknown): Reply {
  // A handler that has nothing to say answers null: a reply must have a result.
  const text = result instanceof JsonText ? result.text : JSON.stringify(result ?? null);
  // Typed as a string, but a function or a symbol prints as nothing at all.
  if (text === undefined) throw new TypeError(`Cannot print a result of type ${typeof result} as JSON`);
  return { text: `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${text}}`, errorCode: undefined };
}

function failure(id: Id, { code, message, data }: RpcError): Reply {
  return { text: JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } }), errorCode: code };
}
