import assert from "node:assert/strict";
import { ToolError, type ToolErrorKind } from "../../tools/error.ts";

/** The error of that kind that the work throws or rejects with. @throws where it does not. */
export async function toolError(kind: ToolErrorKind, work: () => unknown): Promise<ToolError> {
  try {
    await work();
  } catch (error) {
    assert(error instanceof ToolError, `Expected a ToolError, but got ${error}`);
    assert.equal(error.kind, kind);
    return error;
  }
  assert.fail(`Expected a ToolError of kind ${kind}, but nothing was thrown`);
}
