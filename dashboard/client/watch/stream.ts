/// <reference lib="dom" />
import type { WatchHello, WatchNews } from "../../wire.ts";
import { isObject, parse } from "../core/json.ts";

const PATH = "/dashboard/api/watch";
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15_000;

/** Calls as they happen, from a stream that comes back by itself. */
export function openStream({ onHello, onNews, onLost }: {
  readonly onHello: (hello: WatchHello) => void;
  readonly onNews: (news: WatchNews) => void;
  /** It was lost, or could not be had, and is tried again. */
  readonly onLost: () => void;
}): { close(): void } {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let losses = 0;

  function open(): void {
    source = new EventSource(PATH);
    source.onmessage = ({ data }) => {
      const event = parse(String(data));
      if (!isObject(event)) return;
      losses = 0;
      // Our own server's words: what they are made of is known by their kind.
      if (event["kind"] === "hello") onHello(event as unknown as WatchHello);
      if (event["kind"] === "news") onNews(event as unknown as WatchNews);
    };
    // The browser's own retry gives up at the first refusal, such as that of a server that stops.
    source.onerror = () => {
      source?.close();
      onLost();
      const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** losses++);
      timer = setTimeout(open, delayMs * (0.75 + Math.random() / 4));
    };
  }

  open();
  return {
    close() {
      clearTimeout(timer);
      source?.close();
    },
  };
}
