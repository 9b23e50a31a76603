/**
 * main.ts with an audit log that keeps nothing, to measure what the log costs. It exists for bench/audit_cost.ts alone.
 */
import { openPolicy } from "../../server/auth/open_policy.ts";
import { buildServer } from "../../server/build.ts";
import { listen, printAddress } from "../../server/listen.ts";
import { createLog } from "../../server/log.ts";
import { readSettings } from "../../server/settings.ts";
import type { AuditLog } from "../../storage/audit_log.ts";
import { systemClock as clock, systemIds as ids } from "../../storage/clock.ts";
import { openStores } from "../../storage/open.ts";
import { openOutside } from "../../tools/outside.ts";
import { builtInRedactor as redactor } from "../../tools/redact.ts";

const settings = readSettings(Deno.env.toObject(), Deno.readTextFileSync);
// deno-lint-ignore no-console -- The log ends on standard output.
const log = createLog({ level: "info", format: "text", write: (line) => console.log(line), now: clock.now });
const replica = "unaudited";
const nothing = () => {};
const stores = await openStores({
  redisUrl: settings.REDIS_URL,
  databaseUrl: undefined,
  postgresEnvironment: {},
  dataDir: settings.DATA_DIR,
  replicas: 1,
  clock,
  ids,
  auditSpoolMax: 0,
  auditSpoolReplicated: false,
  evidence: {
    replica,
    version: "0",
    signingKey: undefined,
    trustedKeys: [],
    checkpointSeconds: 3600,
    verifySeconds: 0,
  },
  onAudit: new Proxy(Object.create(null), { get: () => nothing }),
  onState: { redis: nothing, postgres: nothing },
});
const audit: AuditLog & { readonly queued: number } = {
  state: "ready",
  queued: 0,
  append: () => Promise.resolve(),
  query: () => Promise.resolve([]),
  sums: () => Promise.resolve([]),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
const outside = await openOutside({ cluster: {}, prometheusUrl: undefined, runbookDir: "runbooks" });
const server = await buildServer({
  settings,
  policy: await openPolicy(settings),
  authentication: undefined,
  stores: { ...stores, audit },
  outside,
  ...{ clock, ids, log, replica, redactor },
});
const { addr } = listen(settings.HOST, settings.PORT, server.fetch);
log.info(`Listening on ${printAddress(addr)}`);
