import assert from "node:assert/strict";
import fc from "fast-check";
import { pageOf } from "../../../server/mcp/page.ts";

const own = (name: string) => name;

Deno.test("pages follow one another without a gap, whatever the list's length", () => {
  fc.assert(fc.property(fc.uniqueArray(fc.string(), { maxLength: 350 }), (names) => {
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const { entries, nextCursor } = pageOf(names, own, cursor);
      assert(entries.length <= 100);
      all.push(...entries);
      cursor = nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(all, names);
  }));
});

Deno.test("a cursor stands while entries come and go", () => {
  const names = Array.from({ length: 150 }, (_, index) => `tool-${index}`);
  const { nextCursor } = pageOf(names, own, undefined);
  const changed = ["tool-new", ...names.filter((name) => name !== "tool-5")];
  assert.equal(pageOf(changed, own, nextCursor).entries[0], "tool-100");
});

for (const cursor of ["", "nonsense", "dG9vbC05OTk", "__proto__", "0"]) {
  Deno.test(`the cursor ${JSON.stringify(cursor)}, which no page gave, is refused with -32602`, () => {
    assert.throws(
      () => pageOf(["tool-1", "tool-2"], own, cursor),
      (error) => error instanceof Error && Reflect.get(error, "code") === -32602,
    );
  });
}
