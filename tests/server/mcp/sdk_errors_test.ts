import assert from "node:assert/strict";
import { ProtocolError } from "@modelcontextprotocol/server";
import { sortSdkErrors } from "../../../server/mcp/sdk_errors.ts";
import { StorageError } from "../../../storage/errors.ts";

const CASES: readonly (readonly [what: string, error: unknown, told: "fault" | "refusal"])[] = [
  ["a refused request", new Error("Rejected inbound request (envelope-invalid): Invalid _meta"), "refusal"],
  ["an answer to nothing", new Error('Received a response for an unknown message ID: {"id":7}'), "refusal"],
  ["a state that somebody else signed", new Error("requestState verification rejected tools/call: mac"), "refusal"],
  ["a version that there is not", new ProtocolError(-32022, "Unsupported protocol version: 1999-01-01"), "refusal"],
  ["an answer that does not fit the protocol", new Error("Failed to encode result for tools/list: x"), "fault"],
  ["a store that is away", new StorageError("Rejected by Redis"), "fault"],
  ["a slip of ours", new TypeError("Received a null where a method was called"), "fault"],
  ["what is no error", "Rejected", "fault"],
];

Deno.test.each(CASES)("of what the SDK tells, sorted by whose doing it is: %s", (_, error, told) => {
  const seen: unknown[] = [];
  const tell = sortSdkErrors({
    onFault: (fault) => seen.push("fault", fault),
    onRefusal: (reason) => seen.push("refusal", reason),
  });
  tell(error);
  assert.deepEqual(seen, [told, told === "fault" ? error : "invalid_request"]);
});
