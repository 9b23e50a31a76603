import assert from "node:assert/strict";
import { connectRaw, handshake, type RawClient } from "../server/raw_client.ts";
import type { Column, OIDC_CHALLENGE } from "./credentials.ts";
import type { Row } from "./routes.ts";

export interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  /** Empty of a WebSocket. */
  readonly body: string;
}

/** Tries a way in. */
export async function attempt(port: number, row: Row, authorization: string | undefined): Promise<Answer> {
  const headers: Record<string, string> = { ...row.headers, ...(authorization !== undefined && { authorization }) };
  // The session's own routes are for the server's own page.
  if (row.path === "/dashboard/session") headers["origin"] = `http://127.0.0.1:${port}`;
  if (row.isUpgrade) return await open(port, headers);
  const response = await fetch(`http://127.0.0.1:${port}${row.path}`, {
    method: row.method,
    redirect: "manual",
    headers: { ...headers, ...(row.body !== undefined && { "content-type": "application/json" }) },
    ...(row.body !== undefined && { body: row.body }),
  });
  const challenge = response.headers.get("www-authenticate");
  return { status: response.status, challenge, body: await response.text() };
}

/** Tries a handshake of a WebSocket. */
export async function open(port: number, headers: Record<string, string>, query = ""): Promise<Answer> {
  const peer = await connectRaw(port);
  await peer.send(handshake(port, headers).replace("GET /mcp", `GET /mcp${query}`));
  const head = await peer.readUntil("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const body = status === 101 ? "" : await readBody(peer);
  await peer[Symbol.asyncDispose]();
  return { status, challenge: /^www-authenticate: (.*)\r$/im.exec(head)?.[1] ?? null, body };
}

/** The body of a refusal: `{error}`, or an error of JSON-RPC with its data. */
async function readBody(peer: RawClient): Promise<string> {
  const text = await peer.readUntil("}");
  const whole = /\r\n\r\n\{"jsonrpc"/.test(text) ? await peer.readUntil("}}}") : text;
  return whole.split("\r\n\r\n").slice(1).join();
}

/** What a way in must answer to what is shown: status, and challenge to the letter. */
export function expected(row: Row, { is }: Column, always: typeof OIDC_CHALLENGE): Omit<Answer, "body"> {
  const challenge = (error?: readonly [string, string]) => {
    const told = error ? `error="${error[0]}", error_description="${error[1]}"` : "";
    return `Bearer ${[always.head, told, always.tail].filter((part) => part !== "").join(", ")}`;
  };
  if (row.access === "open") return { status: row.status, challenge: null };
  if (row.access === "session") return { status: 401, challenge: challenge() };
  if (is === "right") return { status: row.status, challenge: null };
  if (is === "known") {
    // Over POST the refusal of the call itself is the status; a socket is opened, and refuses each call.
    const isRefused = row.access === "door" || row.access === "sign_in" || row.name === "house over POST";
    return { status: isRefused ? 403 : row.status, challenge: null };
  }
  const { status, error } = is;
  // A glance needs no credential; the sign-in takes one in a body too, and there is none.
  if (row.access === "glance" && status === 401 && !error) return { status: row.status, challenge: null };
  if (row.access === "sign_in" && status === 401 && !error) return { status: 415, challenge: null };
  if (row.access === "sign_in" && status === 400) return { status, challenge: null };
  return { status, challenge: challenge(error) };
}

/** On /mcp a refusal is JSON-RPC without an id, elsewhere it is `{error}`. */
export function assertRefusal(row: Row, { status, body }: Answer): void {
  if (row.method === "HEAD") return assert.equal(body, "");
  const reply = JSON.parse(body);
  if (row.path !== "/mcp") return assert.equal(typeof reply.error, "string");
  assert.deepEqual([reply.jsonrpc, reply.id], ["2.0", null]);
  assert.equal(reply.error.code, status === 403 ? -32003 : -32001);
  assert.equal(reply.error.data.kind, status === 403 ? "forbidden" : "unauthenticated");
  assert.equal(typeof reply.error.data.hint, "string");
}
