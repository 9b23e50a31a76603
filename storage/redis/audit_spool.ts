import type { Result } from "ioredis";
import type { SealedRecord } from "../audit_log.ts";
import type { AuditSpool, SpooledRecord } from "../audit/spool.ts";
import { printRecord, readRecord } from "../audit/spooled_record.ts";
import { StorageError } from "../errors.ts";
import { writtenOut } from "./append_only_file.ts";
import type { RedisConnection } from "./connection.ts";

const STREAM = "audit:spool";
/** The braces put it in the slot of the stream in a Redis Cluster: a script moves entries from one to the other. */
const REJECTED = "rejected:{audit:spool}";

/** Adds a whole batch or, where it would pass the bound, nothing. ARGV: the bound, then the records. */
const ADD = `
if redis.call("XLEN", KEYS[1]) + #ARGV - 1 > tonumber(ARGV[1]) then return 0 end
for i = 2, #ARGV do redis.call("XADD", KEYS[1], "*", "record", ARGV[i]) end
return 1
`;

/** Moves entries by their ids, whole, to the stream of what is no record. */
const REJECT = `
for i = 1, #ARGV do
  local entry = redis.call("XRANGE", KEYS[1], ARGV[i], ARGV[i])[1]
  if entry then redis.call("XADD", KEYS[2], "*", unpack(entry[2])) end
  redis.call("XDEL", KEYS[1], ARGV[i])
end
`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    auditSpoolAdd(stream: string, max: number, ...records: string[]): Result<0 | 1, Context>;
    auditSpoolReject(stream: string, rejected: string, ...ids: string[]): Result<null, Context>;
  }
}

export interface RedisAuditSpoolOptions {
  /** Records that may wait. */
  readonly recordsMax: number;
  /** Whether a Redis counts that has replicas: a failover loses what its master had not yet passed on. */
  readonly mayFailOver: boolean;
  /** Told at each connect why this Redis is no place for records, or that it is (`undefined`). Must not throw. */
  readonly onCheck?: (objection: string | undefined) => void;
}

/**
 * A spool in a Redis stream, shared by all replicas. It counts only where Redis keeps what it takes: with its
 * append-only file on, no policy that evicts keys without an expiry, and no replica that may take over with less than
 * all; looked up at each connect, of a Cluster on each master.
 */
export function createRedisAuditSpool(redis: RedisConnection, options: RedisAuditSpoolOptions): AuditSpool {
  redis.define("auditSpoolAdd", { numberOfKeys: 1, lua: ADD });
  redis.define("auditSpoolReject", { numberOfKeys: 2, lua: REJECT });
  let keeps = false;
  const check = async () => {
    keeps = false;
    try {
      const infos = await redis.runOnEach("ask how Redis keeps its data", (server) => server.info());
      const objection = !options.mayFailOver && redis.failsOver
        ? "a failover by Sentinels may lose what it took (set AUDIT_SPOOL_REPLICATED=true to take that risk)"
        : infos.map((info) => objectionOf(info, options)).find((found) => found !== undefined);
      keeps = objection === undefined;
      options.onCheck?.(objection);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  };
  redis.onConnect(check);

  return {
    get available() {
      return keeps && redis.state() === "connected";
    },

    async add(batch: readonly SealedRecord[]) {
      const added = await redis.run(
        `spool ${batch.length} audit records`,
        (client) => client.auditSpoolAdd(STREAM, options.recordsMax, ...batch.map(printRecord)),
      );
      if (!added) {
        throw new StorageError(`Cannot spool ${batch.length} audit records: ${options.recordsMax} may wait at most`);
      }
      await writtenOut(redis);
    },

    count: () => redis.run("count spooled audit records", (client) => client.xlen(STREAM)),

    async oldest(max: number): Promise<readonly SpooledRecord[]> {
      const entries = await redis.run(
        "read spooled audit records",
        (client) => client.xrange(STREAM, "-", "+", "COUNT", max),
      );
      return entries.map(([name, fields]) => ({
        name,
        record: fields[0] === "record" ? readRecord(fields[1] ?? "") : undefined,
      }));
    },

    async remove(names: readonly string[]) {
      if (names.length === 0) return;
      await redis.run("remove spooled audit records", (client) => client.xdel(STREAM, ...names));
    },

    async reject(names: readonly string[]) {
      await redis.run(
        "put aside what is no audit record",
        (client) => client.auditSpoolReject(STREAM, REJECTED, ...names),
      );
    },

    async [Symbol.asyncDispose]() {},
  };
}

/** Why this Redis may lose a record, by what `INFO` says of it. */
function objectionOf(info: string, { mayFailOver }: RedisAuditSpoolOptions): string | undefined {
  if (!/^aof_enabled:1\r?$/m.test(info)) return "its append-only file is off (set appendonly yes)";
  const policy = info.match(/^maxmemory_policy:([\w-]+)/m)?.[1] ?? "unknown";
  const limit = info.match(/^maxmemory:(\d+)/m)?.[1] ?? "unknown";
  if (limit !== "0" && policy.startsWith("allkeys")) return `it may evict any key (maxmemory-policy ${policy})`;
  if (!mayFailOver && !/^connected_slaves:0\r?$/m.test(info)) {
    return "a failover to its replica may lose what it took (set AUDIT_SPOOL_REPLICATED=true to take that risk)";
  }
  return undefined;
}
