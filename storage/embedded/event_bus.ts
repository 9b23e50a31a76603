import type { EventBus } from "../event_bus.ts";
import { encodeEvent, Listeners, type OnListenerError } from "./listeners.ts";

/**
 * A bus within this process. Events arrive as copies and after `publish` was called, as they do over a network.
 * @param options.onListenerError hears what a listener throws; nobody does where left out
 */
export function createLocalEventBus(options: { readonly onListenerError?: OnListenerError } = {}): EventBus {
  const listeners = new Listeners(options.onListenerError ?? (() => {}));
  return {
    async publish(topic, event) {
      const text = encodeEvent(topic, event);
      // A listener that publishes must not overtake the event that it is hearing.
      await Promise.resolve();
      listeners.deliver(topic, text);
    },
    subscribe(topic, listener) {
      const remove = listeners.add(topic, listener);
      return Promise.resolve(() => Promise.resolve(void remove()));
    },
    async [Symbol.asyncDispose]() {},
  };
}
