import assert from "node:assert/strict";
import fc from "fast-check";
import type { LogLine } from "../../../tools/logs/line.ts";
import { mergeNewest, type Source } from "../../../tools/logs/merge.ts";

Deno.test("lines of all sources are merged in the order of time", () => {
  const sources = [source("a", [1, 4, 9]), source("b", [2, 3, 10]), source("c", [])];
  assert.deepEqual(printed(sources, 100), ["a1", "b2", "b3", "a4", "a9", "b10"]);
  assert.deepEqual(printed(sources, 3), ["a4", "a9", "b10"]);
  assert.deepEqual(printed(sources, 0), []);
  assert.deepEqual(printed([], 5), []);
});

Deno.test("lines of one moment keep the order of their sources", () => {
  const sources = [source("a", [1, 5, 5]), source("b", [5, 5]), source("c", [5])];
  assert.deepEqual(printed(sources, 100), ["a1", "a5", "a5", "b5", "b5", "c5"]);
  assert.deepEqual(printed(sources, 2), ["b5", "c5"]);
});

Deno.test("lines of a source whose clock went back keep their order", () => {
  const sources = [source("a", [5, 1, 6]), source("b", [2, 7])];
  assert.deepEqual(printed(sources, 100), ["a5", "a1", "b2", "a6", "b7"]);
});

Deno.test("a line without a time stays before the line that follows it", () => {
  const sources = [
    { ...source("a", [1, 5]), lines: [line(1, "a1"), { timestamp: "", message: "a?" }, line(5, "a5")] },
    source("b", [2, 6]),
  ];
  assert.deepEqual(printed(sources, 100), ["a1", "b2", "a?", "a5", "b6"]);
});

Deno.test("an entry names its pod and container", () => {
  assert.deepEqual(mergeNewest([source("a", [1])], 1), [
    { timestamp: "2026-01-01T00:00:00.000000001Z", pod: "pod-a", container: "main", message: "a1" },
  ]);
});

const times = fc.array(fc.nat({ max: 30 }), { maxLength: 12 });

Deno.test("of sources in order of time, the merge is the end of all lines sorted", () => {
  fc.assert(fc.property(fc.array(times, { maxLength: 6 }), fc.nat({ max: 40 }), (lists, limit) => {
    const sources = lists.map((list, index) => source(String.fromCharCode(97 + index), list.toSorted(byNumber)));
    const all = sources.flatMap(({ lines }) => lines);
    const sorted = all.toSorted((a, b) => a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0);
    const expected = limit === 0 ? [] : sorted.slice(-limit).map(({ message }) => message);
    assert.deepEqual(printed(sources, limit), expected);
  }));
});

Deno.test("of any sources, the merge has the newest lines of each in their order", () => {
  fc.assert(fc.property(fc.array(times, { maxLength: 6 }), fc.nat({ max: 40 }), (lists, limit) => {
    const sources = lists.map((list, index) => source(String.fromCharCode(97 + index), list));
    const entries = mergeNewest(sources, limit);
    assert.equal(entries.length, Math.min(limit, lists.flat().length));
    for (const { pod, lines } of sources) {
      const own = entries.filter((entry) => entry.pod === pod).map(({ message }) => message);
      assert.deepEqual(own, lines.slice(lines.length - own.length).map(({ message }) => message));
    }
  }));
});

function source(name: string, nanos: readonly number[]): Source {
  return { pod: `pod-${name}`, container: "main", lines: nanos.map((value) => line(value, `${name}${value}`)) };
}

function line(nanos: number, message: string): LogLine {
  return { timestamp: `2026-01-01T00:00:00.${String(nanos).padStart(9, "0")}Z`, message };
}

function printed(sources: readonly Source[], limit: number): string[] {
  return mergeNewest(sources, limit).map(({ message }) => message);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
