import { createChain } from "../../storage/audit/chain.ts";
import type { AuditEntry } from "../../storage/audit_log.ts";
import { systemClock as clock, systemIds as ids } from "../../storage/clock.ts";
import type { ContextEntry } from "../../storage/context_store.ts";
import { testCallPath, testContext } from "../../tests/tools/call_path.ts";
import { ctxGet } from "../../tools/ctx/get.ts";
import { contextKeys } from "../../tools/ctx/keys.ts";

// The call path over ports that answer at once, and what its record costs in the chain.

const entry: ContextEntry = { value: "1.0.0", version: 1, writer: "default", writtenAtMs: 0, ttlSeconds: 3600 };
const decision = Promise.resolve({ allowed: true, limit: 600, remaining: 599, resetMs: 60_000, shared: true });
const done = Promise.resolve();
let record: AuditEntry | undefined;
const { call } = testCallPath([ctxGet({ get: () => Promise.resolve(entry) }, contextKeys("shared"))], {
  ...{ clock, ids },
  audit: {
    state: "ready",
    room: Infinity,
    append(entry) {
      record = entry;
      return done;
    },
  },
  limiter: { take: () => decision, peek: () => decision, spend: () => done },
  onCall: () => {},
});
const context = testContext();
const get = { method: "ctx.get", tool: "ctx.get", args: { key: "version" } };

Deno.bench("call path of ctx.get", { group: "call path" }, async () => void await call(get, context));

await call(get, context);
if (!record) throw new Error("The call left no record");
const one = [record];
const fifteen = Array<AuditEntry>(15).fill(record);
const chain = createChain(ids.uuid());

Deno.bench("seal one record", { group: "seal", baseline: true }, () => void chain.seal(one));
Deno.bench("seal a batch of 15", { group: "seal" }, () => void chain.seal(fifteen));
