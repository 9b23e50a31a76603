import assert from "node:assert/strict";
import type { AuditPlace, AuditScanQuery } from "../../../storage/audit_log.ts";
import { createPostgresAuditStore } from "../../../storage/postgres/audit_store.ts";
import type { PostgresConnection } from "../../../storage/postgres/connection.ts";
import type { Parameter } from "../../../storage/postgres/session.ts";
import { describeAuditScan } from "../../contracts/audit_scan.ts";
import { growLog, RARE_EVERY } from "../../contracts/grown_log.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe, openSubject } from "./subject.ts";

describeAuditScan("Postgres", openSubject);

const ROWS = 20_000;
const START_MS = Date.UTC(2026, 0, 1);
interface Statement {
  readonly text: string;
  readonly values: readonly Parameter[];
}

interface Plan {
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Plan[];
}

function nodesOf(plan: Plan): readonly Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

Deno.test("a page deep in the log costs what the first costs, whatever it is narrowed by", async (t) => {
  await using service = await startPostgres();
  await using observed = observe(service.url);
  const { connection } = observed;
  const statements: Statement[] = [];
  const watched: PostgresConnection = {
    address: connection.address,
    get state() {
      return connection.state;
    },
    query(lane, text, values = []) {
      statements.push({ text, values });
      return connection.query(lane, text, values);
    },
    session: (work) => connection.session(work),
    onConnect: (step) => connection.onConnect(step),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
  const store = createPostgresAuditStore(watched);
  await store.query({ limit: 1 });
  await service.psql(growLog(ROWS));
  await service.psql("VACUUM ANALYZE audit_logs");

  const explain = async ({ text, values }: Statement) => {
    const { rows } = await connection.query("read", `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
    const [{ Plan: plan }] = JSON.parse(JSON.stringify(rows[0]?.["QUERY PLAN"])) as [{ Plan: Plan }];
    const nodes = nodesOf(plan);
    return {
      kinds: nodes.map((node) => node["Node Type"]),
      // What was read of the table or an index, whether it fitted or not.
      looked: Math.max(...nodes.map((node) => node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0))),
    };
  };
  const deepOf = (i: number): AuditPlace => ({ id: i, timeMs: START_MS + i * 1000 });
  const from = { fromMs: START_MS, toMs: START_MS + ROWS * 1000 };

  // Found by an index alone: as many rows as the page has, and at most the neighbours of a time.
  const found: readonly [string, Partial<AuditScanQuery>][] = [
    ["nothing", {}],
    ["tool", { toolName: "ctx.get" }],
    ["principal", { principal: "bob" }],
    ["time", from],
  ];
  for (const [name, narrowing] of found) {
    await t.step(`${name}: one statement by an index, without sorting, however deep`, async () => {
      for (const after of [undefined, deepOf(ROWS / 2), deepOf(300)]) {
        statements.length = 0;
        const page = await store.scan({ ...narrowing, limit: 50, budgetMs: 1000, after });
        assert.equal(page.records.length, 50);
        const [statement, ...more] = statements;
        assert(statement && more.length === 0);
        assert.doesNotMatch(statement.text, /OFFSET/);
        const { kinds, looked } = await explain(statement);
        // Within one millisecond records are put in the order of their ids; the index has the rest of it.
        assert(kinds.every((kind) => /^(Limit|Index.*Scan|Incremental Sort)$/.test(kind)), kinds.join());
        assert(looked <= 60, `${looked} rows were looked at for a page of 51`);
      }
    });
  }

  // Some of it has to be looked for: a step looks at a bounded number of rows.
  const sifted: readonly [string, Partial<AuditScanQuery>][] = [
    ["outcome", { outcome: "timeout" }],
    ["text", { text: "nobody wrote this" }],
    ["tool and principal", { toolName: "k8s.scale", principal: "bob" }],
    ["principal and outcome", { principal: "bob", outcome: "timeout" }],
    ["time and tool", { ...from, toolName: "none" }],
    ["time and text", { ...from, text: "nobody wrote this" }],
  ];
  for (const [name, narrowing] of sifted) {
    await t.step(`${name}: steps over a bounded number of rows, which say how far they looked`, async () => {
      for (const after of [undefined, deepOf(5000)]) {
        statements.length = 0;
        const part = await store.scan({ ...narrowing, limit: 50, budgetMs: 0, after });
        assert.deepEqual([part.records.length, part.isOverdue], [0, true]);
        const looked = (after?.id ?? ROWS + 1) - ((part.next?.timeMs ?? 0) - START_MS) / 1000;
        // A few more where Alice's records lie between.
        assert(looked >= 1024 && looked <= 1030, `It says that it looked ${looked} rows back`);
        for (const statement of statements) {
          const { kinds, looked } = await explain(statement);
          assert(!kinds.some((kind) => /Seq Scan/.test(kind)), kinds.join());
          assert(looked <= 1100, `${name}: ${looked} rows were looked at in a step of 1024`);
        }
      }
    });
  }

  await t.step("an answer that its time cuts off goes on to the end", async () => {
    const ids: number[] = [];
    let after: AuditPlace | undefined;
    do {
      const part = await store.scan({ toolName: "k8s.scale", text: '"key"', limit: 9, budgetMs: 0, after });
      ids.push(...part.records.map(({ id }) => id));
      after = part.next;
    } while (after);
    assert.deepEqual(ids, Array.from({ length: ROWS / RARE_EVERY }, (_, i) => ROWS - i * RARE_EVERY));
  });
});
