import assert from "node:assert/strict";
import { version } from "uuid";
import { systemIds } from "../../storage/clock.ts";

Deno.test("ids are UUIDs of version 7, unique, and tell the millisecond they were made in", () => {
  const beforeMs = Date.now();
  const ids = Array.from({ length: 10_000 }, () => systemIds.uuid());
  const afterMs = Date.now();
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) {
    assert.equal(version(id), 7);
    const madeMs = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
    assert(beforeMs <= madeMs && madeMs <= afterMs, id);
  }
});
