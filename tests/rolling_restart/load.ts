import type { Caller, OpenCaller } from "./callers.ts";

/** What one client met. */
export interface Account {
  readonly name: string;
  /** Keys of the calls that were answered. */
  readonly answered: string[];
  /** How many of its connections were closed. */
  closes: number;
  /** Everything else that went wrong. */
  readonly errors: string[];
}

export interface Load extends AsyncDisposable {
  readonly accounts: readonly Account[];
  /** From now on each client waits so long between an answer and its next call; at first not at all. */
  rest(ms: number): void;
  /** Resolves when each client has had so many further answers. @throws after 30 s */
  answers(count: number): Promise<void>;
}

const ANSWERS_MS_MAX = 30_000;

/** Lets clients call, without a pause but for what `rest` says, one call at a time each, and open another connection when theirs is closed. */
export async function startLoad(url: string, clients: Readonly<Record<string, OpenCaller>>): Promise<Load> {
  let isOver = false;
  let restMs = 0;
  const accounts = Object.keys(clients).map((name) => ({ name, answered: [], closes: 0, errors: [] }) as Account);
  const running = await Promise.all(accounts.map(async (account) => {
    const open = clients[account.name];
    if (open === undefined) throw new Error(`No client ${account.name}`);
    return run(account, url, open, await open(url), { isOver: () => isOver, restMs: () => restMs });
  }));
  return {
    accounts,
    rest: (ms) => void (restMs = ms),
    async answers(count) {
      const wanted = accounts.map(({ answered }) => answered.length + count);
      const deadline = performance.now() + ANSWERS_MS_MAX;
      while (accounts.some(({ answered }, i) => answered.length < (wanted[i] ?? 0))) {
        if (performance.now() > deadline) throw new Error(`No answers in time: ${JSON.stringify(accounts)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

interface Pace {
  readonly isOver: () => boolean;
  readonly restMs: () => number;
}

/** @returns at once, with the promise of its end */
function run(account: Account, url: string, open: OpenCaller, first: Caller, { isOver, restMs }: Pace) {
  const work = async () => {
    let caller = first;
    let closed = watch(caller);
    for (let call = 0; !isOver(); call++) {
      const key = `rolling.${account.name}.${call}`;
      const outcome = await Promise.race([
        caller.get(key).then(() => "answered" as const, (error: unknown) => ({ error })),
        closed,
      ]);
      if (outcome === "answered") {
        account.answered.push(key);
        if (restMs() > 0) await new Promise((resolve) => setTimeout(resolve, restMs()));
        continue;
      }
      // A call that fails with its connection is the connection's end, which may be told a moment later.
      const end = outcome === "closed" ? outcome : await Promise.race([closed, later(outcome)]);
      if (end !== "closed") {
        account.errors.push(String(end.error));
        continue;
      }
      account.closes++;
      await caller.close();
      caller = await open(url);
      closed = watch(caller);
    }
    await caller.close();
  };
  return { done: work().catch((error) => void account.errors.push(`The client ended: ${error}`)) };
}

const watch = ({ closed }: Caller) => closed.then(() => "closed" as const);

const END_MS_MAX = 250;

async function later<T>(value: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, END_MS_MAX));
  return value;
}
