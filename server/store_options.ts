import type { Clock, Ids } from "../storage/clock.ts";
import type { StoreOptions } from "../storage/open.ts";
import { auditLogger, createLog, type Log, type LogOptions, storeStateLogger } from "./log.ts";
import { postgresEnvironment, type Settings } from "./settings.ts";
import { VERSION } from "./version.ts";

export interface StoreOptionsSources {
  readonly settings: Settings;
  readonly replica: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Where the log's lines go, for those that no level holds back. */
  readonly lines: Pick<LogOptions, "format" | "write" | "now">;
}

/** The stores as the settings have them. */
export function storeOptions({ settings, replica, clock, ids, log, lines }: StoreOptionsSources): StoreOptions {
  return {
    redisUrl: settings.REDIS_URL,
    databaseUrl: settings.DATABASE_URL,
    postgresEnvironment: postgresEnvironment(settings),
    dataDir: settings.DATA_DIR,
    replicas: settings.REPLICAS,
    clock,
    ids,
    auditSpoolMax: settings.AUDIT_OUTAGE === "refuse" ? 0 : settings.AUDIT_SPOOL_MAX,
    auditSpoolReplicated: settings.AUDIT_SPOOL_REPLICATED,
    evidence: {
      replica,
      version: VERSION,
      signingKey: settings.AUDIT_SIGNING_KEY,
      trustedKeys: settings.AUDIT_TRUSTED_KEYS,
      checkpointSeconds: settings.AUDIT_CHECKPOINT_SECONDS,
      verifySeconds: settings.AUDIT_VERIFY_SECONDS,
    },
    onAudit: auditLogger(log, createLog({ ...lines, level: "info" })),
    onState: { redis: storeStateLogger(log, "Redis"), postgres: storeStateLogger(log, "Postgres") },
  };
}
