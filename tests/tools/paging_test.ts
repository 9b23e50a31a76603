import assert from "node:assert/strict";
import { cutPage, DEFAULT_PAGE_BYTES } from "../../tools/paging.ts";
import { toolError } from "./tool_error.ts";

const items = Array.from({ length: 1000 }, (_, index) => ({ name: `item-${String(index).padStart(4, "0")}` }));

Deno.test("a page without a limit has what a default answer holds, and says how many there are", () => {
  const page = cutPage(items, {});
  assert.equal(page.total, 1000);
  assert.equal(page.returned, page.items.length);
  assert(JSON.stringify(page.items).length <= DEFAULT_PAGE_BYTES + 1);
  const next = items[page.returned];
  assert(JSON.stringify([...page.items, next]).length > DEFAULT_PAGE_BYTES, "there was room for one more");
});

for (const limit of [undefined, 1, 7, 1000]) {
  Deno.test(`the pages of ${limit ?? "no"} limit together are the list, in its order`, () => {
    const all: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = cutPage(items, { limit, cursor });
      assert(page.returned > 0);
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    assert.deepEqual(all, items);
  });
}

Deno.test("one item that is larger than a default answer comes all the same", () => {
  const page = cutPage(["x".repeat(10_000), "y"], {});
  assert.equal(page.returned, 1);
  assert(page.next !== undefined);
});

Deno.test("a cursor past the end of a list that has shrunk gives an empty page", () => {
  const { next } = cutPage(items, { limit: 500 });
  assert.deepEqual(cutPage(items.slice(0, 10), { cursor: next }), { items: [], returned: 0, total: 10 });
});

for (const cursor of ["500", "YWZ0ZXIgLTE", "YWZ0ZXIgMWU5", "\0", "YWZ0ZXIgOTk5OTk5OTk5OTk5"]) {
  Deno.test(`a cursor that no page gave is refused: ${JSON.stringify(cursor)}`, async () => {
    await toolError("invalid_params", () => cutPage(items, { cursor }));
  });
}
