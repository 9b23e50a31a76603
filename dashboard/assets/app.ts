/// <reference lib="dom" />
import { createAccount } from "./account.ts";
import type { Address } from "./connection.ts";
import { readSession, type Session, signOut, takeTicket } from "./session.ts";
import { createSignInForm } from "./sign_in.ts";
import { createWorkbench } from "./workbench.ts";

const ENDED = "Your session has ended.";

const endpoint = new URL("/mcp", location.href);
endpoint.protocol = endpoint.protocol.replace("http", "ws");
const workbench = createWorkbench(endpoint.href);

// The server writes its AUTH_MODE into the page.
const { dataset } = document.documentElement;
const authMode = dataset["auth"] ?? "none";
if (authMode === "none") workbench.connect(() => Promise.resolve({ kind: "url", url: endpoint.href }));
else askWho(authMode);

/** Lets whoever is signed in go on, and asks everyone else for a credential. */
async function askWho(authMode: string): Promise<void> {
  let session: Session | undefined;
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
    workbench.connect(addressOf);
    // The field that had the focus is gone.
    if (hasAsked) workbench.focus();
  }

  function ask(words: string): void {
    workbench.disconnect();
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
