import type { Random } from "./random.ts";

/** Keys that objects have already, that the protocol means something by, and that are no words. */
const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "toJSON",
  "length",
  "id",
  "jsonrpc",
  "method",
  "params",
  "name",
  "args",
  "arguments",
  "key",
  "value",
  "namespace",
  "query",
  "password",
  "",
  " ",
  "a.b",
  "\u0000",
  "é",
  "😀",
  "0",
].map((key) => JSON.stringify(key)).concat('"\\ud800"', '"\\u005f_proto__"', '"\\udfff\\ud83d"');

const NUMBERS = [
  ["0", "-0", "1", "-1", "1.5", "1e3", "1E-7", "9007199254740991", "9007199254740992", "-9007199254740993"],
  ["1e308", "1e309", "-1e400", "5e-324", "1e-400", "123456789012345678901234567890", `1${"0".repeat(400)}`],
  ["0.1", `0.${"3".repeat(300)}`, "4294967296", "-2147483649"],
].flat();

const STRINGS = [
  '""',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\ud83d\\ude00"',
  '"😀"',
  '"é\u2028\u2029"',
  '"\ufeff"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"\'; DROP TABLE audit_logs; --"',
  '"{\\"password\\":\\"hunter2\\"}"',
  '"../../etc/passwd"',
  '"${jndi:x}"',
  '"%00%ff"',
  '"2.0"',
  '"up"',
  '"(a+)+$"',
  '"[["',
  '"\u202e"',
];

/** JSON text, well-formed as JSON and odd as data: keys of prototypes, keys twice, numbers without a double. */
export function jsonText(random: Random, levels = 3): string {
  switch (random.int(levels > 0 ? 9 : 6)) {
    case 0:
      return random.pick(NUMBERS);
    case 1:
    case 2:
      return stringText(random);
    case 3:
      return random.pick(["true", "false", "null"]);
    case 4:
      return random.pick([
        "{}",
        "[]",
        '[""]',
        "[null]",
        '{"length":{"toString":1}}',
        '{"length":1e400}',
        '{"then":{}}',
      ]);
    case 5:
      return random.once(20) ? nested(random, 2 + random.int(200)) : String(random.int(1_000_000) - 500_000);
    case 6:
      return `[${many(random, () => jsonText(random, levels - 1))}]`;
    default:
      return `{${many(random, () => `${random.pick(KEYS)}:${jsonText(random, levels - 1)}`)}}`;
  }
}

export function stringText(random: Random): string {
  if (random.once(40)) return `"${random.pick(["x", "é", "\\u0000", "\\ud800", "😀"]).repeat(random.int(3000))}"`;
  return random.pick(STRINGS);
}

/** So many levels of arrays, objects or both, around a value. */
export function nested(random: Random, levels: number): string {
  const isObject = random.pick([() => true, () => false, () => random.once(2)]);
  let [before, after] = ["", ""];
  for (let level = 0; level < levels; level++) {
    const object = isObject();
    before += object ? '{"a":' : "[";
    after = (object ? "}" : "]") + after;
  }
  return `${before}1${after}`;
}

function many(random: Random, make: () => string): string {
  return Array.from({ length: random.int(5) }, make).join(",");
}
