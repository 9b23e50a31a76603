/**
 * main.ts with an audit log that keeps nothing and, where REDIS_URL is unset, a context in a Map: what the product costs
 * by itself, with its routes, limits, policy, redaction and metrics. It exists for bench/ alone.
 */
import { openPolicy } from "../../server/auth/open_policy.ts";
import { buildServer } from "../../server/build.ts";
import { listen, printAddress } from "../../server/listen.ts";
import { createLog } from "../../server/log.ts";
import { readSettings } from "../../server/settings.ts";
import { storeOptions } from "../../server/store_options.ts";
import type { QueuedAuditLog } from "../../storage/audit_log.ts";
import { systemClock as clock, systemIds as ids } from "../../storage/clock.ts";
import type { ContextEntry, ContextStore } from "../../storage/context_store.ts";
import { openStores } from "../../storage/open.ts";
import { openOutside } from "../../tools/outside.ts";
import { builtInRedactor as redactor } from "../../tools/redact.ts";

const settings = readSettings({ DATA_DIR: ":memory:", ...Deno.env.toObject() }, Deno.readTextFileSync);
// deno-lint-ignore no-console -- The log ends on standard output.
const logOptions = { format: "text", write: (line: string) => console.log(line), now: clock.now } as const;
const log = createLog({ ...logOptions, level: "info" });
const replica = "no-stores";
const stores = await openStores(storeOptions({ settings, replica, clock, ids, log, lines: logOptions }));

const entries = new Map<string, ContextEntry>();
const inMap: ContextStore = {
  get: (key) => Promise.resolve(entries.get(key)),
  set(key, value, { writer, ttlSeconds }) {
    const version = (entries.get(key)?.version ?? 0) + 1;
    const entry = { value, version, writer, writtenAtMs: clock.now(), ttlSeconds };
    entries.set(key, entry);
    return Promise.resolve(entry);
  },
  delete(key) {
    const { version } = entries.get(key) ?? {};
    entries.delete(key);
    return Promise.resolve(version);
  },
  keys: () => Promise.resolve([...entries.keys()]),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
const audit: QueuedAuditLog = {
  state: "ready",
  room: Infinity,
  queued: 0,
  unanswered: 0,
  append: () => Promise.resolve(),
  query: () => Promise.resolve([]),
  scan: () => Promise.resolve({ records: [], next: undefined, isOverdue: false }),
  sums: () => Promise.resolve([]),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
const server = await buildServer({
  settings,
  policy: await openPolicy(settings, undefined),
  authentication: undefined,
  stores: { ...stores, audit, ...(settings.REDIS_URL === undefined && { context: inMap }) },
  outside: await openOutside({ cluster: {}, prometheusUrl: undefined, runbookDir: "runbooks" }),
  ...{ clock, ids, log, replica, redactor },
});
const { addr } = listen(settings.HOST, settings.PORT, server.fetch);
log.info(`Listening on ${printAddress(addr)}`);
