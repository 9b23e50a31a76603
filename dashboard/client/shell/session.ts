import { type Answer, ask } from "../core/ask.ts";
import { isObject } from "../core/json.ts";

const SESSION_PATH = "/dashboard/session";

/** Who is signed in, as the server tells it. */
export interface Session {
  readonly principal: string;
  readonly roles: readonly string[];
  readonly expiresAtMs: number;
  /** Brought along with what changes something. */
  readonly csrf: string;
}

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

function isSession(value: unknown): value is Session {
  return isObject(value) && typeof value["principal"] === "string" && typeof value["csrf"] === "string" &&
    typeof value["expiresAtMs"] === "number" && Array.isArray(value["roles"]) &&
    value["roles"].every((role) => typeof role === "string");
}
