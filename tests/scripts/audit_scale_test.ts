import assert from "node:assert/strict";
import { createPostgresAuditStore } from "../../storage/postgres/audit_store.ts";
import { newSigner, writeChain } from "../contracts/audit_chains.ts";
import { startPostgres } from "../services/postgres.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";
import { observe } from "../storage/postgres/subject.ts";

const RECORDS = 50_000;
const BATCH = 5000;
/** A report fits into it. */
const LAST_CHARS = 65_536;
const LINE_END = "\n".charCodeAt(0);
/** Of the heap that a command may have: the records themselves would be twice as much and more. */
const HEAP_MIB = 40;
/** Of all its memory, code and the rest of the process included. */
const PEAK_MIB_MAX = 300;

/** Runs `deno task audit`, and gives its output, its time and the most memory that it had at once. */
async function measure(args: readonly string[], url: string) {
  const startedMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      `--v8-flags=--max-old-space-size=${HEAP_MIB}`,
      ...SERVER_FLAGS,
      `${ROOT}scripts/audit.ts`,
      ...args,
    ],
    env: { ...bareEnvironment(), DATABASE_URL: url },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let peakMib = 0;
  const timer = setInterval(() => {
    try {
      const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${child.pid}/status`)) ?? [];
      peakMib = Math.max(peakMib, Math.round(Number(kib ?? 0) / 1024));
    } catch { /* It has ended. */ }
  }, 20);
  let lines = 0;
  let last = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) lines++;
    last = (last + decoder.decode(chunk, { stream: true })).slice(-LAST_CHARS);
  }
  const { code } = await child.status;
  clearInterval(timer);
  return { code, lines, last, peakMib, seconds: (performance.now() - startedMs) / 1000 };
}

Deno.test("50,000 records are verified and exported in a memory that would not hold them", async (t) => {
  await using service = await startPostgres();
  await using store = createPostgresAuditStore(observe(service.url).connection);
  const signer = newSigner();
  for (const count of [1000, RECORDS - 2000, 1000]) {
    const { records } = writeChain(signer, count);
    for (let from = 0; from < count; from += BATCH) await store.write(records.slice(from, from + BATCH));
  }
  for (const args of [["verify", "--json"], ["export", "--format", "jsonl"]]) {
    await t.step(args.join(" "), async () => {
      const { code, last, lines, seconds, peakMib } = await measure(args, service.url);
      assert.equal(code, 0);
      assert.equal(args[0] === "verify" ? JSON.parse(last).records : lines, RECORDS);
      // deno-lint-ignore no-console -- The figures are for whoever reads the test's output.
      console.log(`${args[0]}: ${Math.round(RECORDS / seconds)} records a second, at most ${peakMib} MiB`);
      assert(peakMib < PEAK_MIB_MAX, `${peakMib} MiB`);
    });
  }
});
