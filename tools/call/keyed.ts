import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../storage/clock.ts";
import { StorageError } from "../../storage/errors.ts";
import type { KeyedCallStore } from "../../storage/keyed_call_store.ts";
import type { Principal } from "../call_context.ts";
import { digestOf } from "../digest.ts";
import { ToolError, type ToolErrorKind } from "../error.ts";
import type { Tool } from "../tool.ts";

/** How long an answer is kept. */
const KEPT_SECONDS = 600;
const KEY_CHARS_MAX = 128;
/** A larger answer is not kept. */
const ANSWER_CHARS_MAX = 262_144;
/** What a call may take beside its tool's time, and what replicas' clocks may differ by. */
const GRACE_MS = 10_000;
/** Pauses of a twin between two looks at its other. */
const LOOK_MS_MIN = 25;
const LOOK_MS_MAX = 500;

/** Failures that tell nothing of whether something was changed. */
const OPEN_ENDS: ReadonlySet<ToolErrorKind> = new Set([
  "timeout",
  "cancelled",
  "internal",
  "unavailable",
  "audit_unavailable",
]);

/** What the store holds of a call. */
const entrySchema = z.union([
  z.object({ state: z.literal("running"), args: z.string(), untilMs: z.number() }),
  z.object({ state: z.literal("answered"), args: z.string(), record: z.string(), text: z.string() }),
  z.object({
    state: z.literal("failed"),
    args: z.string(),
    record: z.string(),
    error: z.object({
      kind: z.enum(["tool_failed", "invalid_params", "forbidden", "rate_limited", "conflict", "not_found"]),
      message: z.string(),
      hint: z.string().optional(),
      data: z.record(z.string(), z.json()),
    }),
  }),
  z.object({ state: z.literal("unknown"), args: z.string() }),
]);
type Entry = z.output<typeof entrySchema>;

/** A call as its key sees it. */
export interface KeyedCall {
  /** As it came. */
  readonly key: unknown;
  readonly principal: Pick<Principal, "name">;
  readonly tool: Tool;
  /** As the tool will get them. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly recordId: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How a keyed call goes on. */
export type Begun =
  | {
    /** Nobody made it before: it is run, and its end is told. */
    readonly kind: "run";
    /**
     * Keeps the answer for those who ask again, or gives the key free where nothing was changed. It never rejects: an
     * answer that cannot be kept leaves the outcome unknown to who asks again.
     */
    settle(answer: { readonly text: string } | ToolError, executed: boolean): Promise<void>;
  }
  | {
    /** It was answered before. */
    readonly kind: "replay";
    readonly text: string;
    /** Id of the first answer's record. */
    readonly record: string;
  };

/** Calls that are made at most once a key. */
export interface KeyedCalls {
  /**
   * Begins a call, or gives the answer that it had; a twin that runs is waited for.
   *
   * @returns `undefined` for a tool that only reads where the store is away: reading twice harms nothing.
   * @throws {ToolError} `invalid_params` for what is no key, `conflict` for a key that was used with other arguments and
   * for a call whose outcome nobody knows, `unavailable` where the store is away, and whatever the call failed with.
   */
  begin(call: KeyedCall): Promise<Begun | undefined>;
}

export function createKeyedCalls({ store, clock, sleep = pause }: {
  readonly store: KeyedCallStore;
  readonly clock: Pick<Clock, "now">;
  /** Waits so many milliseconds, or throws the signal's reason. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}): KeyedCalls {
  async function begin(call: KeyedCall): Promise<Begun | undefined> {
    const name = nameOf(call);
    const args = digestOf(call.args);
    const running: Entry = { state: "running", args, untilMs: clock.now() + call.timeoutMs + GRACE_MS };
    const standing = await store.begin(name, JSON.stringify(running), secondsFor(call.timeoutMs));
    if (standing === undefined) return { kind: "run", settle: (...end) => settle(name, args, call, ...end) };
    const entry = await endOf(name, standing, args, call.signal);
    // Its other found that it had nothing to answer, and gave the key free.
    if (!entry) return await begin(call);
    if (entry.state === "answered") return { kind: "replay", text: entry.text, record: entry.record };
    const { kind, message, hint, data } = entry.error;
    throw new ToolError(kind, message, { ...(hint !== undefined && { hint }), data });
  }

  /** The end of a call that another has begun; `undefined` where it gave the key free. */
  async function endOf(name: string, standing: string, args: string, signal: AbortSignal) {
    let text: string | undefined = standing;
    for (let waitMs = LOOK_MS_MIN;; waitMs = Math.min(waitMs * 2, LOOK_MS_MAX)) {
      if (text === undefined) return undefined;
      const entry = parseEntry(text);
      if (entry.args !== args) throw otherArguments();
      if (entry.state === "answered" || entry.state === "failed") return entry;
      if (entry.state === "unknown" || entry.untilMs <= clock.now()) throw outcomeUnknown();
      await sleep(waitMs, signal);
      text = await store.get(name);
    }
  }

  async function settle(
    name: string,
    args: string,
    { tool, recordId }: KeyedCall,
    answer: { readonly text: string } | ToolError,
    executed: boolean,
  ): Promise<void> {
    const entry = entryOf(answer, executed, { args, record: recordId, changes: tool.effect !== "read" });
    try {
      await (entry ? store.replace(name, JSON.stringify(entry), KEPT_SECONDS) : store.forget(name));
    } catch (error) {
      // Until its time is up it counts as running, and then as a call whose outcome nobody knows.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  return {
    async begin(call) {
      try {
        return await begin(call);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        if (call.tool.effect === "read") return undefined;
        throw new ToolError("unavailable", `Cannot make sure that ${call.tool.name} runs once: its store is away`, {
          hint: "Nothing was changed: try again in a few seconds with the same key",
          data: { executed: false },
          cause: error,
        });
      }
    },
  };
}

/** What is kept of an end; `undefined` where the call may be made again. */
function entryOf(
  answer: { readonly text: string } | ToolError,
  executed: boolean,
  { args, record, changes }: { readonly args: string; readonly record: string; readonly changes: boolean },
): Entry | undefined {
  const unknown = changes ? { state: "unknown", args } as const : undefined;
  if (!(answer instanceof ToolError)) {
    return answer.text.length > ANSWER_CHARS_MAX ? unknown : { state: "answered", args, record, text: answer.text };
  }
  if (!executed || !changes || answer.kind === "unanswered") return undefined;
  if (OPEN_ENDS.has(answer.kind)) return unknown;
  const { kind, message, hint, data } = answer;
  return entrySchema.safeParse({ state: "failed", args, record, error: { kind, message, hint, data } }).data ?? unknown;
}

/** Where a call's entry stands: a key is its principal's and its tool's alone. */
function nameOf({ key, principal, tool }: KeyedCall): string {
  if (typeof key !== "string" || key === "" || key.length > KEY_CHARS_MAX) {
    const came = typeof key === "string" ? `${key.length} characters` : typeof key;
    throw new ToolError(
      "invalid_params",
      `Invalid idempotency key: expected 1 to ${KEY_CHARS_MAX} characters, got ${came}`,
      {
        hint: "Give a text of your own for each call that must run once, such as a UUID, or none",
      },
    );
  }
  return createHash("sha256").update(JSON.stringify([principal.name, tool.name, key])).digest("hex");
}

/** An entry in another form is another release's: what it says is not known. */
function parseEntry(text: string): Entry {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch {
    throw outcomeUnknown();
  }
}

/** An entry outlives its call, however long that may take. */
function secondsFor(timeoutMs: number): number {
  return KEPT_SECONDS + Math.ceil((timeoutMs + GRACE_MS) / 1000);
}

function otherArguments(): ToolError {
  return new ToolError("conflict", "This idempotency key was used for a call of this tool with other arguments", {
    hint: "Use a new key for a new call, and the same key only to repeat one unchanged",
    data: { reason: "other_arguments" },
  });
}

function outcomeUnknown(): ToolError {
  return new ToolError(
    "conflict",
    "The outcome of the call with this idempotency key is unknown: it is not run again",
    {
      hint: "Look whether it had its effect, then call with a new key if it had none",
      data: { reason: "outcome_unknown" },
    },
  );
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}
