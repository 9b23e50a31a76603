/// <reference lib="dom" />
import type { ConnectionState } from "./connection.ts";
import { element, say } from "./dom.ts";

/** The connection's state in words; only a change of it is read out, not each try. */
export function createStatus({ url, onRetry }: { readonly url: string; readonly onRetry: () => void }) {
  const box = element("connection", HTMLElement);
  const words = element("connection-words", HTMLElement);
  const detail = element("connection-detail", HTMLElement);
  const retry = element("retry", HTMLButtonElement);
  let countdown: ReturnType<typeof setInterval> | undefined;
  retry.onclick = onRetry;
  addEventListener("online", onRetry);

  return {
    show(state: ConnectionState): void {
      clearInterval(countdown);
      box.dataset["state"] = state.kind;
      const isFirst = state.kind === "connecting" && state.attempt === 1;
      say(words, state.kind === "open" ? "Connected" : isFirst ? "Connecting" : "Disconnected, reconnecting");
      retry.hidden = state.kind !== "closed";
      if (state.kind !== "closed") return say(detail, state.kind === "open" ? url : "trying now");
      const retryAtMs = performance.now() + state.retryInMs;
      const reason = state.reason ? `${state.reason}: ` : "";
      const count = () =>
        say(detail, `${reason}next try in ${Math.max(1, Math.ceil((retryAtMs - performance.now()) / 1000))} s`);
      count();
      countdown = setInterval(count, 1000);
    },
  };
}
