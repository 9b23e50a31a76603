import { isObject } from "./json.ts";

const REQUEST_TIMEOUT_MS = 15_000;

/** What a question came to: its answer, or the status and the words of a refusal; 0 where no answer came. */
export type Answer<T> =
  | { readonly kind: "answer"; readonly value: T }
  | { readonly kind: "refusal"; readonly status: number; readonly words: string };

export interface Question {
  /** Shows that this page can read what the server told it. */
  readonly csrf?: string | undefined;
  /** JSON text. */
  readonly body?: string | undefined;
}

/** Asks the server over HTTP for an answer that is read as it comes; it has no time in which it must be whole. */
export async function askStream(
  path: string,
  { csrf, body }: Question,
  signal: AbortSignal,
): Promise<Answer<ReadableStream<Uint8Array<ArrayBuffer>>>> {
  let response: Response;
  try {
    response = await fetch(path, { method: "POST", headers: headersOf({ csrf, body }), signal, body: body ?? null });
  } catch {
    return { kind: "refusal", status: 0, words: "The server does not answer" };
  }
  if (response.ok && response.body) return { kind: "answer", value: response.body };
  const reply: unknown = await response.json().catch(() => undefined);
  return refusalOf(response.status, reply);
}

/** Asks the server over HTTP. @param read gives `undefined` where the answer is not what was asked for */
export async function ask<T>(
  method: string,
  path: string,
  { csrf, body }: Question,
  read: (body: unknown) => T | undefined,
): Promise<Answer<T>> {
  const headers = headersOf({ csrf, body });
  let response: Response;
  let reply: unknown;
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    response = await fetch(path, { method, headers, signal, ...(body !== undefined && { body }) });
    reply = response.status === 204 ? undefined : await response.json();
  } catch {
    return { kind: "refusal", status: 0, words: "The server does not answer" };
  }
  const value = response.ok ? read(reply) : undefined;
  if (value !== undefined) return { kind: "answer", value };
  return refusalOf(response.status, reply);
}

function headersOf({ csrf, body }: Question): Record<string, string> {
  return {
    ...(csrf !== undefined && { "x-csrf-token": csrf }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
}

function refusalOf(status: number, reply: unknown) {
  return { kind: "refusal", status, words: wordsOf(reply) ?? `The server answered ${status}` } as const;
}

/** Why the server did not do what it was asked, where it says so. */
export function wordsOf(reply: unknown): string | undefined {
  if (!isObject(reply) || typeof reply["error"] !== "string") return undefined;
  return typeof reply["hint"] === "string" ? `${reply["error"]}. ${reply["hint"]}` : reply["error"];
}
