import { isObject } from "./exchange.ts";

const SESSION_PATH = "/dashboard/session";
const REQUEST_TIMEOUT_MS = 10_000;

/** Who is signed in, as the server tells it. */
export interface Session {
  readonly principal: string;
  readonly roles: readonly string[];
  readonly expiresAtMs: number;
  /** Brought along with what changes something. */
  readonly csrf: string;
}

/** What a question came to: its answer, or the status and the words of a refusal; 0 where no answer came. */
export type Answer<T> =
  | { readonly kind: "answer"; readonly value: T }
  | { readonly kind: "refusal"; readonly status: number; readonly words: string };

/** Who is signed in; 401 where nobody is. */
export function readSession(): Promise<Answer<Session>> {
  return ask("GET", SESSION_PATH, {}, (body) => isSession(body) ? body : undefined);
}

/** Exchanges a credential for a session, whose cookie no script sees. */
export function signIn(token: string): Promise<Answer<true>> {
  return ask("POST", SESSION_PATH, { body: JSON.stringify({ token }) }, () => true);
}

export function signOut({ csrf }: Session): Promise<Answer<true>> {
  return ask("DELETE", SESSION_PATH, { csrf }, () => true);
}

/** A ticket that opens one WebSocket, within half a minute. */
export function takeTicket({ csrf }: Session): Promise<Answer<string>> {
  return ask("POST", "/ws-ticket", { csrf }, (body) => {
    const ticket = isObject(body) ? body["ticket"] : undefined;
    return typeof ticket === "string" ? ticket : undefined;
  });
}

async function ask<T>(
  method: string,
  path: string,
  { csrf, body }: { readonly csrf?: string; readonly body?: string },
  read: (body: unknown) => T | undefined,
): Promise<Answer<T>> {
  const headers = {
    ...(csrf !== undefined && { "x-csrf-token": csrf }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
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
  return {
    kind: "refusal",
    status: response.status,
    words: wordsOf(reply) ?? `The server answered ${response.status}`,
  };
}

function wordsOf(reply: unknown): string | undefined {
  const error = isObject(reply) ? reply["error"] : undefined;
  return typeof error === "string" ? error : undefined;
}

function isSession(value: unknown): value is Session {
  return isObject(value) && typeof value["principal"] === "string" && typeof value["csrf"] === "string" &&
    typeof value["expiresAtMs"] === "number" && Array.isArray(value["roles"]) &&
    value["roles"].every((role) => typeof role === "string");
}
