import assert from "node:assert/strict";
import { StorageError } from "../../storage/errors.ts";
import { ToolError } from "../../tools/error.ts";
import { builtInRedactor } from "../../tools/redact.ts";
import { standingClock, testCallPath, testContext, testTool } from "./call_path.ts";

const echo = testTool((args) => Promise.resolve(args));
const request = (args: unknown = {}, tool: unknown = "test.tool") => ({ method: "mcp.tools.call", tool, args });

/** The ToolError that a call ends with. */
async function refusal(call: Promise<unknown>): Promise<ToolError> {
  try {
    await call;
  } catch (error) {
    assert(error instanceof ToolError, `threw ${error}`);
    return error;
  }
  throw new assert.AssertionError({ message: "The call succeeded" });
}

Deno.test("a call that succeeds gives its result as JSON text and one complete record", async () => {
  const clock = standingClock();
  const tool = testTool((args) => {
    clock.advance(12.3456);
    return Promise.resolve(args);
  });
  const { call, records, reports, taken } = testCallPath([tool], { clock });
  assert.equal((await call(request({ text: "hello" }), testContext())).text, '{"text":"hello"}');
  const [record] = records;
  const { paramsSha256, resultSha256, ...rest } = record ?? assert.fail("no record");
  assert.match(paramsSha256, /^[0-9a-f]{64}$/);
  assert.equal(paramsSha256, resultSha256);
  assert.deepEqual(rest, {
    eventId: "id-1",
    timestampMs: 1_700_000_000_000,
    method: "mcp.tools.call",
    toolName: "test.tool",
    principal: "default",
    authMethod: "none",
    dialect: "house",
    transport: "websocket",
    clientName: "tests",
    clientVersion: "1",
    clientAddress: "127.0.0.1",
    session: "session-1",
    requestId: "7",
    traceId: "0123456789abcdef0123456789abcdef",
    params: '{"text":"hello"}',
    result: '{"text":"hello"}',
    resultBytes: 16,
    resultTokens: 6,
    outcome: "ok",
    errorCode: undefined,
    durationMs: 12.346,
    replica: "replica-1",
  });
  assert.equal(records.length, 1);
  assert.deepEqual(taken, ["test.tool:default"]);
  assert.deepEqual(reports.map(({ tool, outcome }) => [tool, outcome]), [["test.tool", "ok"]]);
});

Deno.test("the reply leaves only after its record is safe", async () => {
  const { call, audit } = testCallPath([echo]);
  const durable = Promise.withResolvers<void>();
  const appended = Promise.withResolvers<void>();
  audit.append = () => {
    appended.resolve();
    return durable.promise;
  };
  let answered = false;
  const reply = call(request(), testContext()).finally(() => answered = true);
  await appended.promise;
  assert.equal(answered, false);
  durable.resolve();
  await reply;
  assert.equal(answered, true);
});

Deno.test("every refusal is a record with its outcome", async (t) => {
  const cases: [string, () => ReturnType<typeof testCallPath>, unknown, string, string][] = [
    ["invalid arguments", () => testCallPath([echo]), request({ text: 5 }), "invalid_params", "invalid"],
    ["arguments that are no object", () => testCallPath([echo]), request([1]), "invalid_params", "invalid"],
    ["an unknown tool", () => testCallPath([echo]), request({}, "test.toll"), "unknown_tool", "invalid"],
    ["a tool name that is no string", () => testCallPath([echo]), request({}, 5), "invalid_params", "invalid"],
    ["a prototype's name as a tool", () => testCallPath([echo]), request({}, "toString"), "unknown_tool", "invalid"],
    [
      "a rule against it",
      () =>
        testCallPath([echo], {
          authorizer: { authorize: () => ({ allowed: false, rule: "night", reason: "It is night" }) },
        }),
      request(),
      "forbidden",
      "denied",
    ],
    [
      "a used-up limit",
      () => {
        const path = testCallPath([echo]);
        path.allow(0);
        return path;
      },
      request(),
      "rate_limited",
      "rate_limited",
    ],
    [
      "a tool that fails",
      () => testCallPath([testTool(() => Promise.reject(new ToolError("not_found", "No such pod")))]),
      request(),
      "not_found",
      "tool_error",
    ],
    [
      "a tool that throws at once",
      () =>
        testCallPath([testTool(() => {
          throw new TypeError("Inner detail");
        })]),
      request(),
      "internal",
      "internal",
    ],
    [
      "a store that is away",
      () => testCallPath([testTool(() => Promise.reject(new StorageError("Cannot reach Redis")))]),
      request(),
      "unavailable",
      "tool_error",
    ],
    [
      "a result that is too large and has nothing to cut",
      () => testCallPath([testTool(() => Promise.resolve("x".repeat(20_000)))]),
      request(),
      "tool_failed",
      "tool_error",
    ],
    [
      "a tool past its deadline",
      () => testCallPath([testTool(() => new Promise(() => {}), { timeoutMs: 1 })]),
      request(),
      "timeout",
      "timeout",
    ],
  ];
  for (const [name, build, given, kind, outcome] of cases) {
    await t.step(name, async () => {
      const { call, records, reports } = build();
      const error = await refusal(call(given as ReturnType<typeof request>, testContext()));
      assert.equal(error.kind, kind);
      assert.deepEqual(records.map((record) => record.outcome), [outcome]);
      assert.equal(records[0]?.errorCode, -kind.length, "the code that the dialect answers with");
      const recorded = JSON.parse(records[0]?.result ?? "");
      assert.deepEqual(recorded, { error: { code: -kind.length, kind, message: error.message } });
      assert.deepEqual(reports.map((report) => report.outcome), [outcome]);
    });
  }
});

Deno.test("the steps come in their order: rights before limits, limits before arguments", async () => {
  const { call, taken } = testCallPath([echo], {
    authorizer: { authorize: () => ({ allowed: false, rule: "none", reason: "No rule" }) },
  });
  assert.equal((await refusal(call(request({ text: 5 }), testContext()))).kind, "forbidden");
  assert.deepEqual(taken, [], "a refused call uses up no limit");
  const limited = testCallPath([echo]);
  limited.allow(0);
  assert.equal((await refusal(limited.call(request({ text: 5 }), testContext()))).kind, "rate_limited");
});

Deno.test("the authorizer sees the arguments as the tool will get them, and none where they are not valid", async () => {
  const seen: unknown[] = [];
  const { call } = testCallPath([echo], {
    authorizer: {
      authorize: ({ tool, args }) => {
        seen.push({ tool: tool.name, args });
        return { allowed: false, rule: "watch", reason: "Nobody may" };
      },
    },
  });
  for (const args of [{ text: "hello" }, {}, { text: 5 }, { more: 5 }, "text"]) {
    assert.equal((await refusal(call(request(args), testContext()))).kind, "forbidden");
  }
  assert.deepEqual(seen, [
    { tool: "test.tool", args: { text: "hello" } },
    { tool: "test.tool", args: { text: "" } },
    { tool: "test.tool", args: undefined },
    { tool: "test.tool", args: undefined },
    { tool: "test.tool", args: undefined },
  ]);
});

Deno.test("calls of tools that do not exist share one bucket of the limiter", async () => {
  const { call, taken } = testCallPath([echo]);
  await refusal(call(request({}, "a".repeat(1000)), testContext()));
  await refusal(call(request({}, "b"), testContext()));
  assert.deepEqual(taken, ["unknown:default", "unknown:default"]);
});

Deno.test("a limit of 0 asks no limiter", async () => {
  const { call, taken } = testCallPath([echo], { rateLimitPerMinute: 0 });
  await call(request(), testContext());
  assert.deepEqual(taken, []);
});

Deno.test("a refusal by the limiter says when to come back", async () => {
  const { call, allow } = testCallPath([echo]);
  allow(0);
  const { data, hint } = await refusal(call(request(), testContext()));
  assert.deepEqual(data, { retryAfterMs: 1500, limit: 600, rule: "RATE_LIMIT_PER_MINUTE" });
  assert.match(hint ?? "", /2 s/);
});

Deno.test("a fault of ours leaves with an incident id and without its cause", async () => {
  const { call, incidents } = testCallPath([testTool(() => Promise.reject(new Error("secret of the inside")))]);
  const error = await refusal(call(request(), testContext()));
  assert.equal(error.message, "Internal error");
  assert.equal(incidents.length, 1);
  assert.equal(error.data["incident"], incidents[0]?.incident);
  assert(!JSON.stringify([error.message, error.hint, error.data]).includes("secret of the inside"));
});

Deno.test("a caller that goes away cancels its call, and the record says so", async () => {
  const gone = new AbortController();
  let heard: AbortSignal | undefined;
  const started = Promise.withResolvers<void>();
  const tool = testTool((_, { signal }) => {
    heard = signal;
    started.resolve();
    return new Promise(() => {});
  });
  const { call, records } = testCallPath([tool]);
  const reply = refusal(call(request(), testContext({ signal: gone.signal })));
  await started.promise;
  gone.abort();
  assert.equal((await reply).kind, "cancelled");
  assert.equal(heard?.aborted, true);
  assert.deepEqual(records.map((record) => record.outcome), ["cancelled"]);
});

Deno.test("nothing runs while the audit log is away or full", async (t) => {
  for (const [state, kind] of [["away", "audit_unavailable"], ["full", "overloaded"]] as const) {
    await t.step(state, async () => {
      let ran = false;
      const { call, audit, records, reports } = testCallPath([testTool(() => Promise.resolve(ran = true))]);
      audit.state = state;
      assert.equal((await refusal(call(request(), testContext()))).kind, kind);
      assert.equal(ran, false);
      assert.deepEqual(records, []);
      assert.deepEqual(reports.map((report) => report.outcome), ["unrecorded"]);
    });
  }
});

Deno.test("no more calls run than the audit log has room for the records of", async () => {
  const ends: (() => void)[] = [];
  const hold = testTool(() => new Promise((resolve) => ends.push(() => resolve(null))));
  const { call, audit, records } = testCallPath([hold]);
  audit.room = 2;
  const running = [call(request(), testContext()), call(request(), testContext())];
  assert.equal((await refusal(call(request(), testContext()))).kind, "overloaded");
  while (ends.length < 2) await Promise.resolve();
  ends[0]?.();
  await running[0];
  // From now on the log itself counts that record.
  running.push(call(request(), testContext()));
  while (ends.length < 3) await Promise.resolve();
  for (const end of ends) end();
  await Promise.all(running);
  assert.deepEqual(records.map(({ outcome }) => outcome), ["ok", "ok", "ok"]);
});

Deno.test("while records are spooled reads run, and changes are refused on record unless the operator lets them", async (t) => {
  const cases = [["read", false, true], ["own", false, false], ["outside", false, false], ["own", true, true]] as const;
  for (const [effect, spoolsChanges, runs] of cases) {
    await t.step(`${effect}, spoolsChanges ${spoolsChanges}`, async () => {
      let ran = false;
      const tool = testTool(() => Promise.resolve(ran = true), { effect });
      const { call, audit, records } = testCallPath([tool], { spoolsChanges });
      audit.state = "spooling";
      if (runs) await call(request(), testContext());
      else {
        const error = await refusal(call(request(), testContext()));
        assert.deepEqual([error.kind, error.data], ["audit_unavailable", { executed: false }]);
      }
      assert.equal(ran, runs);
      assert.deepEqual(records.map((record) => record.outcome), [runs ? "ok" : "denied"]);
    });
  }
});

Deno.test("a record that cannot be kept turns the answer into a refusal that says whether the tool ran", async () => {
  const { call, audit, reports } = testCallPath([echo]);
  audit.append = () => Promise.reject(new StorageError("Cannot write"));
  const ran = await refusal(call(request(), testContext()));
  assert.deepEqual([ran.kind, ran.data], ["audit_unavailable", { executed: true }]);
  const invalid = await refusal(call(request({ text: 5 }), testContext()));
  assert.deepEqual([invalid.kind, invalid.data], ["audit_unavailable", { executed: false }]);
  assert.deepEqual(reports.map((report) => report.outcome), ["unrecorded", "unrecorded"]);
});

Deno.test("secrets are redacted in the reply, the record and the error, but not in a lossless reply", async () => {
  const secret = "hunter2-Secret-Value";
  const leaky = testTool(() => Promise.resolve({ password: secret, log: `password=${secret}` }));
  const redacted = testCallPath([leaky]);
  assert(!(await redacted.call(request(), testContext())).text.includes(secret));
  const lossless = testCallPath([{ ...leaky, lossless: true }]);
  assert((await lossless.call(request({ text: `token=${secret}` }), testContext())).text.includes(secret));
  const failing = testCallPath([
    testTool(() =>
      Promise.reject(new ToolError("tool_failed", `Cannot use password=${secret}`, { hint: `token: ${secret}` }))
    ),
  ]);
  const error = await refusal(failing.call(request(), testContext()));
  const left = [error.message, error.hint, redacted.records, lossless.records, failing.records];
  assert(!JSON.stringify(left).includes(secret), JSON.stringify(left));
});

Deno.test("what a peer chooses is bounded and storable in the record", async () => {
  const { call, records } = testCallPath([testTool((args) => Promise.resolve(args), { lossless: true })], {
    resultBytesMax: 1_000_000,
  });
  const nasty = "\0\ud800" + "😀".repeat(30_000);
  await call({ method: nasty, tool: "test.tool", args: { text: nasty } }, testContext({ client: { name: nasty } }));
  const [record] = records;
  for (const text of [record?.method, record?.clientName, record?.params, record?.result]) {
    assert(text !== undefined && text.length <= 16_384 && text.isWellFormed() && !text.includes("\0"));
  }
});

Deno.test("the guide's list of tools is recorded under no tool", async () => {
  const { call, records } = testCallPath([{ ...echo, name: "mcp.tools.list" }]);
  await call({ method: "mcp.tools.list", tool: "mcp.tools.list", args: undefined }, testContext());
  await call({ method: "mcp.tools.call", tool: "mcp.tools.list", args: {} }, testContext());
  assert.deepEqual(records.map(({ toolName }) => toolName), [undefined, "mcp.tools.list"]);
});

Deno.test("a read that goes ahead of its limit has begun when the limiter is asked, and is thrown away where that refuses", async () => {
  const begun: string[] = [];
  const gate = Promise.withResolvers<void>();
  const decision = { limit: 1, remaining: 0, resetMs: 1, shared: true };
  const path = (allowed: boolean, more: Parameters<typeof testTool>[1], run = () => Promise.resolve("read")) =>
    testCallPath([testTool(() => (begun.push("read"), run()), more)], {
      limiter: {
        take: async () => {
          await gate.promise;
          begun.push("counted");
          return { ...decision, allowed };
        },
        peek: () => Promise.reject(new Error("No budget")),
        spend: () => Promise.resolve(),
      },
      rateLimitPerMinute: 1,
    });
  const ahead = path(true, { readsAhead: true }).call(request(), testContext());
  const behind = path(true, {}).call(request(), testContext());
  await Promise.resolve();
  assert.deepEqual(begun, ["read"]);
  gate.resolve();
  assert.equal((await ahead).text, '"read"');
  assert.equal((await behind).text, '"read"');
  assert.deepEqual(begun, ["read", "counted", "counted", "read"]);

  // It fails too, which nobody hears of.
  const refused = path(false, { readsAhead: true }, () => Promise.reject(new Error("No store")));
  assert.equal((await refusal(refused.call(request(), testContext()))).kind, "rate_limited");
  assert.deepEqual(refused.records.map(({ outcome }) => outcome), ["rate_limited"]);
  assert.deepEqual(refused.incidents, []);
});

Deno.test("a frozen result that is given again is printed once, any other each time", async () => {
  for (const [isFrozen, reads] of [[true, 1], [false, 2]] as const) {
    let read = 0;
    const result = {
      get text() {
        read++;
        return "password=hunter2-Secret-Value";
      },
    };
    if (isFrozen) Object.freeze(result);
    const { call } = testCallPath([testTool(() => Promise.resolve(result))]);
    const first = await call(request(), testContext());
    const once = read;
    assert.deepEqual(await call(request(), testContext()), first);
    assert(!first.text.includes("hunter2"));
    assert.equal(read / once, reads);
  }
});

Deno.test("arguments that are refused are redacted once, for the error and for the record", async () => {
  let redacted = 0;
  const { call, records } = testCallPath([echo], {
    redactor: {
      redactText: builtInRedactor.redactText,
      redact(value) {
        if (typeof value === "object" && value !== null && "texts" in value) redacted++;
        return builtInRedactor.redact(value);
      },
    },
  });
  const args = { texts: "password=hunter2-Secret-Value" };
  assert.equal((await refusal(call(request(args), testContext()))).kind, "invalid_params");
  assert.equal(redacted, 1);
  assert(!JSON.stringify(records).includes("hunter2"));
});
