import assert from "node:assert/strict";
import { withDeadline } from "../../tools/deadline.ts";
import { toolError } from "./tool_error.ts";

/** Far beyond the test: a timer that is left behind is found by the sanitizer. */
const LONG_MS = 60_000;

function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

/** What became of promises that nobody handled while the work went on. */
async function unhandledDuring(work: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const listener = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", listener);
  try {
    await work();
    // A rejection is told of once the queue of microtasks is empty: a turn of the event loop later at the latest.
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 0);
    await promise;
  } finally {
    removeEventListener("unhandledrejection", listener);
  }
  return unhandled;
}

Deno.test("withDeadline gives what the work gives", async () => {
  assert.equal(await withDeadline(new AbortController().signal, LONG_MS, () => Promise.resolve(7)), 7);
});

Deno.test("withDeadline throws what the work rejects with", async () => {
  const failure = new RangeError("no");
  await assert.rejects(withDeadline(new AbortController().signal, LONG_MS, () => Promise.reject(failure)), failure);
});

Deno.test("withDeadline throws what the work throws before its first promise", async () => {
  const failure = new RangeError("no");
  const work = () => {
    throw failure;
  };
  await assert.rejects(withDeadline(new AbortController().signal, LONG_MS, work), failure);
});

Deno.test("withDeadline stops waiting for work that heeds no signal", async () => {
  const error = await toolError("timeout", () => withDeadline(new AbortController().signal, 10, never));
  assert.equal(error.message, "The call took longer than 10 ms and was stopped");
  assert.equal(error.hint, "Ask for less, or try again later");
  assert.deepEqual(error.data, { timeoutMs: 10 });
});

Deno.test("withDeadline aborts the work's signal when time is up, with the timeout as the reason", async () => {
  let given: AbortSignal | undefined;
  const error = await toolError("timeout", () =>
    withDeadline(new AbortController().signal, 10, (signal) => {
      given = signal;
      return never();
    }));
  assert.equal(given?.aborted, true);
  assert.equal(given?.reason, error);
});

Deno.test("withDeadline says timeout where the work ends by its signal", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  await toolError("timeout", () =>
    withDeadline(new AbortController().signal, 10, (signal) => {
      signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      return promise;
    }));
});

Deno.test("withDeadline cancels work whose caller goes away, at once", async () => {
  const caller = new AbortController();
  let given: AbortSignal | undefined;
  const call = withDeadline(caller.signal, LONG_MS, (signal) => {
    given = signal;
    return never();
  });
  assert.equal(given?.aborted, false);
  caller.abort();
  assert.equal(given?.aborted, true);
  const error = await toolError("cancelled", () => call);
  assert.equal(error.message, "The call was cancelled: its caller went away");
});

Deno.test("withDeadline runs nothing for a caller that is gone already", async () => {
  let runs = 0;
  await toolError("cancelled", () =>
    withDeadline(AbortSignal.abort(), LONG_MS, () => {
      runs++;
      return Promise.resolve();
    }));
  assert.equal(runs, 0);
});

const late: readonly (readonly [what: string, run: (work: Promise<never>) => Promise<unknown>])[] = [
  ["a timeout", (work) => withDeadline(new AbortController().signal, 1, () => work)],
  ["a cancellation", (work) => {
    const caller = new AbortController();
    const call = withDeadline(caller.signal, LONG_MS, () => work);
    caller.abort();
    return call;
  }],
];

for (const [what, run] of late) {
  Deno.test(`withDeadline leaves no rejection unhandled where the work fails after ${what}`, async () => {
    const unhandled = await unhandledDuring(async () => {
      const { promise, reject } = Promise.withResolvers<never>();
      await assert.rejects(run(promise));
      reject(new Error("too late"));
    });
    assert.deepEqual(unhandled, []);
  });
}

Deno.test("withDeadline leaves no rejection unhandled where the work throws at once and its caller goes", async () => {
  const unhandled = await unhandledDuring(async () => {
    const caller = new AbortController();
    const failure = new Error("at once");
    const work = () => {
      caller.abort();
      throw failure;
    };
    await assert.rejects(withDeadline(caller.signal, LONG_MS, work));
    await withDeadline(new AbortController().signal, LONG_MS, () => Promise.resolve());
  });
  assert.deepEqual(unhandled, []);
});

Deno.test("withDeadline leaves no listener on the caller's signal", async () => {
  const caller = new AbortController();
  let listeners = 0;
  const { signal } = caller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  await withDeadline(signal, LONG_MS, () => Promise.resolve());
  await assert.rejects(withDeadline(signal, LONG_MS, () => Promise.reject(new Error("no"))));
  await assert.rejects(withDeadline(signal, 1, never));
  assert.equal(listeners, 0);
});
