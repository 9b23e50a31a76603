import assert from "node:assert/strict";
import { createFrames } from "./fuzz/frames.ts";
import { expectedReply, keyOfReply } from "./fuzz/oracle.ts";
import { createRandom } from "./fuzz/random.ts";
import { fuzz } from "./fuzz/run.ts";

/** Another one each day would fail for others than its finder; `deno task fuzz` draws one each time. */
const SEED = 3;

Deno.test("ten thousand odd frames: each is answered as it must be, and the server is well afterwards", async () => {
  const { tally } = await fuzz(SEED, 10_000);
  assert(tally.of("socket frames") + tally.of("HTTP requests") + tally.of("raw frames") >= 10_000);
  for (const what of ["closed 1003", "closed 1009", "raw ended 1000", "raw ended without a close frame"]) {
    assert(tally.of(what) > 0, `${what} happened`);
  }
});

Deno.test("a seed makes the same frames again, and another one others", () => {
  const make = (seed: number) => {
    const frames = createFrames(createRandom(seed), ["ctx.get", "ctx.set"], "1");
    return Array.from({ length: 200 }, () => frames.next());
  };
  assert.deepEqual(make(1), make(1));
  assert.notDeepEqual(make(1), make(2));
});

const EXPECTED: readonly (readonly [text: string, reply: string | undefined])[] = [
  ["{", "null"],
  ["[]", "null"],
  ["5", "null"],
  ['{"id":"a"}', '"a"'],
  ['{"id":1,"id":2}', "2"],
  ['{"id":1e400}', "null"],
  ['{"id":9007199254740993}', "null"],
  ['{"__proto__":{"id":1}}', "null"],
  ['{"jsonrpc":"2.0","method":"notifications/x"}', undefined],
  ['{"jsonrpc":"2.0","method":"notifications/x","params":1}', "null"],
  ['[{"id":"b"},{"id":"a"},{"jsonrpc":"2.0","method":"notifications/x"},7]', '["a","b",null]'],
  ['[{"jsonrpc":"2.0","method":"notifications/x"}]', undefined],
  [`[${Array(33).fill('{"id":1}').join(",")}]`, "null"],
];

for (const [text, reply] of EXPECTED) {
  Deno.test(`the fuzzer expects ${reply} in reply to ${text.slice(0, 60)}`, () => {
    assert.equal(expectedReply(text), reply);
  });
}

const data = '"data":{"kind":"k","hint":"h"}';
const WRONG = [
  "{",
  "[]",
  "null",
  '{"id":1,"result":1}',
  '{"jsonrpc":"2.0","result":1}',
  '{"jsonrpc":"2.0","id":1}',
  `{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":-32600,"message":"m",${data}}}`,
  `{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m",${data}}}`,
  `{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"",${data}}}`,
  '{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"m"}}',
];

for (const text of WRONG) {
  Deno.test(`the fuzzer takes no ${text} for a reply`, () => {
    assert.throws(() => keyOfReply(text));
  });
}
