import type { CallContext } from "../call_context.ts";
import type { CallOther, ToolCall } from "../tool.ts";

/**
 * What a tool gets beside its arguments. Its signal and its way to call others are made where they are asked for.
 *
 * It is a class, since a getter in an object literal gives each object a hidden class of its own. That is old from the
 * start, and what it refers to, which is all of the call, stays until the whole of the memory is looked through.
 */
export class CallWithin implements ToolCall {
  readonly principal: CallContext["principal"];
  readonly notify: CallContext["notify"];
  readonly answers: CallContext["answers"];
  readonly recordId: string;
  readonly #signal: () => AbortSignal;
  readonly #callsWithin: (signal: AbortSignal) => CallOther;

  constructor(
    { principal, notify, answers }: Pick<CallContext, "principal" | "notify" | "answers">,
    recordId: string,
    signal: () => AbortSignal,
    callsWithin: (signal: AbortSignal) => CallOther,
  ) {
    this.principal = principal;
    this.notify = notify;
    this.answers = answers;
    this.recordId = recordId;
    this.#signal = signal;
    this.#callsWithin = callsWithin;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  get callTool(): CallOther {
    return this.#callsWithin(this.signal);
  }
}
