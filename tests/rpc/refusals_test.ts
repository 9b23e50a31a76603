import assert from "node:assert/strict";
import type { Refusal } from "../../rpc/router.ts";
import { requestText, strictRouter } from "./routers.ts";

const request = (id: number, method: string, params?: unknown) => ({ jsonrpc: "2.0", id, method, params });

const cases: readonly (readonly [text: string, refusals: readonly Refusal[]])[] = [
  ["{", ["parse_error"]],
  ["5", ["invalid_request"]],
  ["[]", ["invalid_request"]],
  ['{"jsonrpc":"2.0","id":1,"method":5}', ["invalid_request"]],
  [requestText("m", [[[]]]), ["depth"]],
  [JSON.stringify([1, 2, 3, 4].map((id) => request(id, "m"))), ["batch_size"]],
  [requestText("n"), ["unknown_method"]],
  ['{"jsonrpc":"2.0","method":"n"}', ["unknown_method"]],
  [JSON.stringify([5, request(1, "n"), request(2, "m")]), ["invalid_request", "unknown_method"]],
  [requestText("m", [1]), []],
];

for (const [text, expected] of cases) {
  Deno.test(`router tells why it turns away ${text.slice(0, 60)}`, async () => {
    const refusals: Refusal[] = [];
    const router = strictRouter({ m: () => 1 }, { batchMax: 3, depthMax: 2, onRefusal: (word) => refusals.push(word) });
    await router(text);
    assert.deepEqual(refusals, expected);
  });
}

Deno.test("router bounds the results of one batch in bytes: what comes beyond is answered with an error, in its place", async () => {
  const refusals: Refusal[] = [];
  const late = Promise.withResolvers<string>();
  const router = strictRouter({
    late: () => late.promise,
    text: ({ params }) => String(params),
    fails: () => {
      throw new Error("No");
    },
  }, { batchBytesMax: 200, onRefusal: (word) => refusals.push(word) });
  const answer = router(JSON.stringify([
    request(1, "late"),
    request(2, "text", ["é".repeat(70)]),
    request(3, "fails"),
    request(4, "text", ["short"]),
  ]));
  late.resolve("last");
  const replies: { id: number; result?: string; error?: { code: number } }[] = JSON.parse((await answer)?.text ?? "");
  assert.deepEqual(replies.map(({ id, result, error }) => [id, result?.length ?? error?.code]), [
    [1, -32099],
    [2, 70],
    [3, -32603],
    [4, -32099],
  ]);
  assert.deepEqual(refusals, ["batch_bytes", "batch_bytes"]);
  const single = await router(JSON.stringify(request(5, "text", ["x".repeat(1000)])));
  assert.equal(JSON.parse(single?.text ?? "").result.length, 1000, "a message that is no batch has its own bound");
});
