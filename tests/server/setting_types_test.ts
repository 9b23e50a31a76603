import assert from "node:assert/strict";
import type { z } from "zod";
import { boolean, integer, list, oneOf, text, url } from "../../server/setting_types.ts";

/** The value, or what was expected in its place. */
function read(type: z.ZodType, value: unknown): unknown {
  const parsed = type.safeParse(value);
  return parsed.success ? { value: parsed.data } : parsed.error.issues.map(({ message }) => message).join("; ");
}

Deno.test("an integer has no sign, fraction or exponent, and both its bounds are allowed", () => {
  const port = integer(1, 10);
  const refused = "a whole number from 1 to 10";
  const cases: [string, unknown][] = [
    ["1", { value: 1 }],
    ["10", { value: 10 }],
    [" 007 ", { value: 7 }],
    ["0", refused],
    ["11", refused],
    ["-1", refused],
    ["1.0", refused],
    ["1e1", refused],
    ["", refused],
    ["Infinity", refused],
    // Beyond 2^53 digits would be lost.
    ["9007199254740993", refused],
  ];
  for (const [given, expected] of cases) assert.deepEqual(read(port, given), expected, given);
  assert.deepEqual(
    read(integer(0, Number.MAX_SAFE_INTEGER), "9007199254740993"),
    "a whole number from 0 to 9007199254740991",
  );
});

Deno.test("a boolean is true, false, 1 or 0 in any case", () => {
  for (const given of ["true", "TRUE", " True ", "1"]) assert.deepEqual(read(boolean(), given), { value: true }, given);
  for (const given of ["false", "FALSE", "0"]) assert.deepEqual(read(boolean(), given), { value: false }, given);
  for (const given of ["yes", "", "01", "truе"]) assert.equal(read(boolean(), given), "true or false", given);
});

Deno.test("one of some words is taken to the letter", () => {
  assert.deepEqual(read(oneOf("text", "json"), " json "), { value: "json" });
  assert.equal(read(oneOf("text", "json"), "JSON"), "text or json");
  assert.equal(read(oneOf("text", "json"), "toString"), "text or json");
});

Deno.test("a list is split at commas, and one bad word spoils it", () => {
  const letters = list("letters", (word) => /^[a-z]+$/.test(word));
  assert.deepEqual(read(letters, " a , b,,c,"), { value: ["a", "b", "c"] });
  assert.deepEqual(read(letters, ","), { value: [] });
  assert.equal(read(letters, "a,1"), "letters");
});

Deno.test("a URL is kept as it was written, and has one of the schemes", () => {
  const refused = "a URL that starts with redis:// or rediss://";
  const type = url("redis", "rediss");
  for (const given of ["redis://redis-mcp:6379", "rediss://:p%40ss@redis/3", "redis://[::1]:6379"]) {
    assert.deepEqual(read(type, given), { value: given });
  }
  assert.deepEqual(read(type, " redis://redis-mcp "), { value: "redis://redis-mcp" });
  for (const given of ["redis-mcp:6379", "http://redis", "//redis", "redisx://redis", "redis://host:port", ""]) {
    assert.equal(read(type, given), refused, given);
  }
});

Deno.test("text is not empty, and what is no text is no setting", () => {
  assert.deepEqual(read(text("a folder"), " ./data "), { value: "./data" });
  assert.equal(read(text("a folder"), " \n"), "a folder");
  assert.notDeepEqual(read(text("a folder"), 5), { value: 5 });
});
