import assert from "node:assert/strict";
import { houseRouter } from "./routers.ts";

const SECRET = "MadeUp-hunter2-hunter2";

/** Messages that are refused before a method is known: the refusal says what is wrong, and repeats none of it. */
const REFUSED: readonly string[] = [
  SECRET,
  `password=${SECRET}`,
  `{"password": ${SECRET}}`,
  `{"password": "${SECRET}"`,
  `{"jsonrpc":"2.0","id":1,"method":"m"}${SECRET}`,
  `[1,${SECRET}]`,
  `"${SECRET}`,
  `{"jsonrpc":"${SECRET}","id":1,"method":"m"}`,
  `{"jsonrpc":"2.0","id":["${SECRET}"],"method":"m"}`,
  `{"jsonrpc":"2.0","id":1,"method":["${SECRET}"]}`,
  `{"jsonrpc":"2.0","id":1,"method":"${SECRET}"}`,
  `{"jsonrpc":"2.0","id":1,"method":"m","params":"${SECRET}"}`,
  `{"jsonrpc":"2.0","method":"${SECRET}"}`,
];

Deno.test("a refused message is not repeated, for it may hold a secret", async (t) => {
  const route = houseRouter({ m: () => null });
  for (const message of REFUSED) {
    await t.step(message, async () => {
      const text = (await route(message, undefined))?.text ?? "";
      assert.match(text, /"error"/);
      for (let at = 0; at + 5 <= SECRET.length; at++) {
        assert(!text.includes(SECRET.slice(at, at + 5)), text);
      }
    });
  }
});

Deno.test("a short word that came instead of another is told", async () => {
  const route = houseRouter({});
  assert.match((await route('{"jsonrpc":"1.0","id":1,"method":"m"}', undefined))?.text ?? "", /but got \\"1.0\\"/);
  assert.match((await route('{"jsonrpc":2,"id":1,"method":"m"}', undefined))?.text ?? "", /but got 2"/);
});
