/// <reference lib="dom" />
import { errorOf, type Exchange } from "./exchange.ts";
import { build, element, formatCount, printReply, say, summarize } from "./view.ts";

/** Shows what became of a request: how it ended, how long it took, its size, and its text. */
export function showReply(exchange: Exchange): void {
  const { outcome } = exchange;
  const { tone, words, duration } = summarize(exchange);
  const reply = outcome.kind === "reply" ? outcome : undefined;
  const status = element("reply-status", HTMLElement);
  const size = reply ? `${formatCount(reply.bytes)} bytes` : "";
  say(status, [words, duration, size].filter((part) => part).join(" · "));
  status.className = `badge ${tone}`;

  const error = reply && errorOf(reply.text);
  const callout = element("reply-error", HTMLElement);
  callout.hidden = !error;
  callout.replaceChildren(...error ? [build("strong", "", error.message), ` ${error.hint ?? ""}`] : []);

  const text = element("reply", HTMLPreElement);
  text.hidden = !reply;
  text.replaceChildren(reply ? printReply(reply.text) : "");
  text.scrollTop = 0;
  element("reply-empty", HTMLElement).hidden = true;
}
