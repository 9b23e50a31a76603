import fc from "fast-check";
import type { Json } from "../../storage/json.ts";

/** Any text of any UTF-16 units: surrogates alone, NUL and byte order marks too. */
const text = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units));

/** Any JSON value; numbers without -0, which JSON does not know. */
export const jsonValue: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    text,
    fc.string({ unit: "grapheme" }),
    fc.json(),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(text, fc.constant("__proto__")), tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** Values that stores get wrong. */
export const awkwardValues: readonly Json[] = [
  null,
  true,
  0,
  -1.5e-300,
  9007199254740993,
  1e21,
  "",
  " ",
  "1.0.0",
  "1",
  "null",
  "true",
  '"quoted"',
  ' {"padded": 1} ',
  "{",
  "NaN",
  "\u0000",
  "before\u0000after",
  "\ud800",
  "\udc00\ud800",
  "\ufeffwith a byte order mark",
  "😀 grüße 日本",
  "line\r\nline\u2028",
  [],
  {},
  [[], [[]], [{}]],
  { "": "", "a": { "b": [1, "2", null] } },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  "x".repeat(65_536),
];
