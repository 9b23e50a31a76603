import assert from "node:assert/strict";
import { auditLogger, createLog, type LogOptions } from "../../server/log.ts";
import { type Checkpoint, readCheckpoint } from "../../storage/audit/checkpoint.ts";
import { isCheckpointSigned, signCheckpoint } from "../../storage/audit/statements.ts";
import { newSigner } from "../contracts/audit_chains.ts";

function logged(format: LogOptions["format"], checkpoint: Checkpoint): string {
  const lines: string[] = [];
  const options = { format, write: (line: string) => lines.push(line), now: () => 1_700_000_000_000 };
  // Nothing but errors is logged, but for the evidence.
  const log = createLog({ ...options, level: "error" });
  auditLogger(log, createLog({ ...options, level: "info" })).onCheckpoint(checkpoint);
  assert.equal(lines.length, 1);
  return lines[0] ?? "";
}

/** A checkpoint that nobody has seen before. */
function someCheckpoint(): Checkpoint {
  const hash = crypto.getRandomValues(new Uint8Array(32)).toHex();
  const seq = Math.floor(Math.random() * 2 ** 40);
  return signCheckpoint({ chainId: crypto.randomUUID(), seq, hash, atMs: Date.now() }, newSigner());
}

/** What collectors put before a line. */
const PREFIXES = ["", "[pod/mcp-server-1/mcp-server] ", "2026-11-22T15:33:55.762000001Z stdout F ", "mcp-server-1  | "];

for (const format of ["text", "json"] as const) {
  Deno.test(`a checkpoint survives the ${format} log whatever its digits, and is read back with its signature`, () => {
    for (let i = 0; i < 500; i++) {
      const checkpoint = someCheckpoint();
      const line = logged(format, checkpoint);
      for (const prefix of PREFIXES) {
        const read = readCheckpoint(`${prefix}${line}${i % 2 ? "\r" : ""}`);
        assert.deepEqual(read, checkpoint, line);
        assert(read && isCheckpointSigned(read));
      }
    }
  });
}

Deno.test("a text line of a checkpoint reads as the docs print it", () => {
  const checkpoint = signCheckpoint(
    { chainId: "c", seq: 3, hash: "ab".repeat(32), atMs: 1_700_000_000_123 },
    newSigner(),
  );
  assert.equal(
    logged("text", checkpoint),
    `INFO: Audit checkpoint chain="c" seq=3 hash="${"ab".repeat(32)}" at="2023-11-14T22:13:20.123Z" ` +
      `public_key="${checkpoint.publicKey}" signature="${checkpoint.signature}"`,
  );
});

Deno.test("what a peer has put into other lines is no checkpoint", () => {
  const real = someCheckpoint();
  const [text, json] = [logged("text", real), logged("json", real)];
  const lines: string[] = [];
  for (const format of ["text", "json"] as const) {
    const log = createLog({ format, level: "info", write: (line) => lines.push(line), now: () => 0 });
    log.error("A tool call failed", { error: text });
    log.error("A tool call failed", { error: new Error(`x\n${text}`), method: json });
    log.info("Audit checkpoint", { chain: "c" });
  }
  for (const line of [...lines, `${text} more`, text.slice(0, -1), json.slice(0, -1), "Audit checkpoint", "{}", ""]) {
    assert.equal(readCheckpoint(line), undefined, line);
  }
});
