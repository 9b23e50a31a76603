import type { ContextQuota, ContextStore } from "../../../storage/context_store.ts";
import { createEmbeddedContextStore } from "../../../storage/embedded/context_store.ts";
import { openDatabase } from "../../../storage/embedded/database.ts";
import type { EventBus } from "../../../storage/event_bus.ts";
import { parseArguments } from "../../../tools/arguments.ts";
import { ctxGet } from "../../../tools/ctx/get.ts";
import { contextKeys, type ContextScope } from "../../../tools/ctx/keys.ts";
import { CONTEXT_TOPIC, ctxSet } from "../../../tools/ctx/set.ts";
import type { Tool, ToolCall } from "../../../tools/tool.ts";
import { type ManualClock, manualClock } from "../../contracts/manual_clock.ts";

const TTL_SECONDS = 3600;

/** The context tools on a store of their own. */
export interface ContextTools extends Disposable {
  readonly store: ContextStore;
  readonly clock: ManualClock;
  /** What was published of changed context. */
  readonly notices: readonly unknown[];
  readonly tools: { readonly get: Tool; readonly set: Tool };
  /** Calls a tool as the call path does. @throws {ToolError} for arguments that are refused. */
  get(args: unknown, principal?: string): Promise<unknown>;
  set(args: unknown, principal?: string): Promise<unknown>;
}

export interface ContextToolsOptions {
  /** Stands in for the bus. */
  readonly publish?: EventBus["publish"];
  readonly scope?: ContextScope;
  readonly quota?: ContextQuota;
}

/** Opens the context tools on an embedded store in memory. */
export function openContextTools({ publish, scope = "shared", quota }: ContextToolsOptions = {}): ContextTools {
  const clock = manualClock();
  const database = openDatabase(":memory:");
  const store = createEmbeddedContextStore(database, clock);
  const notices: unknown[] = [];
  const note: EventBus["publish"] = (topic, event) => {
    if (topic === CONTEXT_TOPIC) notices.push(event);
    return Promise.resolve();
  };
  const keys = contextKeys(scope);
  const get = ctxGet(store, keys);
  const set = ctxSet(store, { publish: publish ?? note }, { keys, ttlSeconds: TTL_SECONDS, quota });
  return {
    store,
    clock,
    notices,
    tools: { get, set },
    get: async (args, principal = "alice") => await get.run(parseArguments(get, args), callBy(principal)),
    set: async (args, principal = "alice") => await set.run(parseArguments(set, args), callBy(principal)),
    [Symbol.dispose]: () => database.close(),
  };
}

function callBy(principal: string): ToolCall {
  return {
    principal: { name: principal, authMethod: "none", roles: [] },
    signal: new AbortController().signal,
    notify: () => {},
    recordId: "record-1",
  };
}
