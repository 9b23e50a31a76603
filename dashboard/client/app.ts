/// <reference lib="dom" />
import type { ConsoleHealth } from "../wire.ts";
import { ask as askServer, askStream } from "./core/ask.ts";
import { createCallTool } from "./core/call.ts";
import type { Address } from "./core/connection.ts";
import { isObject } from "./core/json.ts";
import { createKept } from "./core/kept.ts";
import { createStatus } from "./core/status.ts";
import { createAccount } from "./shell/account.ts";
import type { Console } from "./shell/console.ts";
import { createLink } from "./shell/link.ts";
import { readSession, type Session, signOut, takeTicket } from "./shell/session.ts";
import { createSignInForm } from "./shell/sign_in.ts";
import { createTheme } from "./shell/theme.ts";
import { createViews } from "./shell/views.ts";

const ENDED = "Your session has ended.";
const API = "/dashboard/api/";
/** Whoever calls a server that asks nobody. */
const DEFAULT_PRINCIPAL = "default";

const endpoint = new URL("/mcp", location.href);
endpoint.protocol = endpoint.protocol.replace("http", "ws");
// The server writes its AUTH_MODE into the page.
const { dataset } = document.documentElement;
const authMode = dataset["auth"] ?? "none";
const kept = createKept(() => localStorage);
let session: Session | undefined;

createTheme(kept);
const link = createLink();
const status = createStatus({ url: endpoint.href, onRetry: link.retryNow });
link.onState((state) => state.kind !== "over" && status.show(state));
const console: Console = {
  asks: authMode !== "none",
  kept,
  link,
  readTools: () => askServer("GET", `${API}tools`, {}, (body) => isObject(body) ? readList(body["tools"]) : undefined),
  readHealth: () => askServer("GET", `${API}health`, {}, readOwn<ConsoleHealth>),
  post: (path, body, read) => askServer("POST", API + path, { csrf: session?.csrf, body: JSON.stringify(body) }, read),
  callTool: createCallTool(() => session?.csrf),
  stream: (path, body, signal) => askStream(API + path, { csrf: session?.csrf, body: JSON.stringify(body) }, signal),
};
const views = createViews(console);

if (authMode === "none") {
  views.enter(DEFAULT_PRINCIPAL);
  link.connect(() => Promise.resolve({ kind: "url", url: endpoint.href }));
} else askWho(authMode);

/** An answer of our own server, whose members are known where it is an object. */
function readOwn<T>(body: unknown): T | undefined {
  return isObject(body) ? body as T : undefined;
}

/** The tools are our own server's words: what they are made of is known. */
// deno-lint-ignore no-explicit-any -- See above; a list is all that is looked for.
function readList(tools: any) {
  return Array.isArray(tools) ? tools : undefined;
}

/** Lets whoever is signed in go on, and asks everyone else for a credential. */
async function askWho(authMode: string): Promise<void> {
  const form = createSignInForm({ authMode, onSignedIn: enter });
  const account = createAccount({ onSignOut: leave });
  // The other tabs of this browser, which have the same cookie.
  const tabs = new BroadcastChannel("session");
  tabs.onmessage = () => location.reload();

  const found = await readSession();
  if (found.kind === "answer") enter(found.value);
  else ask(found.status === 401 ? "" : `${found.words}.`);

  function enter(now: Session): void {
    // What the page shows is of whoever was signed in before: nobody else gets to see it.
    if (session && session.principal !== now.principal) return location.reload();
    session = now;
    account.show(now);
    const hasAsked = dataset["session"] === "out";
    dataset["session"] = "in";
    views.enter(now.principal);
    link.connect(addressOf);
    // The field that had the focus is gone.
    if (hasAsked) views.focus();
  }

  function ask(words: string): void {
    link.disconnect();
    views.suspend();
    dataset["session"] = "out";
    form.open(words);
  }

  async function addressOf(): Promise<Address> {
    const ticket = session && await takeTicket(session);
    if (ticket?.kind === "answer") {
      const url = new URL(endpoint);
      url.searchParams.set("ticket", ticket.value);
      return { kind: "url", url: url.href };
    }
    if (!ticket || !isStale(ticket)) return { kind: "none_now", reason: ticket?.words ?? "Nobody is signed in" };
    return await catchUp() ?? { kind: "none_now", reason: ticket.words };
  }

  /**
   * Asks anew who is signed in, where the session is not what it was. Another tab may have signed in: the same principal
   * goes on here, another one gets a page of its own. Where nobody is, a credential is asked for.
   *
   * @returns `undefined` where it goes on, else why it does not
   */
  async function catchUp(): Promise<Address | undefined> {
    const now = await readSession();
    if (now.kind === "refusal" && now.status !== 401) return { kind: "none_now", reason: now.words };
    if (now.kind === "answer" && now.value.principal === session?.principal) {
      session = now.value;
      account.show(session);
      return undefined;
    }
    if (now.kind === "answer") location.reload();
    else ask(ENDED);
    return { kind: "none" };
  }

  /** @returns why this browser is still signed in */
  async function leave(): Promise<string | undefined> {
    let left = session && await signOut(session);
    if (left?.kind === "refusal" && left.status === 403 && session && !await catchUp()) left = await signOut(session);
    if (left?.kind === "refusal" && left.status !== 401) return `Still signed in: ${left.words}`;
    views.leave();
    tabs.postMessage("signed out");
    // Nothing that was shown stays.
    location.reload();
    return undefined;
  }
}

/** 401: the session has ended. 403: the token that this page holds is of another one. */
function isStale({ status }: { readonly status: number }): boolean {
  return status === 401 || status === 403;
}
