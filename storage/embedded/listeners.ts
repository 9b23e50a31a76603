import { StorageError } from "../errors.ts";
import type { Json } from "../json.ts";

/** Events are notices, not data: larger ones are refused. Counted in UTF-16 units of JSON text. */
export const EVENT_CHARS_MAX = 65_536;

/** What becomes of an error that a listener throws. */
export type OnListenerError = (error: unknown, topic: string) => void;

/** @throws {StorageError} when the event is over its bound. */
export function encodeEvent(topic: string, event: Json): string {
  const text = JSON.stringify(event);
  if (text.length > EVENT_CHARS_MAX) {
    throw new StorageError(
      `Cannot publish to ${JSON.stringify(topic)}: expected at most ${EVENT_CHARS_MAX} characters, got ${text.length}`,
    );
  }
  return text;
}

/** Who listens to which topic in this process. */
export class Listeners {
  readonly #byTopic = new Map<string, Set<(event: Json) => void>>();
  readonly #onError: OnListenerError;

  constructor(onError: OnListenerError) {
    this.#onError = onError;
  }

  topics(): string[] {
    return [...this.#byTopic.keys()];
  }

  /** @returns what removes the listener, and says whether it was the topic's last. */
  add(topic: string, listener: (event: Json) => void): () => boolean {
    const listeners = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, listeners);
    // Subscribing a function twice makes two subscriptions.
    const subscription = (event: Json) => listener(event);
    listeners.add(subscription);
    return () => {
      const last = listeners.delete(subscription) && listeners.size === 0;
      if (last) this.#byTopic.delete(topic);
      return last;
    };
  }

  /** Gives each listener its own copy of the event; text that is no JSON comes from somebody else and is ignored. */
  deliver(topic: string, text: string): void {
    for (const listener of [...this.#byTopic.get(topic) ?? []]) {
      const event = parseEvent(text);
      if (event === undefined) return;
      try {
        listener(event);
      } catch (error) {
        this.#onError(error, topic);
      }
    }
  }
}

function parseEvent(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
