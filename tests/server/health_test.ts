import assert from "node:assert/strict";
import { readHealth } from "../../server/health.ts";
import type { AuditState } from "../../storage/audit_log.ts";
import type { StoreState } from "../../storage/state.ts";

const STORES: readonly StoreState[] = ["connected", "embedded", "disconnected"];
const AUDIT: readonly AuditState[] = ["ready", "spooling", "full", "away"];

const health = (redis: StoreState, postgres: StoreState, audit: AuditState) =>
  readHealth({ stores: () => ({ redis, postgres }), auditState: () => audit, registeredTools: 7 });

Deno.test("health is what the guide prints", () => {
  assert.deepEqual(health("connected", "connected", "ready"), {
    status: "healthy",
    version: "1.0.0",
    components: { redis: "connected", postgres: "connected", websocket: "ready" },
    registered_tools: 7,
  });
});

Deno.test("without a store, or spooling, the server is degraded, without one for its audit records unhealthy, in every combination", () => {
  for (const redis of STORES) {
    for (const postgres of STORES) {
      for (const audit of AUDIT) {
        const report = health(redis, postgres, audit);
        const degraded = redis === "disconnected" || postgres === "disconnected" || audit === "spooling";
        const expected = audit === "away" ? "unhealthy" : degraded ? "degraded" : "healthy";
        assert.equal(report.status, expected, `redis ${redis}, postgres ${postgres}, audit ${audit}`);
        assert.deepEqual(report.components, { redis, postgres, websocket: "ready" });
      }
    }
  }
});

Deno.test("what this place does not keep is said, and the server is degraded by it", () => {
  const sources = {
    stores: () => ({ redis: "embedded", postgres: "connected" }) as const,
    auditState: () => "ready" as const,
    registeredTools: 7,
  };
  const { status, ...report } = readHealth({ ...sources, losses: ["Context is lost"] });
  assert.deepEqual([status, report.warnings], ["degraded", ["Context is lost"]]);
  assert.deepEqual(readHealth({ ...sources, losses: [] }), readHealth(sources));
  assert.equal(readHealth({ ...sources, auditState: () => "away", losses: ["Context is lost"] }).status, "unhealthy");
});

Deno.test("health is read anew each time", () => {
  let redis: StoreState = "disconnected";
  const sources = {
    stores: () => ({ redis, postgres: "embedded" as const }),
    auditState: () => "ready" as const,
    registeredTools: 9,
  };
  assert.equal(readHealth(sources).status, "degraded");
  redis = "connected";
  assert.deepEqual([readHealth(sources).status, readHealth(sources).registered_tools], ["healthy", 9]);
});
