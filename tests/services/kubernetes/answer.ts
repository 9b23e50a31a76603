import { type Recorded, recordedText } from "./recorded.ts";

/** A response of the test server. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(value: Recorded, status = 200): Answer {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}

export function plain(body: Uint8Array, status = 200): Answer {
  return { status, contentType: "text/plain", body };
}

/** A failure in the words of a recorded one, with other names. */
export function recordedFailure(file: string, replace: Readonly<Record<string, string>> = {}): Answer {
  let body = recordedText(file);
  for (const [from, to] of Object.entries(replace)) body = body.replaceAll(from, to);
  const status = JSON.parse(body).code;
  return { status, contentType: "application/json", body };
}

/** A failure with a message of the API server's own form. */
export function failure(status: number, reason: string, message: string, details: Recorded = undefined): Answer {
  const body = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details };
  return json({ ...body, code: status }, status);
}
