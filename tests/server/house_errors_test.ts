import assert from "node:assert/strict";
import { HOUSE_CODES, httpStatus, toRpcError } from "../../server/house_errors.ts";
import { ToolError, type ToolErrorKind } from "../../tools/error.ts";

/** Kind, code, HTTP status: literals, since clients hold on to them. */
const TABLE: readonly (readonly [ToolErrorKind, number, number])[] = [
  ["tool_failed", -32000, 200],
  ["cancelled", -32000, 200],
  ["unanswered", -32000, 200],
  ["unauthenticated", -32001, 401],
  ["forbidden", -32003, 403],
  ["unavailable", -32004, 200],
  ["rate_limited", -32005, 429],
  ["timeout", -32006, 200],
  ["audit_unavailable", -32007, 200],
  ["overloaded", -32008, 200],
  ["conflict", -32009, 200],
  ["not_found", -32010, 200],
  ["invalid_params", -32602, 200],
  ["unknown_tool", -32602, 200],
  ["internal", -32603, 200],
];

Deno.test("every kind of tool error has its code and its HTTP status", () => {
  assert.deepEqual(Object.keys(HOUSE_CODES).sort(), TABLE.map(([kind]) => kind).sort());
  for (const [kind, code, status] of TABLE) {
    assert.equal(HOUSE_CODES[kind], code, kind);
    assert.equal(httpStatus(code), status, kind);
  }
});

Deno.test("what is thrown again by a server that is asked for too much is printed from one error", () => {
  const overloaded = new ToolError("overloaded", "Too many", { hint: "Wait" });
  assert.equal(toRpcError(overloaded), toRpcError(overloaded));
  assert.deepEqual(toRpcError(overloaded).data, { kind: "overloaded", hint: "Wait" });
});

Deno.test("no code of ours stands in the range that the official protocol reserves", () => {
  for (const code of Object.values(HOUSE_CODES)) assert(!(code <= -32020 && code >= -32099), String(code));
});

Deno.test("JSON-RPC's own errors have a status only where HTTP says the same; results and batches are 200", () => {
  const cases = [[-32700, 400], [-32600, 400], [-32601, 200], [-32602, 200], [-32603, 200], [undefined, 200]] as const;
  for (const [code, status] of cases) assert.equal(httpStatus(code), status, String(code));
});

Deno.test("an error goes out with its words, kind, hint and data", () => {
  const error = toRpcError(
    new ToolError("rate_limited", "More than 10 calls a minute", { hint: "Wait 2 s", data: { retryAfterMs: 1500 } }),
  );
  assert.deepEqual(
    [error.code, error.message, error.data],
    [-32005, "More than 10 calls a minute", { kind: "rate_limited", hint: "Wait 2 s", retryAfterMs: 1500 }],
  );
});

Deno.test("an error of any kind has a hint, also where nobody gave one", () => {
  for (const [kind] of TABLE) {
    const { data } = toRpcError(new ToolError(kind, "It failed"));
    assert.equal(data?.["kind"], kind);
    assert.match(String(data?.["hint"]), /^[A-Z].*[^.]$/, kind);
  }
});
