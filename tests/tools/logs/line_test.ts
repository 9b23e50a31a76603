import assert from "node:assert/strict";
import fc from "fast-check";
import { compareMoments, parseLine, parseMoment, splitLog } from "../../../tools/logs/line.ts";

const AT = "2026-11-22T10:16:08.881109301Z";

const LINES: readonly (readonly [name: string, line: string, timestamp: string, message: string])[] = [
  ["plain", `${AT} hello world`, AT, "hello world"],
  ["with a message of spaces", `${AT}   x `, AT, "  x "],
  ["with an empty message", `${AT} `, AT, ""],
  ["with a time alone", AT, AT, ""],
  ["in another zone", "2026-11-22T12:16:08.881109301+02:00 x", "2026-11-22T12:16:08.881109301+02:00", "x"],
  ["without a fraction", "2026-11-22T12:16:08Z x", "2026-11-22T12:16:08Z", "x"],
  ["without a time", "unable to retrieve container logs", "", "unable to retrieve container logs"],
  ["with something like a time", "2026-11-22T10:16:08.88Zx", "", "2026-11-22T10:16:08.88Zx"],
  ["from Windows", `${AT} hello\r`, AT, "hello"],
  ["with a progress bar", `${AT} 10%\r50%\r100%`, AT, "10%\r50%\r100%"],
  ["in colours", `${AT} \x1b[32mINFO\x1b[0m \x1b[1;38;5;208mbold\x1b[22m`, AT, "INFO bold"],
  ["with a link", `${AT} \x1b]8;;https://e.com\x07text\x1b]8;;\x07`, AT, "text"],
  ["with a link ended otherwise", `${AT} \x1b]8;;https://e.com\x1b\\text\x1b]8;;\x1b\\`, AT, "text"],
  ["with a sequence that never ends", `${AT} \x1b]0;title goes on`, AT, "\x1b]0;title goes on"],
  ["with other sequences", `${AT} a\x1b(Bb\x1b=c\x1b7d`, AT, "abcd"],
  ["with a lone escape", `${AT} a\x1b`, AT, "a\x1b"],
  ["with a NUL", `${AT} a\0b`, AT, "a\0b"],
];

Deno.test("a line is its time and its message", async (t) => {
  for (const [name, line, timestamp, message] of LINES) {
    await t.step(name, () => assert.deepEqual(parseLine(line), { timestamp, message }));
  }
});

Deno.test("a line of terminal sequences takes no time to speak of", () => {
  for (const piece of ["\x1b]", "\x1b[", "\x1b[1;", "\x1b(", "\x1b]8;;\x1b"]) {
    const line = `${AT} ${piece.repeat(50_000)}`;
    const start = performance.now();
    parseLine(line);
    const ms = performance.now() - start;
    assert(ms < 500, `${JSON.stringify(piece)} took ${ms} ms`);
  }
});

Deno.test("a log is its lines, whether or not the last one has ended", () => {
  assert.deepEqual(splitLog(""), []);
  assert.deepEqual(splitLog("a\nb\n"), ["a", "b"]);
  assert.deepEqual(splitLog("a\n\nb"), ["a", "", "b"]);
  assert.deepEqual(splitLog("\n"), [""]);
});

const MOMENTS: readonly (readonly [earlier: string, later: string])[] = [
  ["2026-11-22T10:16:08.881109301Z", "2026-11-22T10:16:08.881109302Z"],
  ["2026-11-22T10:16:08.9Z", "2026-11-22T10:16:08.91Z"],
  ["2026-11-22T10:16:08.09Z", "2026-11-22T10:16:08.1Z"],
  ["2026-11-22T10:16:08Z", "2026-11-22T10:16:08.000000001Z"],
  ["2026-11-22T10:16:08.999999999Z", "2026-11-22T10:16:09Z"],
  ["2026-11-22T12:16:08.5+02:00", "2026-11-22T10:16:08.6Z"],
  ["2026-11-22T23:59:59.5-01:00", "2026-11-23T01:00:00Z"],
];

Deno.test("moments are compared to the nanosecond, across zones", async (t) => {
  for (const [earlier, later] of MOMENTS) {
    await t.step(`${earlier} is before ${later}`, () => {
      const [a, b] = [parseMoment(earlier), parseMoment(later)];
      assert(a && b);
      assert(compareMoments(a, b) < 0 && compareMoments(b, a) > 0);
      assert.equal(compareMoments(a, a), 0);
    });
  }
});

Deno.test("moments have the order of their nanoseconds since the epoch", () => {
  const nanos = fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n });
  fc.assert(fc.property(nanos, nanos, (a, b) => {
    const [first, second] = [a, b].map((value) => {
      const seconds = new Date(Number(value / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
      // As Go prints it: without zeros at the end.
      const fraction = String(value % 1_000_000_000n).padStart(9, "0").replace(/0+$/, "");
      return parseMoment(`${seconds}${fraction && `.${fraction}`}Z`);
    });
    assert(first && second);
    assert.equal(Math.sign(compareMoments(first, second)), a < b ? -1 : a > b ? 1 : 0);
  }));
});

Deno.test("what is no time has no moment", () => {
  for (const text of ["", "now", "2026-11-22", "2026-11-22T10:16:08", "2026-13-45T99:99:99Z"]) {
    assert.equal(parseMoment(text), undefined, text);
  }
});
