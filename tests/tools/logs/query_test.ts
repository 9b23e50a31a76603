import assert from "node:assert/strict";
import fc from "fast-check";
import { ToolError } from "../../../tools/error.ts";
import { parseQuery } from "../../../tools/logs/query.ts";

const MATCHES: readonly (readonly [query: string | undefined, message: string, matches: boolean])[] = [
  [undefined, "anything", true],
  ["", "", true],
  ["error", "an ERROR came", true],
  ["ERROR", "an error came", true],
  ["ERRÖR", "ein errör", true],
  ["a.c", "abc", false],
  ["a.c", "a.c", true],
  ["(", "f(x)", true],
  ["/healthz", "GET /healthz", true],
  ["/", "a/b", true],
  ["//", "https://e.com", true],
  ["/a/b", "a/b", false],
  ["/api/v1/", "GET /api/v1", true],
  ["/err(or)?/", "some err", true],
  ["/err(or)?/", "some ERR", false],
  ["/err(or)?/i", "some ERR", true],
  ["/^GET /", "GET /", true],
  ["/^GET /", "a GET /", false],
  ["/status=5\\d\\d$/", "x status=503", true],
  ["/\\bslow\\b/", "slowly", false],
  ["/(?P<level>warn|error)/", "level=warn", true],
  ["/\\p{Han}/", "日本", true],
  ["/a.c/", "a\rc", true],
  ["/x/g", "x", false],
];

Deno.test("a query is text in any letter case, or a regular expression between slashes", async (t) => {
  for (const [query, message, matches] of MATCHES) {
    await t.step(`${query} ${matches ? "finds" : "does not find"} ${JSON.stringify(message)}`, async () => {
      assert.equal((await parseQuery(query)).matches(message), matches);
    });
  }
});

Deno.test("text is found wherever it stands", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string({ minLength: 1 }), fc.string(), async (before, text, after) => {
      fc.pre(!/^\/.+\/i?$/s.test(text));
      assert((await parseQuery(text)).matches(before + text + after));
    }),
  );
});

Deno.test("no query throws anything but words about it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), async (query, message) => {
      for (const text of [query, `/${query}/`, `/${query}/i`]) {
        try {
          assert.equal(typeof (await parseQuery(text)).matches(message), "boolean");
        } catch (error) {
          assert(error instanceof ToolError && error.kind === "invalid_params", String(error));
        }
      }
    }),
  );
});

const REFUSED: readonly (readonly [pattern: string, message: RegExp])[] = [
  ["(?=a)b", /^Cannot use the regular expression "\(\?=a\)b": /],
  ["a(?!b)", /./],
  ["(?<=a)b", /./],
  ["(?<!a)b", /./],
  ["(a)\\1", /./],
  ["(a", /missing closing \)/],
  ["*", /missing argument to repetition operator/],
  ["[z-a]", /invalid character class range/],
  ["a{1001}", /invalid repeat count/],
  ["((a{30}){30}){30}", /invalid repeat count/],
  ["a{500}", /it comes to 5\d\d steps a character, of at most 256$/],
];

Deno.test("a regular expression that cannot be used is refused with what to use instead", async (t) => {
  for (const [pattern, message] of REFUSED) {
    await t.step(pattern, async () => {
      await assert.rejects(parseQuery(`/${pattern}/`), (error) => {
        assert(error instanceof ToolError);
        assert.equal(error.kind, "invalid_params");
        assert.match(error.message, message);
        assert.match(error.hint ?? "", /look-around such as .* do not exist|smaller counts/);
        return true;
      });
    });
  }
});

/** Each takes the engines of most languages exponential or quadratic time, or this one the most. */
const HOSTILE = [
  "(x+x+)+y",
  "(x*)*y$",
  "(?:x?){50}x{50}[yz]",
  "(.*)(.*)(.*)(.*)(.*)[yz]\\b",
  "(?:a|b)*a(?:a|b){12}[yz]",
  "a(?:a|b){200}[yz]",
  "a[ab]{240}\\b[yz]",
  "(?:\\b[ab]?){80}[yz]",
];

Deno.test("no regular expression holds the server for long over one line", async (t) => {
  const lines = ["x".repeat(20_480), mixed(20_480), mixed(1_000_000)];
  for (const pattern of HOSTILE) {
    await t.step(pattern, async () => {
      const filter = await parseQuery(`/${pattern}/`);
      for (const line of lines) {
        const start = performance.now();
        filter.matches(line.slice(0, filter.charsMax));
        const ms = performance.now() - start;
        assert(ms < 1_000, `${ms} ms over ${line.length} characters`);
      }
    });
  }
  await t.step("and a usual one is searched for in all of a line of 20 KB", async () => {
    for (const pattern of ["/error/", "/status=5\\d\\d/", "/level=(warn|error)/i"]) {
      assert((await parseQuery(pattern)).charsMax > 20_480, pattern);
    }
  });
});

/** a and b without a pattern, the same each time. */
function mixed(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed < 1_073_741_824 ? "a" : "b";
  }).join("");
}
