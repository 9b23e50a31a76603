import type { Redis, Result } from "ioredis";
import { encodeEvent, Listeners, type OnListenerError } from "../embedded/listeners.ts";
import type { EventBus, Unsubscribe } from "../event_bus.ts";
import type { Json } from "../json.ts";
import type { RedisConnection } from "./connection.ts";

const CHANNEL_PREFIX = "mcp:events:";

/**
 * KEYS: the channel. ARGV: the event. A script, since by its key it goes to one and the same node of a Cluster: a bare
 * PUBLISH goes to any, and events would overtake each other.
 */
const PUBLISH = `return redis.call("PUBLISH", KEYS[1], ARGV[1])`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    eventPublish(channel: string, text: string): Result<number, Context>;
  }
}

/**
 * A bus between all replicas by Redis' publish and subscribe: channel `mcp:events:<topic>`, the event as JSON text.
 *
 * Publishes over the given connection, which stays open; listens on one of its own, made with the first subscription.
 * After an outage it subscribes again by itself; what was published meanwhile is missed.
 * @param options.onListenerError hears what a listener throws; nobody does where left out
 */
export function createRedisEventBus(
  redis: RedisConnection,
  options: { readonly onListenerError?: OnListenerError } = {},
): EventBus {
  return new RedisEventBus(redis, options.onListenerError ?? (() => {}));
}

class RedisEventBus implements EventBus {
  readonly #publisher: RedisConnection;
  readonly #listeners: Listeners;
  #subscriber: RedisConnection | undefined;

  constructor(publisher: RedisConnection, onListenerError: OnListenerError) {
    this.#publisher = publisher;
    publisher.define("eventPublish", { numberOfKeys: 1, lua: PUBLISH });
    this.#listeners = new Listeners(onListenerError);
  }

  async publish(topic: string, event: Json): Promise<void> {
    const text = encodeEvent(topic, event);
    const action = `publish to ${JSON.stringify(topic)}`;
    await this.#publisher.run(action, (client) => client.eventPublish(CHANNEL_PREFIX + topic, text));
  }

  async subscribe(topic: string, listener: (event: Json) => void): Promise<Unsubscribe> {
    const subscriber = this.#subscriber ??= this.#publisher.duplicate((client) => this.#listen(client));
    const remove = this.#listeners.add(topic, listener);
    const channel = CHANNEL_PREFIX + topic;
    try {
      // Redis takes a second subscription to a channel for the first.
      await subscriber.run(`subscribe to ${JSON.stringify(topic)}`, (client) => client.subscribe(channel));
    } catch (error) {
      remove();
      throw error;
    }
    return async () => {
      if (!remove()) return;
      try {
        await subscriber.run(`unsubscribe from ${JSON.stringify(topic)}`, (client) => client.unsubscribe(channel));
      } catch { /* The connection is lost, and the next one subscribes to what is then listened to. */ }
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscriber?.[Symbol.asyncDispose]();
  }

  #listen(client: Redis): void {
    client.on("message", (channel, text) => this.#listeners.deliver(channel.slice(CHANNEL_PREFIX.length), text));
    client.on("ready", () => {
      const channels = this.#listeners.topics().map((topic) => CHANNEL_PREFIX + topic);
      // Where this fails the connection is lost again, or Redis is slow and still comes to it.
      if (channels.length > 0) client.subscribe(...channels).catch(() => {});
    });
  }
}
