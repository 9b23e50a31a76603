import assert from "node:assert/strict";
import { Ledger } from "./chaos/ledger.ts";
import { memoryUse } from "./chaos/memory.ts";
import { runPlan } from "./chaos/plan.ts";
import { reconcile, type Records } from "./chaos/reconcile.ts";
import { SCENARIOS } from "./chaos/scenarios.ts";
import { readDocuments, tableUnder } from "./docs/document.ts";

const SHORT = { seconds: 2, freezeSeconds: 3, callsMax: 60_000, socketsPerServer: 2, depth: 8 };

Deno.test("no answered call is missing or twice in the log when Postgres, servers or Redis are killed or frozen", async () => {
  const rows = await runPlan(
    SCENARIOS.filter(({ name }) => ["kill-postgres", "kill-server", "freeze-redis"].includes(name))
      .map((scenario) => ({ scenario, options: { ...SHORT, signal: new AbortController().signal } })),
    { onRow: () => {}, onLog: () => {} },
  );
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert("answered" in row, `${row.name} ran`);
    assert.deepEqual(row.violations, [], row.name);
    assert.equal(row.onRecord, row.answered, row.name);
    assert(row.answered > 500, `${row.name}: ${row.answered} calls were answered`);
    assert(row.recoveryMs !== undefined && row.recoveryMs < 15_000, `${row.name} recovered in ${row.recoveryMs} ms`);
  }
});

Deno.test("docs/reliability.md tells of every scenario, and of none that there is not", async () => {
  const document = (await readDocuments()).find(({ path }) => path === "docs/reliability.md");
  assert(document);
  const rows = tableUnder(document, "The harness");
  assert.deepEqual(rows.map(([name = ""]) => name.replaceAll("`", "")), SCENARIOS.map(({ name }) => name));
});

/** A ledger of six calls, each with another fate. */
function sixCalls(): Ledger {
  const ledger = new Ledger("test", 10);
  const answers = [
    '{"result":{"key":"test.0"}}',
    '{"error":{"code":-32602}}',
    '{"error":{"code":-32007,"data":{"executed":true}}}',
    '{"error":{"code":-32007,"data":{"executed":false}}}',
  ];
  for (const answer of answers) ledger.answer(ledger.open(), answer);
  ledger.lose(ledger.open());
  ledger.lose(ledger.open());
  return ledger;
}

const ok = (call: number, count = 1): Records => ({ marker: `test.${call}`, errorCode: undefined, count });
const failed = (call: number, errorCode: number): Records => ({ marker: `test.${call}`, errorCode, count: 1 });
const WHOLE = [ok(0), failed(1, -32602), ok(4)];

const CASES: readonly {
  readonly name: string;
  readonly log: readonly Records[];
  readonly found: readonly RegExp[];
  readonly counts?: Partial<ReturnType<typeof reconcile>>;
}[] = [
  {
    name: "a log that holds what was promised, and what may be there besides, is right",
    log: WHOLE,
    found: [],
    counts: { answered: 2, onRecord: 2, refused: 2, unanswered: 2, unansweredOnRecord: 1, missing: 0, duplicated: 0 },
  },
  { name: "a record after -32007 with executed true may be there", log: [...WHOLE, ok(2)], found: [] },
  {
    name: "a result without a record is missing",
    log: [failed(1, -32602)],
    found: [/^1 answered calls are not on record; the first: test.0 answered with a result$/],
    counts: { missing: 1, onRecord: 1 },
  },
  {
    name: "a refusal that promises a record is missing without one",
    log: [ok(0)],
    found: [/^1 answered calls are not on record; the first: test.1 answered -32602$/],
    counts: { missing: 1 },
  },
  {
    name: "a call that is in the log twice is a duplicate, answered or not",
    log: [...WHOLE, ok(0), ok(5, 2)],
    found: [/^2 calls are on record more than once; the first: test.0 2 times$/],
    counts: { duplicated: 2 },
  },
  {
    name: "a record of another outcome than was answered is found",
    log: [failed(0, -32004), failed(1, -32602)],
    found: [
      /^1 records say something else than the answer; the first: test.0 answered with a result, on record -32004$/,
    ],
  },
  {
    name: "a call that ran though its answer said that it had not is found",
    log: [...WHOLE, ok(3)],
    found: [/test.3 answered -32007, on record ok$/],
  },
  {
    name: "a record of a call that was never sent is found",
    log: [...WHOLE, ok(6)],
    found: [/^1 records of calls that were never sent; the first: test.6$/],
  },
];

for (const { name, log, found, counts = {} } of CASES) {
  Deno.test(`reconciliation: ${name}`, () => {
    const result = reconcile(sixCalls(), log);
    assert.equal(result.violations.length, found.length, result.violations.join("\n"));
    found.forEach((pattern, i) => assert.match(result.violations[i] ?? "", pattern));
    for (const [count, expected] of Object.entries(counts)) {
      assert.equal(result[count as keyof typeof result], expected);
    }
  });
}

Deno.test("reconciliation: a call without an answer on an open connection, and another call's result, are found", () => {
  const ledger = new Ledger("test", 10);
  ledger.open();
  ledger.answer(ledger.open(), '{"result":{"key":"test.10"}}');
  const { violations } = reconcile(ledger, []);
  assert.equal(violations.length, 2);
  assert.match(
    violations[0] ?? "",
    /^1 calls were never answered on a connection that stayed open; the first: test.0$/,
  );
  assert.match(violations[1] ?? "", /^1 answers were not to the call; the first: test.1$/);
});

Deno.test("memory is compared from the middle to the end, by medians", () => {
  const mib = [...Array(15).fill(50), 100, 100, 100, ...Array(9).fill(500), 104, 9, 104];
  const use = memoryUse("server-1", mib.map((value) => value * 2 ** 20));
  assert.equal(use.secondHalfGrowth?.toFixed(3), "0.040");
  assert.deepEqual(use.tenthsMib, [50, 50, 50, 50, 50, 100, 500, 500, 500, 104]);
  assert.equal(memoryUse("server-1", [1, 2, 3]).secondHalfGrowth, undefined);
});
