import type { Deadlines } from "../../../storage/deadlines.ts";
import type { Peer } from "../../peer.ts";
import type { DirectWay } from "../direct.ts";
import { type DirectReply, printReply, replyTo } from "../direct/reply.ts";
import type { DirectRequest } from "../direct/request.ts";
import type { Exchange } from "./exchange.ts";
import type { SessionHub } from "./hub.ts";

export interface DirectExchangeOptions {
  readonly direct: Pick<DirectWay, "answer">;
  readonly hub: Pick<SessionHub, "listen">;
  readonly request: DirectRequest;
  /** Of the session, which its request's end does not end. */
  readonly peer: Omit<Peer, "signal">;
  readonly session: string;
  /** From when on the reply is a stream to a client that takes one. */
  readonly longCalls: Deadlines;
  /** The exchange of a call that takes so long; `undefined` for a client that takes no stream. */
  readonly openExchange: (() => Exchange) | undefined;
  /** Answers by the SDK what the direct way leaves to it, on the stream where one is open. */
  readonly answerBySdk: (exchange: Exchange | undefined) => Promise<Response>;
  readonly onFault: (error: unknown) => void;
}

/** One request of a session that needs no SDK: whole as a rule, a stream that can be resumed where it takes long. */
export async function answerInSession(options: DirectExchangeOptions): Promise<Response | DirectReply> {
  const { direct, hub, request, peer, longCalls, openExchange, answerBySdk, onFault } = options;
  const ended = new AbortController();
  const early = Promise.withResolvers<Response>();
  let exchange: Exchange | undefined;
  const listening = await hub.listen(options.session, (notice) => {
    if (notice.kind === "end") ended.abort();
    if (notice.kind !== "cancel" || notice.requestId !== request.id) return false;
    ended.abort();
    exchange?.cancel();
    // The client does not wait, and gets nothing of what a cancelled call still says.
    early.resolve(new Response(null, { status: 202 }));
    return true;
  });
  const longCall = openExchange && longCalls.begin(() => {
    exchange = openExchange();
    early.resolve(exchange.stream());
  });
  const leave = () => {
    listening[Symbol.dispose]();
    if (longCall) longCalls.end(longCall);
  };

  async function answer(): Promise<Response | DirectReply> {
    const outcome = await direct.answer(request, { ...peer, signal: ended.signal }).finally(leave);
    if (outcome === undefined) return await answerBySdk(exchange);
    if (!exchange) return replyTo(request.id, outcome);
    await exchange.send(JSON.parse(printReply(request.id, outcome)));
    return await early.promise;
  }

  const answered = answer();
  answered.catch((error) => {
    if (!exchange) return;
    onFault(error);
    void exchange.close();
  });
  return await Promise.race([answered, early.promise]);
}
