import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { redact, redactText } from "../../tools/redact.ts";
import { SECRET_KINDS } from "../secrets/kinds.ts";
import { plant, type Planted, secretsIn } from "../secrets/planted.ts";

const RUNS = 300;

const planted: fc.Arbitrary<Planted> = fc.tuple(fc.constantFrom(...Object.entries(SECRET_KINDS)), fc.nat()).map((
  [[kind, make], seed],
) => plant(kind, make, seed));

/** Words that say nothing of secrets, and pieces that the patterns look for, whole and torn. */
const pieces = fc.constantFrom(
  ...["pod", "web-7d9f8b6c5-abcde", "200", "12ms", "é😀", "\ud800", "\ufdd0", "\ufdd1", "'", '"', '\\"', "\\", "\\\\"],
  ...[
    "{",
    "}",
    "[",
    "]",
    '{"',
    '["',
    '{"a":',
    "}}",
    ",",
    ";",
    ":",
    "=",
    "@",
    "://",
    "/",
    "&",
    "?",
    "%",
    "%3A%2F%2F",
    "<",
    ">",
  ],
  ...[
    "password",
    "token",
    "secret",
    "api key",
    "kind: Secret\n",
    "data:\n",
    "  a: b\n",
    "value",
    "name: ",
    "auth",
    "pwd",
  ],
  ...[
    "Authorization",
    "Bearer ",
    "Basic ",
    "cookie: a=",
    "eyJ",
    "eyJhIjoxfQ",
    "LS0tLS1CRUdJTi",
    "-----BEGIN PRIVATE KEY-----",
  ],
  ...[
    "-----END PRIVATE KEY-----",
    "AKIA",
    "[REDACTED]",
    "REDACTED",
    "[",
    "null",
    "true",
    "$(",
    "${A}",
    "***",
    "<x>",
    "\n",
    " ",
    "\t",
  ],
  ...["sig=", "curl -u a:", "-password ", "\\u00", "\\n", "hunter2", "0a1b2c3d4e5f6a7b8c9d"],
);
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(pieces, { maxLength: 24 }).map((parts) => parts.join("")),
);
const json = fc.jsonValue({ stringUnit: "binary" });
const tangled = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    text.map((string) => JSON.stringify({ a: string })),
    json,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(text, fc.constantFrom("kind", "data", "name", "value", "password", "secrets", "tokens", "items")),
      tie("value"),
      { maxKeys: 5 },
    ),
    tie("value").map((value) => JSON.stringify(value)),
  ),
})).value;

Deno.test("redaction is idempotent: what it leaves it leaves again", () => {
  fc.assert(
    fc.property(text, (string) => {
      const once = redactText(string);
      assert.equal(redactText(once), once);
    }),
    { numRuns: 20 * RUNS },
  );
  fc.assert(
    fc.property(tangled, (value) => {
      const once = redact(value);
      assert.deepEqual(redact(once), once);
    }),
    { numRuns: 10 * RUNS },
  );
});

Deno.test("redaction keeps the shape of any JSON, and the names that hold no secret themselves", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), tangled), (value) => {
      assert.deepEqual(shapeOf(redact(value)), shapeOf(value));
    }),
    { numRuns: 10 * RUNS },
  );
});

/** The containers and the names in them; what is a secret's value becomes a string. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, member]) => [isSafe(name) ? name : "?", shapeOf(member)]);
  }
  return value === null || typeof value === "boolean" ? value : "scalar";
}

function isSafe(name: string): boolean {
  return redactText(name) === name && !name.includes("[REDACTED]");
}

Deno.test("redaction changes nothing of what it is given", () => {
  fc.assert(
    fc.property(tangled, (value) => {
      const before = JSON.stringify(value);
      redact(value);
      assert.equal(JSON.stringify(value), before);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("redaction makes a value at most seven times as long", () => {
  const digits = fc.integer({ min: 1, max: 300 }).map((count) => ({ secrets: Array<number>(count).fill(1) }));
  const texts = fc.tuple(digits, fc.integer({ min: 1, max: 9 })).map(([value, levels]) => {
    let text = JSON.stringify(value);
    for (let level = 1; level < levels; level++) text = JSON.stringify([text]);
    return text;
  });
  fc.assert(
    fc.property(fc.oneof(tangled, digits, texts), (value) => {
      const [before, after] = [value, redact(value)].map((each) => JSON.stringify(each).length);
      assert(after !== undefined && before !== undefined && after <= 7 * before + 64, `${before} became ${after}`);
    }),
    { numRuns: 10 * RUNS },
  );
});

/** Words that no pattern takes for a name before a secret, or for a part of one. */
const words = fc.stringMatching(/^[ -~\n]{0,20}$/).filter((string) => redactText(string) === string);

/** Ways from a carrier to a value in which it stands somewhere. */
const places: Readonly<Record<string, (planted: Planted, around: readonly [string, string]) => unknown>> = {
  "as it is": ({ carrier }) => carrier,
  "in an object in a list": ({ carrier }, [before, after]) => [before, { [after]: [{ inner: carrier }] }],
  "in text between words": ({ text }, [before, after]) => `${before} ${text} ${after}`,
  "in text between lines": ({ text }, [before, after]) => `${before}\n${text}\n${after}`,
  "in a member's name": ({ text }, [, after]) => ({ [text]: after }),
  "in JSON in a string": ({ carrier }, [before, after]) => JSON.stringify({ [before]: carrier, after }),
  "in printed JSON": ({ carrier }, [before]) => ({ body: JSON.stringify([{ before, carrier }], null, 2) }),
  "in JSON between words": ({ carrier }, [before, after]) => `${before} ${JSON.stringify({ carrier })} ${after}`,
  "in a quoted JSON string between words": ({ carrier }) =>
    `level=info body=${JSON.stringify(JSON.stringify({ carrier }))} n=1`,
  "in JSON in JSON in JSON": ({ carrier }, [before]) =>
    JSON.stringify([before, JSON.stringify({ b: JSON.stringify([JSON.stringify({ carrier })]) })]),
  "percent-encoded": ({ text }, [before]) => `${before} GET /login?next=${encodeURIComponent(text)}&n=1`,
  "percent-encoded twice": ({ text }) => ({ url: `/login?next=${encodeURIComponent(encodeURIComponent(text))}` }),
  "in a form": ({ text }) => `body ${new URLSearchParams({ a: "1", text })}`,
  "in Base64": ({ text }, [before]) => `${before} body ${btoa(text)} read`,
  "in Base64 for URLs": ({ text }) => ({ body: Buffer.from(text).toString("base64url") }),
  "in JSON that breaks off": ({ carrier }, [before]) =>
    JSON.stringify({ before, carrier, after: { n: [1, 2] } }).slice(0, -7),
  "in JSON in JSON that breaks off": ({ carrier }) =>
    JSON.stringify({ m: JSON.stringify({ carrier, n: 1 }) }).slice(0, -3),
};

for (const [place, put] of Object.entries(places)) {
  Deno.test(`a planted secret of any kind does not survive ${place}`, () => {
    fc.assert(
      fc.property(planted, words, words, (secret, before, after) => {
        const value = put(secret, [before, after]);
        assert.notDeepEqual(secretsIn(JSON.stringify(value), [secret]), [], "it was planted");
        assert.deepEqual(secretsIn(JSON.stringify(redact(value)), [secret]), []);
      }),
      { numRuns: RUNS },
    );
  });
}
