import assert from "node:assert/strict";
import { StorageError } from "../../storage/errors.ts";
import type { EventBus } from "../../storage/event_bus.ts";
import type { Json } from "../../storage/json.ts";
import { awkwardValues } from "./json_values.ts";

/** An implementation under test. */
export interface EventBusSubject extends AsyncDisposable {
  readonly bus: EventBus;
  /** The bus of another replica, or the same where there is one process. */
  readonly other: EventBus;
}

/** Registers the tests that every event bus must pass. `open` is told where errors of listeners go. */
export function describeEventBus(
  name: string,
  open: (onListenerError: (error: unknown, topic: string) => void) => Promise<EventBusSubject>,
): void {
  Deno.test(`${name} keeps the promises of an event bus`, async (t) => {
    const errors: string[] = [];
    await using subject = await open((error, topic) => errors.push(`${topic}: ${error}`));
    const { bus, other } = subject;

    await t.step("an event reaches every subscriber, the publisher's own too", async () => {
      const inboxes = [await listen(bus, "tools"), await listen(other, "tools"), await listen(other, "tools")];
      await bus.publish("tools", { changed: ["ctx.get"] });
      for (const inbox of inboxes) assert.deepEqual(await inbox.take(1), [{ changed: ["ctx.get"] }]);
      for (const inbox of inboxes) await inbox.close();
    });

    await t.step("a subscriber hears the topics it named and no others", async () => {
      const inbox = await listen(other, "one");
      const wide = await listen(other, "*");
      for (const topic of ["on", "two", "one:two", "one"]) await bus.publish(topic, topic);
      await bus.publish("*", "literally");
      assert.deepEqual(await inbox.take(1), ["one"]);
      assert.deepEqual(await wide.take(1), ["literally"]);
      await Promise.all([inbox.close(), wide.close()]);
    });

    await t.step("200 events of one publisher arrive in order", async () => {
      const inbox = await listen(other, "order");
      const events = Array.from({ length: 200 }, (_, index) => index);
      await Promise.all(events.map((event) => bus.publish("order", event)));
      assert.deepEqual(await inbox.take(200), events);
      await inbox.close();
    });

    await t.step("what a listener publishes comes after the event it heard", async () => {
      const unsubscribe = await bus.subscribe("chain", (event) => {
        if (event === "first") bus.publish("chain", "second");
      });
      const inbox = await listen(bus, "chain");
      await bus.publish("chain", "first");
      assert.deepEqual(await inbox.take(2), ["first", "second"]);
      await Promise.all([unsubscribe(), inbox.close()]);
    });

    await t.step("events arrive as they were sent, each listener with its own copy", async () => {
      const values = awkwardValues.filter((value) => JSON.stringify(value).length < 60_000);
      const spoil = await other.subscribe("values", (event) => Array.isArray(event) && event.push("spoilt"));
      const inbox = await listen(other, "values");
      for (const value of values) await bus.publish("values", value);
      assert.deepEqual(await inbox.take(values.length), values);
      await Promise.all([spoil(), inbox.close()]);
    });

    await t.step("a listener's throw stays with that listener", async () => {
      const throwing = await other.subscribe("throw", () => {
        throw new Error("broken listener");
      });
      const inbox = await listen(other, "throw");
      for (const event of [1, 2]) await bus.publish("throw", event);
      assert.deepEqual(await inbox.take(2), [1, 2]);
      assert.deepEqual(errors, ["throw: Error: broken listener", "throw: Error: broken listener"]);
      await Promise.all([throwing(), inbox.close()]);
    });

    await t.step("after unsubscribing nothing arrives, and the other subscriptions go on", async () => {
      const leaving = await listen(other, "leave");
      const staying = await listen(other, "leave");
      await leaving.close();
      await leaving.close();
      await bus.publish("leave", 1);
      assert.deepEqual(await staying.take(1), [1]);
      await staying.close();

      const returning = await listen(other, "leave");
      await bus.publish("leave", 2);
      assert.deepEqual(await returning.take(1), [2]);
      await returning.close();
      assert.deepEqual([leaving.events, staying.events], [[], []]);
    });

    await t.step("an event over 65,536 characters is refused, one below arrives", async () => {
      const inbox = await listen(other, "large");
      await assert.rejects(bus.publish("large", "x".repeat(65_535)), StorageError);
      await bus.publish("large", "x".repeat(65_534));
      assert.deepEqual(await inbox.take(1), ["x".repeat(65_534)]);
      await inbox.close();
    });
  });
}

/** A subscription whose events can be waited for. */
export interface Inbox {
  /** What came and was not taken yet. */
  readonly events: readonly Json[];
  /** @throws when fewer than `count` events came in 5 s. */
  take(count: number): Promise<readonly Json[]>;
  close(): Promise<void>;
}

export async function listen(bus: EventBus, topic: string): Promise<Inbox> {
  const events: Json[] = [];
  let wake = () => {};
  const unsubscribe = await bus.subscribe(topic, (event) => {
    events.push(event);
    wake();
  });
  return {
    events,
    async take(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      wake = () => events.length >= count && resolve();
      wake();
      const timer = setTimeout(() => reject(new Error(`Got ${events.length} of ${count} events in 5 s`)), 5_000);
      try {
        await promise;
      } finally {
        clearTimeout(timer);
      }
      return events.splice(0, count);
    },
    close: unsubscribe,
  };
}
