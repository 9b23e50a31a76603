import type { ReplicaNews, WatchHello, WatchNews } from "../../dashboard/wire.ts";
import type { Principal } from "../../tools/call_context.ts";
import type { Authorizer } from "../../tools/authorizer.ts";
import { type EventStream, openEventStream } from "../mcp/session/event_stream.ts";
import type { CallFeed } from "./feed.ts";
import { ownNews } from "./tally.ts";

/** Streams that one replica has open at once. */
const WATCHERS_MAX = 100;

/** The streams of those who watch calls. */
export interface Watchers extends Disposable {
  /** `undefined` where there are too many. */
  open(principal: Principal): Response | undefined;
}

/** Whoever may read the whole log is told of all calls; anybody else of their own. */
export function createWatchers({ feed, authorizer, replica }: {
  readonly feed: Pick<CallFeed, "listen">;
  readonly authorizer: Pick<Authorizer, "mayEnter">;
  readonly replica: string;
}): Watchers {
  const streams = new Set<EventStream>();

  return {
    open(principal) {
      if (streams.size >= WATCHERS_MAX) return undefined;
      const all = authorizer.mayEnter(principal, "audit").allowed;
      const stream = openEventStream(undefined, () => {
        streams.delete(stream);
        stop();
      });
      const write = (event: WatchHello | WatchNews) => stream.write(undefined, JSON.stringify(event));
      const stop = feed.listen((news: ReplicaNews) =>
        write({ kind: "news", ...all ? news : ownNews(news, principal.name) })
      );
      streams.add(stream);
      write({ kind: "hello", all, replica });
      return stream.response;
    },
    [Symbol.dispose]() {
      for (const stream of [...streams]) stream.close();
    },
  };
}
