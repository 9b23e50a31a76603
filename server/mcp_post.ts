import type { Router } from "../rpc/router.ts";
import type { OnRate } from "../tools/call.ts";
import type { Redactor } from "../tools/redact.ts";
import { endWithCredential } from "./auth/ending_stream.ts";
import { createBodyReader } from "./body.ts";
import { createHangUps } from "./hang_up.ts";
import { httpStatus } from "./house_errors.ts";
import { isOfficialPost } from "./mcp/classify.ts";
import { readOfficial } from "./mcp/read.ts";
import type { LazyOfficial } from "./official.ts";
import type { Peer } from "./peer.ts";
import type { Arrival, Peers } from "./peers.ts";
import { rateHeaders } from "./rate_headers.ts";
import type { Settings } from "./settings.ts";
import type { TurnAway } from "./turn_away.ts";

export interface McpPostOptions {
  readonly settings: Pick<Settings, "MESSAGE_BYTES_MAX" | "BODY_MS" | "JSON_DEPTH_MAX">;
  readonly house: Router<Peer>;
  readonly official: Pick<LazyOfficial, "answer">;
  readonly peers: Pick<Peers, "arrivedPeerOf">;
  readonly turnAway: TurnAway;
  readonly redactor: Redactor;
}

/** A reply that is whole. */
export interface WholeReply {
  readonly text: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers a POST to `/mcp` in either dialect. */
export type AnswerPost = (arrival: Arrival) => Promise<Response | WholeReply>;

export function createMcpPost(options: McpPostOptions): AnswerPost {
  const { settings, house, official, peers, turnAway, redactor } = options;
  const readBody = createBodyReader({ bytesMax: settings.MESSAGE_BYTES_MAX, waitMs: settings.BODY_MS, redactor });
  const hangUpOf = createHangUps();

  return async (arrival) => {
    const { request } = arrival;
    const body = await readBody(request);
    if (typeof body !== "string") return turnAway.body(body);
    let told: Readonly<Record<string, string>> = {};
    const onRate: OnRate = (decision, windowSeconds) => told = rateHeaders(decision, windowSeconds);
    using hangUp = hangUpOf(request);
    const peer = peers.arrivedPeerOf(arrival, hangUp.signal, onRate);
    if (isOfficialPost(request.headers, body)) {
      const read = readOfficial(body, settings.JSON_DEPTH_MAX);
      if (read.refused) return turnAway.message(read.refused);
      const answer = await official.answer(request, read.value, peer);
      if (!(answer instanceof Response)) return { ...answer, status: 200, headers: { ...answer.headers, ...told } };
      // It may stream for as long as its reader likes.
      const response = endWithCredential(answer, arrival.visitor?.standing);
      for (const [name, value] of Object.entries(told)) response.headers.set(name, value);
      return response;
    }
    const answer = await house(body, peer);
    if (!answer) return new Response(null, { status: 202 });
    // A batch's calls have each their own limit: headers would speak of one of them only.
    const headers = answer.text.startsWith("[") ? {} : told;
    const status = httpStatus(answer.errorCode);
    return { text: answer.text, status, headers: { "content-type": "application/json", ...headers } };
  };
}
