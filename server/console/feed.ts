import type { ReplicaNews } from "../../dashboard/wire.ts";
import type { AuditEntry, AuditLog } from "../../storage/audit_log.ts";
import type { Clock } from "../../storage/clock.ts";
import { StorageError } from "../../storage/errors.ts";
import type { EventBus, Unsubscribe } from "../../storage/event_bus.ts";
import type { Json } from "../../storage/json.ts";
import { type Counted, Tally } from "./tally.ts";

/** A replica where somebody watches says so on the first; what the others did then comes on the second. */
const WATCHED_TOPIC = "console.watched";
const CALLS_TOPIC = "console.calls";

/** How often a replica tells what it did while somebody watches; and that it is there, where it did nothing. */
const TELL_MS = 250;
const ALIVE_MS = 1_000;
/** What somebody watches elsewhere is believed so long, and said again in time. */
const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
/** The bus may be away: it is asked again no sooner. */
const RETRY_MS = 5_000;

export interface CallFeedOptions {
  readonly bus: Pick<EventBus, "publish" | "subscribe">;
  readonly clock: Clock;
  readonly replica: string;
  /** This process, among all that there are and were: replicas may share a name. */
  readonly instance: string;
  readonly gauges: { readonly connections: () => number; readonly inFlight: () => number };
}

/** The log as a call sees it. */
type CallAudit = Pick<AuditLog, "state" | "room" | "append">;

/**
 * Tells whoever watches what all replicas do. While nobody watches at any of them a call costs a comparison, and nothing
 * is published. While somebody does, a replica publishes at most four notices a second, of bounded size, however many
 * calls it has. Notices may be lost: what must not be is in the audit log.
 */
export interface CallFeed extends AsyncDisposable {
  /** The log with its records told of once they are safe. */
  over(audit: CallAudit): CallAudit;
  count(what: Counted): void;
  /** @returns stops it */
  listen(listener: (news: ReplicaNews) => void): () => void;
}

export function createCallFeed(options: CallFeedOptions): CallFeed {
  const { bus, clock, replica, instance, gauges } = options;
  const listeners = new Set<(news: ReplicaNews) => void>();
  const subscriptions: Partial<Record<string, Promise<Unsubscribe>>> = {};
  const retryAtMs: Partial<Record<string, number>> = {};
  let tally = new Tally();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  /** By the clock's elapsed milliseconds. */
  let watchedElsewhereUntilMs = -Infinity;
  let toldAtMs = -Infinity;
  let saidAtMs = -Infinity;

  const isWatched = () => listeners.size > 0 || clock.elapsed() < watchedElsewhereUntilMs;

  function hear(topic: string, hearer: (event: Json) => void): void {
    if (isOver || subscriptions[topic] || clock.elapsed() < (retryAtMs[topic] ?? -Infinity)) return;
    const subscribing = bus.subscribe(topic, hearer);
    subscriptions[topic] = subscribing;
    subscribing.catch(() => {
      delete subscriptions[topic];
      retryAtMs[topic] = clock.elapsed() + RETRY_MS;
    });
  }

  function hearOfWatchers(): void {
    hear(WATCHED_TOPIC, (event) => {
      if (isOver || instanceOf(event) === instance) return;
      watchedElsewhereUntilMs = clock.elapsed() + LEASE_MS;
      wait();
    });
  }

  function hearOfCalls(): void {
    hear(CALLS_TOPIC, (event) => {
      if (instanceOf(event) === instance || !isNews(event)) return;
      listeners.forEach((tell) => tell(event.news));
    });
  }

  function wait(): void {
    if (timer === undefined && !isOver && isWatched()) timer = setTimeout(tell, TELL_MS);
  }

  function tell(): void {
    timer = undefined;
    if (isOver || !isWatched()) {
      tally = new Tally();
      return;
    }
    const nowMs = clock.elapsed();
    if (listeners.size > 0) {
      hearOfCalls();
      if (nowMs - saidAtMs >= RENEW_MS) sayWatched(nowMs);
    }
    if (!tally.isEmpty || nowMs - toldAtMs >= ALIVE_MS) {
      toldAtMs = nowMs;
      const now = { connections: gauges.connections(), inFlight: gauges.inFlight() };
      const news = tally.take(replica, clock.now(), now);
      listeners.forEach((tell) => tell(news));
      if (nowMs < watchedElsewhereUntilMs) publish(CALLS_TOPIC, { instance, news });
    }
    wait();
  }

  function sayWatched(nowMs: number): void {
    saidAtMs = nowMs;
    publish(WATCHED_TOPIC, { instance });
  }

  function publish(topic: string, event: Json): void {
    bus.publish(topic, event).catch((error) => {
      if (!(error instanceof StorageError)) throw error;
    });
  }

  return {
    over: (audit) => ({
      get state() {
        return audit.state;
      },
      get room() {
        return audit.room;
      },
      async append(entry: AuditEntry) {
        await audit.append(entry);
        if (!subscriptions[WATCHED_TOPIC]) hearOfWatchers();
        if (timer !== undefined) tally.add(entry);
      },
    }),
    count(what) {
      if (timer !== undefined) tally.count(what);
    },
    listen(listener) {
      listeners.add(listener);
      hearOfWatchers();
      hearOfCalls();
      sayWatched(clock.elapsed());
      toldAtMs = -Infinity;
      wait();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        quietlyEnd(subscriptions[CALLS_TOPIC]);
        delete subscriptions[CALLS_TOPIC];
        if (!isWatched()) clearTimer();
      };
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearTimer();
      await Promise.all(Object.values(subscriptions).map(quietlyEnd));
    },
  };

  function clearTimer(): void {
    clearTimeout(timer);
    timer = undefined;
    tally = new Tally();
  }
}

/** Where the bus is away there is nothing to end. */
async function quietlyEnd(subscription: Promise<Unsubscribe> | undefined): Promise<void> {
  try {
    await (await subscription)?.();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}

function instanceOf(event: Json): unknown {
  return typeof event === "object" && event !== null && "instance" in event ? event.instance : undefined;
}

/** Only replicas publish on the topic; one of another version may say something else. */
function isNews(event: Json): event is Json & { readonly news: ReplicaNews & Json } {
  if (typeof event !== "object" || event === null || !("news" in event)) return false;
  const { news } = event;
  return typeof news === "object" && news !== null && "rows" in news && Array.isArray(news.rows) &&
    "latencies" in news && Array.isArray(news.latencies) && "replica" in news && typeof news.replica === "string";
}
