import type { Json } from "./json.ts";

/** Stops a subscription. */
export type Unsubscribe = () => Promise<void>;

/**
 * Notices between the replicas, at most once: who is away misses them, and nothing that must not be lost travels here.
 * A publisher's own subscribers hear it too. Events of one publisher on one topic arrive in order.
 */
export interface EventBus extends AsyncDisposable {
  /** @throws {StorageError} when the bus is away or too slow. */
  publish(topic: string, event: Json): Promise<void>;
  /**
   * The subscription outlives an outage of the bus. A listener's throw stays with that listener.
   * @throws {StorageError} when the bus is away or too slow.
   */
  subscribe(topic: string, listener: (event: Json) => void): Promise<Unsubscribe>;
}
