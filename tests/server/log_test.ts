import assert from "node:assert/strict";
import { createRedactor } from "../../tools/redact.ts";
import { createLog, type LogFields, type LogOptions, storeStateLogger } from "../../server/log.ts";

function captured(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const now = () => Date.UTC(2024, 0, 15, 10, 35, 23, 456);
  return { lines, log: createLog({ level: "debug", format: "text", write, now, ...options }) };
}

/** The one line that an error-level message with these fields makes. */
function line(fields: LogFields, format: LogOptions["format"] = "text"): string {
  const { lines, log } = captured({ format });
  log.error("It failed", fields);
  assert.equal(lines.length, 1);
  return lines[0] ?? "";
}

Deno.test("a text line reads as the guide prints it", () => {
  const { lines, log } = captured();
  log.info("MCP Server starting...");
  log.warn("Slow", { tool: "ctx.get", ms: 12.5, cached: false, reason: null });
  assert.deepEqual(lines, [
    "INFO: MCP Server starting...",
    'WARN: Slow tool="ctx.get" ms=12.5 cached=false reason=null',
  ]);
});

Deno.test("a JSON line has the time, the level, the message and the fields", () => {
  const { lines, log } = captured({ format: "json" });
  log.info("Slow", { tool: "ctx.get", ms: 12.5 });
  assert.deepEqual(lines.map((each) => JSON.parse(each)), [
    { time: "2024-01-15T10:35:23.456Z", level: "info", message: "Slow", tool: "ctx.get", ms: 12.5 },
  ]);
});

Deno.test("a field cannot take the place of the time, the level or the message", () => {
  const { time, level, message } = JSON.parse(line({ time: "x", level: "debug", message: "Other" }, "json"));
  assert.deepEqual([time, level, message], ["2024-01-15T10:35:23.456Z", "error", "It failed"]);
});

Deno.test("a level lets through itself and what is graver", () => {
  const levels = ["debug", "info", "warn", "error"] as const;
  for (const [index, level] of levels.entries()) {
    const { lines, log } = captured({ level });
    for (const of of levels) log[of]("x");
    assert.deepEqual(lines, levels.slice(index).map((of) => `${of.toUpperCase()}: x`), level);
  }
});

Deno.test("a message is one line, whatever it holds", () => {
  for (const format of ["text", "json"] as const) {
    const { lines, log } = captured({ format });
    log.info("a\r\nINFO: forged\n\nb", { name: "c\nERROR: forged" });
    assert.equal(lines.length, 1);
    assert(!/[\r\n]/.test(lines[0] ?? ""), lines.join());
  }
});

Deno.test("secrets are redacted in messages, in fields and in what an error says", () => {
  const secret = "hunter2-Secret";
  for (const format of ["text", "json"] as const) {
    const { lines, log } = captured({ format });
    log.error(`Cannot reach redis://:${secret}@redis-mcp`, {
      password: secret,
      url: `postgres://aiagent:${secret}@postgres-mcp/mcpaudit`,
      error: new Error(`token=${secret}`, { cause: new Error(`Authorization: Bearer ${secret}`) }),
    });
    assert(!lines.join().includes(secret), lines.join());
    assert(lines.join().includes("redis-mcp"), "the rest is kept");
  }
});

Deno.test("secrets are redacted in an error's stack, in all that caused it, and in whatever else was thrown", () => {
  const secret = "hunter2-Secret";
  const thrown: readonly unknown[] = [
    new Error("outer", { cause: new Error("middle", { cause: new Error(`password=${secret}`) }) }),
    new AggregateError([new Error(`redis://:${secret}@h`)], `token: ${secret}`),
    Object.assign(new Error("x"), { stack: `Error: x\n    at Authorization: Bearer ${secret}` }),
    `password=${secret}`,
    { password: secret, list: [{ token: secret }] },
    new Map([["password", secret]]),
  ];
  for (const error of thrown) {
    for (const format of ["text", "json"] as const) {
      const printed = line({ error }, format);
      assert(!printed.includes(secret) && printed.includes("[REDACTED]"), printed);
    }
  }
});

Deno.test("a redactor of its own takes the built-in one's place", () => {
  const redactor = createRedactor([(text) => text.replaceAll("ACME", "[REDACTED]")]);
  const { lines, log } = captured({ redactor });
  log.info("ACME", { name: "ACME", error: new Error("ACME"), password: "a" });
  assert(!lines.join().includes("ACME") && !lines.join().includes('"a"'), lines.join());
});

Deno.test("an error is printed with its name, its stack and its causes", () => {
  const error = new TypeError("outer", { cause: new RangeError("middle", { cause: new Error("inner") }) });
  for (const format of ["text", "json"] as const) {
    const printed = line({ error }, format);
    for (const part of ["TypeError: outer", "RangeError: middle", "Error: inner", "log_test.ts"]) {
      assert(printed.includes(part), `${part} in ${printed}`);
    }
  }
});

Deno.test("a field that is undefined is left out", () => {
  assert.equal(line({ reason: undefined }), "ERROR: It failed");
});

Deno.test("whatever is thrown can be logged: nothing makes the log throw", async (t) => {
  const circular: Record<string, unknown> = { name: "circular" };
  circular["self"] = circular;
  const ownCause = new Error("its own cause");
  ownCause.cause = ownCause;
  let deep: unknown = "bottom";
  for (let level = 0; level < 100_000; level++) deep = [deep];
  const hostile = {
    get name() {
      throw new Error("not even its name");
    },
    toJSON() {
      throw new Error("no JSON");
    },
  };
  const unreadable = Object.defineProperty(new Error("x"), "stack", {
    get() {
      throw new Error("no stack");
    },
  });
  const cases: Record<string, unknown> = {
    "a bigint": 10n,
    "a symbol": Symbol("thrown"),
    "a function": () => {},
    "a circular object": circular,
    "an error that is its own cause": ownCause,
    "a deep array": deep,
    "an object that refuses to be read": hostile,
    "an error that refuses to be read": unreadable,
    "a string that is not well-formed": "\ud800",
    "NaN": NaN,
    "an AggregateError": new AggregateError([new Error("one"), new Error("two")], "both failed"),
  };
  for (const [name, error] of Object.entries(cases)) {
    await t.step(name, () => {
      for (const format of ["text", "json"] as const) assert.match(line({ error }, format), /It failed.*error/);
    });
  }
  assert.match(line({ error: cases["an AggregateError"] }), /one.*two/);
  assert.match(line({ error: 10n }), /10/);
});

Deno.test("a store's changes are told in the guide's words", () => {
  const { lines, log } = captured();
  const tell = storeStateLogger(log, "Redis");
  tell("connected", { address: "redis-mcp:6379" });
  tell("disconnected", { address: "redis-mcp:6379", reason: "Connection refused" });
  assert.deepEqual(lines, [
    "INFO: Connected to Redis: redis-mcp:6379",
    'WARN: Not connected to Redis: redis-mcp:6379 reason="Connection refused"',
  ]);
});
