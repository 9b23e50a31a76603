/// <reference lib="dom" />
import { createComposer } from "./composer.ts";
import { type Address, connect, type Connection } from "./connection.ts";
import { exampleFor, GUIDE_EXAMPLES, readToolList } from "./examples.ts";
import { createLedger, errorOf, type Exchange, isObject, parse } from "./exchange.ts";
import { createHistory } from "./history.ts";
import { showReply } from "./reply.ts";
import { createStatus } from "./status.ts";
import { element, say, toolEntry } from "./view.ts";

const REPLY_TIMEOUT_MS = 60_000;
/** The page asks for the tool list itself, under this id. */
const TOOLS_ID = "dashboard-tools";
const TOOLS_REQUEST = JSON.stringify({ jsonrpc: "2.0", id: TOOLS_ID, method: "mcp.tools.list" });

/** Where requests are written and replies are read. */
export interface Workbench {
  /** Connects, and connects again after each loss, until `disconnect`. */
  connect(addressOf: () => Promise<Address>): void;
  disconnect(): void;
  /** Takes the keyboard to the request. */
  focus(): void;
}

/** @param url of the endpoint, to be shown */
export function createWorkbench(url: string): Workbench {
  let connection: Connection | undefined;
  let shown: Exchange | undefined;
  let toolsText = "";

  const ledger = createLedger({ elapsed: () => performance.now(), replyTimeoutMs: REPLY_TIMEOUT_MS, onLost: refresh });
  const composer = createComposer({ onSend: send });
  const history = createHistory({
    onPick(exchange) {
      if (exchange.request) composer.load(exchange.request);
      show(exchange);
      element("reply-card", HTMLElement).scrollIntoView({ block: "nearest" });
    },
  });
  const status = createStatus({ url, onRetry: () => connection?.retryNow() });
  composer.offer("examples-guide", GUIDE_EXAMPLES);

  function send(request: string): string | undefined {
    if (!connection?.send(request)) return "Not connected: nothing was sent";
    const exchange = ledger.sent(request);
    history.add(exchange);
    show(exchange);
    return undefined;
  }

  function receive(text: string): void {
    const message = parse(text);
    if (isObject(message) && message["id"] === TOOLS_ID) return showTools(text);
    const exchange = ledger.received(text);
    if (!exchange.request) {
      history.add(exchange);
      show(exchange);
    }
    refresh(exchange);
  }

  function refresh(exchange: Exchange): void {
    history.refresh(exchange);
    if (exchange === shown) showReply(exchange);
  }

  function show(exchange: Exchange): void {
    shown = exchange;
    history.mark(exchange);
    showReply(exchange);
  }

  function showTools(text: string): void {
    // The same list after a reconnection: left as it is, and whoever is in it stays there.
    if (text === toolsText) return;
    const note = element("tools-note", HTMLElement);
    const tools = readToolList(text);
    if (!tools) {
      const error = errorOf(text);
      note.hidden = false;
      return say(note, `Cannot list the tools: ${error?.message ?? "the reply holds none"}. ${error?.hint ?? ""}`);
    }
    toolsText = text;
    note.hidden = true;
    const examples = tools.map((tool, i) => exampleFor(tool, GUIDE_EXAMPLES.length + 1 + i));
    composer.offer("examples-tools", examples);
    const entries = tools.map((tool, i) => toolEntry(tool, () => composer.load(examples[i]?.request ?? "")));
    element("tools", HTMLUListElement).replaceChildren(...entries);
    say(element("tools-count", HTMLElement), String(tools.length));
  }

  return {
    connect(addressOf) {
      connection = connect({
        addressOf,
        onState(state) {
          status.show(state);
          if (state.kind === "open") connection?.send(TOOLS_REQUEST);
          if (state.kind === "closed") ledger.lost("Connection lost");
        },
        onMessage: receive,
      });
    },
    disconnect() {
      connection?.close();
      connection = undefined;
      ledger.lost("Connection closed");
    },
    focus: () => element("request", HTMLTextAreaElement).focus(),
  };
}
