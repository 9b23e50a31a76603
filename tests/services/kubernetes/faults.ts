import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

/** Something that goes wrong with a request. */
export type Fault =
  /** No answer ever. */
  | { readonly kind: "hang" }
  /** The answer, after a while. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** The connection breaks before the answer. */
  | { readonly kind: "drop" }
  /** The connection breaks in the middle of the answer's body. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** The answer's body stops in its middle, and the connection stays. */
  | { readonly kind: "stall"; readonly afterBytes: number; readonly answer?: Answer }
  /** Another answer. */
  | { readonly kind: "answer"; readonly answer: Answer };

/** Sends an answer, or does what the fault says. */
export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
): void {
  switch (fault?.kind) {
    case "hang":
      return;
    case "drop":
      request.socket.destroy();
      return;
    case "slow": {
      const timer = setTimeout(() => send(response, answer), fault.delayMs);
      response.once("close", () => clearTimeout(timer));
      return;
    }
    case "reset":
      return sendPart(response, answer, fault.afterBytes, () => request.socket.destroy());
    case "stall":
      return sendPart(response, fault.answer ?? answer, fault.afterBytes, () => {});
    case "answer":
      return send(response, fault.answer);
    default:
      return send(response, answer);
  }
}

function send(response: ServerResponse, { status, contentType, body, headers }: Answer): void {
  response.writeHead(status, { "content-type": contentType, ...headers });
  response.end(body);
}

function sendPart(response: ServerResponse, answer: Answer, bytes: number, sent: () => void): void {
  const body = typeof answer.body === "string" ? new TextEncoder().encode(answer.body) : answer.body;
  response.writeHead(answer.status, { "content-type": answer.contentType, "content-length": body.length });
  response.write(body.subarray(0, bytes), sent);
}
