/// <reference lib="dom" />
import type { Console, View } from "../shell/console.ts";
import { element } from "../core/dom.ts";
import { createComposer } from "./composer.ts";
import { createLedger, type Exchange } from "./exchange.ts";
import { createHistory } from "./history.ts";
import { createReply } from "./reply.ts";
import { requestFor } from "./request.ts";
import { createToolList } from "./tool_list.ts";

const REPLY_TIMEOUT_MS = 60_000;

/** Where requests are written and replies are read. */
export function createTry({ asks, kept, link, readTools }: Console): View {
  let shown: Exchange | undefined;
  let requests = 0;
  const reply = createReply();
  const ledger = createLedger({ elapsed: () => performance.now(), replyTimeoutMs: REPLY_TIMEOUT_MS, onLost: refresh });
  const tools = createToolList({
    onPick(tool) {
      composer.load(requestFor(tool, ++requests));
      composer.focusFirst();
    },
  });
  const composer = createComposer({ asks, onSend: send, onTool: tools.mark });
  const history = createHistory({
    kept,
    onPick(exchange) {
      if (exchange.request) composer.load(exchange.request);
      show(exchange);
      element("reply-card", HTMLElement).scrollIntoView({ block: "nearest" });
    },
  });

  function send(request: string): string | undefined {
    if (!link.send(request)) return "Not connected: nothing was sent";
    const exchange = ledger.sent(request);
    history.add(exchange);
    show(exchange);
    return undefined;
  }

  function refresh(exchange: Exchange): void {
    history.refresh(exchange);
    if (exchange === shown) reply.show(exchange);
  }

  function show(exchange: Exchange): void {
    shown = exchange;
    history.mark(exchange);
    reply.show(exchange);
  }

  link.onMessage((text) => {
    const exchange = ledger.received(text);
    if (!exchange.request) {
      history.add(exchange);
      show(exchange);
    }
    refresh(exchange);
  });
  link.onState(async (state) => {
    if (state.kind === "closed") ledger.lost("Connection lost");
    if (state.kind === "over") ledger.lost("Connection closed");
    if (state.kind !== "open") return;
    const found = await readTools();
    if (found.kind === "refusal") return tools.fail(`Cannot list the tools: ${found.words}.`);
    tools.show(found.value);
    composer.know(found.value);
  });

  return {
    enter: (principal) => history.restore(principal),
    leave: () => history.forget(),
    focus: () => element("request", HTMLTextAreaElement).focus(),
  };
}
