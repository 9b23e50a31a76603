import assert from "node:assert/strict";
import { startOfficial } from "./official.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";

/** By what a client sends as `_meta.traceparent`: whether its trace goes on in the record of the call. */
const CASES: readonly (readonly [what: string, traceparent: unknown, goesOn: boolean])[] = [
  ["a sampled trace", `00-${TRACE_ID}-${SPAN_ID}-01`, true],
  ["one that is not sampled", `00-${TRACE_ID}-${SPAN_ID}-00`, true],
  ["none", undefined, false],
  ["no trace id", `00-${"0".repeat(32)}-${SPAN_ID}-01`, false],
  ["no span id", `00-${TRACE_ID}-${"0".repeat(16)}-01`, false],
  ["capital letters", `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`, false],
  ["something behind it", `00-${TRACE_ID}-${SPAN_ID}-01-x`, false],
  ["a number", 5, false],
];

Deno.test.each(CASES)(
  "a call is on record with its client's trace, where it names one: %s",
  async (_, traceparent, goesOn) => {
    await using official = startOfficial();
    const response = await fetch(official.url, {
      method: "POST",
      headers: { "content-type": "application/json", "mcp-protocol-version": "2025-11-25" },
      body: JSON.stringify({
        ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
        params: { name: "test_echo", arguments: {}, _meta: { traceparent } },
      }),
    });
    assert.equal((await response.json()).result.isError, undefined);
    const [record] = official.records;
    assert.match(record?.traceId ?? "", /^[0-9a-f]{32}$/);
    assert.equal(record?.traceId === TRACE_ID, goesOn);
  },
);
